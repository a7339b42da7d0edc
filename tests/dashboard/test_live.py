"""What is known of a clip now: a fall nobody answered is not forgotten over something smaller."""

from typing import Any

import pytest
from msgspec import structs

from sternway.dashboard.mqtt.live import Live
from sternway.dashboard.verdict import FRESH_S, REST_S, Concern, verdict
from sternway.events import Kind
from sternway.records import Phase
from sternway.wire.state import State


class Seen:
    """A clip at rest that is heard all the time."""

    def __init__(self, state: State) -> None:
        self.now_s = 0.0
        self.live = Live(lambda: self.now_s)
        self.state = structs.replace(state, phase=Phase.READY)

    def word_after(self, seconds: float = 0.0) -> str:
        self.now_s += seconds
        self.live.state("clip-1", self.state, False)
        return verdict(self.live.sight("clip-1")).word

    def feel(self, kind: Kind, age_s: float = 0.0) -> None:
        self.live.felt("clip-1", kind, age_s)

    def enter(self, phase: Phase) -> None:
        self.state = structs.replace(self.state, phase=phase)
        self.live.state("clip-1", self.state, False)


@pytest.fixture
def seen(walking: Any) -> Seen:
    one = Seen(walking)
    one.word_after()
    one.feel(Kind.FALL_CONFIRMED)
    return one


def test_a_fall_nobody_answered_stays_until_somebody_settles_it(seen: Seen) -> None:
    assert seen.word_after() == "Fall"
    assert seen.word_after(86_400.0) == "Fall"
    seen.live.settle("clip-1")
    assert seen.word_after() == "Ready"


def test_a_possible_fall_after_which_nothing_is_heard_is_never_silence(walking: Any) -> None:
    seen = Seen(walking)
    seen.enter(Phase.BACKWARD)
    seen.feel(Kind.FALL)
    seen.live.availability("clip-1", False)
    for seconds in (4.0, 30.0, 7200.0):
        seen.now_s += seconds
        said = verdict(seen.live.sight("clip-1"))
        assert said.word == "Was that a fall?"
        assert "Nothing was heard from the clip since." in said.sentence
    assert "2 hours ago" in said.sentence


def test_two_stumbles_stay_the_reason_to_rest_though_the_clip_falls_silent(walking: Any) -> None:
    seen = Seen(walking)
    seen.enter(Phase.BACKWARD)
    seen.feel(Kind.STUMBLE)
    seen.now_s += 60.0
    seen.feel(Kind.STUMBLE)
    seen.now_s += FRESH_S
    said = verdict(seen.live.sight("clip-1"))
    assert said.word == "Rest today"
    assert "Nothing was heard" in said.sentence
    seen.enter(Phase.READY)
    assert seen.word_after() == "Rest today"
    assert "Nothing was heard" not in verdict(seen.live.sight("clip-1")).sentence
    assert seen.word_after(REST_S) == "Ready"


def test_one_stumble_in_each_of_two_walks_ends_none(walking: Any) -> None:
    seen = Seen(walking)
    for _ in range(2):
        seen.enter(Phase.BACKWARD)
        seen.feel(Kind.STUMBLE)
        seen.now_s += FRESH_S
        seen.enter(Phase.READY)
    assert seen.word_after() == "Ready"


def test_pain_that_ended_the_walk_just_now_is_said_and_an_old_report_is_not(walking: Any) -> None:
    seen = Seen(walking)
    seen.live.walk_ended("clip-1", Concern.PAIN)
    assert seen.word_after() == "Ready"
    seen.enter(Phase.BACKWARD)
    seen.enter(Phase.READY)
    seen.live.walk_ended("clip-1", Concern.PAIN)
    assert seen.word_after() == "Rest today"
    seen.feel(Kind.FALL_CANCELLED)
    assert seen.word_after(FRESH_S) == "Rest today", "being OK after a fright does not end the pain"


@pytest.mark.parametrize("kind", [Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL])
def test_what_happens_after_a_fall_is_shown_and_then_the_fall_again(seen: Seen, kind: Kind) -> None:
    seen.word_after(30.0)
    seen.feel(kind)
    assert seen.word_after() != "Fall"
    assert seen.word_after(FRESH_S) == "Fall"


def test_a_fall_outlives_any_number_of_smaller_things(seen: Seen) -> None:
    for _ in range(50):
        seen.now_s += 1.0
        seen.feel(Kind.NOT_WORN)
    assert seen.word_after() == "Fall"


def test_whoever_says_ok_ends_the_fall(seen: Seen) -> None:
    seen.now_s += 5.0
    seen.feel(Kind.FALL_CANCELLED)
    assert seen.word_after() == "OK after a fright"
    assert seen.word_after(FRESH_S) == "Ready"
    seen.feel(Kind.FALL_CONFIRMED, age_s=22.0)
    assert seen.word_after() == "Ready", "heard late, but before the answer"


def test_whoever_starts_a_walk_ends_the_fall(seen: Seen) -> None:
    seen.now_s += 60.0
    seen.enter(Phase.STANDING_CHECK)
    seen.enter(Phase.BACKWARD)
    assert seen.word_after() == "Steady"
    seen.now_s += 1.0
    seen.feel(Kind.FALL_CONFIRMED)
    assert seen.word_after() == "Fall"


def test_the_end_of_the_walk_of_the_fall_ends_nothing(walking: Any) -> None:
    seen = Seen(walking)
    seen.enter(Phase.BACKWARD)
    seen.feel(Kind.FALL_CONFIRMED)
    seen.now_s += 1.0
    seen.enter(Phase.PAUSED)
    seen.enter(Phase.READY)
    assert seen.word_after() == "Fall"
