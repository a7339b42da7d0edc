"""What *Now* says follows from what the clip last said, and never says calm about what it does not know."""

import dataclasses
from typing import Any

import pytest
from msgspec import structs

from sternway.dashboard.verdict import (
    FAULTS,
    FRESH_S,
    STALE_RESTING_S,
    STALE_WALKING_S,
    Concern,
    Happening,
    Sight,
    Tone,
    Unsettled,
    verdict,
)
from sternway.events import Cause, Kind
from sternway.records import Phase
from sternway.wire.state import State

WALKING = State(
    Phase.BACKWARD,
    "backward",
    50,
    40,
    60.0,
    30.0,
    90.0,
    "steady",
    False,
    None,
    True,
    80.0,
    False,
    True,
    None,
    None,
    None,
    0,
    1,
    0.2,
    "0.1.0",
)


def sight(
    silent_s: float | None = 0.5,
    happening: Happening | None = None,
    online: bool = True,
    fell_s: float | None = None,
    **changes: Any,
) -> Sight:
    unsettled = None if fell_s is None else Unsettled(Concern.FALL, fell_s)
    return Sight(structs.replace(WALKING, **changes), silent_s, online, happening, unsettled)


def test_a_steady_walk_is_steady() -> None:
    assert verdict(sight()).word == "Steady"


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (sight(silent_s=STALE_WALKING_S), "Out of touch"),
        (sight(silent_s=None), "Out of touch"),
        (sight(online=False), "Out of touch"),
        (sight(phase=Phase.READY, silent_s=STALE_RESTING_S - 1.0), "Ready"),
        (sight(phase=Phase.READY, silent_s=STALE_RESTING_S), "Out of touch"),
        (sight(phase=Phase.READY, online=False), "Clip is off"),
        (Sight(None, None, None), "Not heard yet"),
        (sight(stability_learning=True), "Still learning"),
        (sight(stability="unknown"), "Still learning"),
        (sight(stability="raised"), "Less steady"),
        (sight(stability="high"), "Much less steady"),
        (sight(worn=False), "Not worn"),
        (sight(happening=Happening(Kind.STUMBLE, 3.0)), "Stumble"),
        (sight(happening=Happening(Kind.STUMBLE, FRESH_S)), "Steady"),
        (sight(happening=Happening(Kind.FALL, 3.0)), "Was that a fall?"),
        (sight(fell_s=86_400.0), "Fall"),
        (sight(silent_s=STALE_WALKING_S, fell_s=60.0), "Fall"),
        (sight(fell_s=60.0, happening=Happening(Kind.STUMBLE, 3.0)), "Stumble"),
        (sight(fell_s=60.0, happening=Happening(Kind.STUMBLE, FRESH_S)), "Fall"),
    ],
)
def test_the_word_fits(seen: Sight, word: str) -> None:
    assert verdict(seen).word == word


def test_every_fault_has_a_cause_and_something_to_do_and_is_never_calm() -> None:
    assert set(FAULTS) == set(Cause)
    for cause in Cause:
        said = verdict(sight(fault=cause, stability="steady"))
        assert (said.word, said.tone) == ("FAULT", Tone.ALARM)
        assert said.sentence
        assert said.advice


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("silent_s", [None, STALE_RESTING_S, 1e6])
def test_what_is_not_heard_is_never_shown_calm(phase: Phase, silent_s: float | None) -> None:
    assert verdict(sight(silent_s=silent_s, phase=phase)).tone is Tone.UNKNOWN


def test_a_stumble_is_shown_even_while_still_learning() -> None:
    assert verdict(sight(happening=Happening(Kind.STUMBLE, 1.0), stability_learning=True)).word == "Stumble"


@pytest.mark.parametrize("concern", list(Concern))
@pytest.mark.parametrize("silent_s", [0.5, 4.0, 3600.0, None])
@pytest.mark.parametrize("online", [True, False])
def test_silence_never_hides_what_nobody_settled(concern: Concern, silent_s: float | None, online: bool) -> None:
    seen = dataclasses.replace(sight(silent_s=silent_s, online=online), unsettled=Unsettled(concern, 600.0))
    said = verdict(seen)
    assert said.word in {"Fall", "Was that a fall?", "Rest today"}
    assert said.tone in {Tone.ALARM, Tone.CARE}
    assert "10 min ago" in said.sentence
    assert ("Nothing was heard" in said.sentence) == (not seen.is_live and (silent_s is None or silent_s > 600.0))
    assert ("last heard" in said.sentence) == (not seen.is_live and silent_s is not None and silent_s < 600.0)


def test_only_what_stops_the_warnings_says_that_nothing_warns() -> None:
    goes_on = {Cause.STORE_FULL, Cause.LOW_BATTERY}
    for cause in Cause:
        advice = verdict(sight(fault=cause)).advice
        assert ("goes on watching and warning" in advice) == (cause in goes_on), cause
