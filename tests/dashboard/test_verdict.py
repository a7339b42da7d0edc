"""What *Now* says follows from what the clip last said, and never says calm about what it does not know."""

import dataclasses
from typing import Any

import pytest

from sternway.dashboard.verdict import (
    FALL_S,
    FAULTS,
    FRESH_S,
    STALE_RESTING_S,
    STALE_WALKING_S,
    Happening,
    Sight,
    Tone,
    verdict,
)
from sternway.events import Cause, Kind
from sternway.records import Phase, State

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
    fall_age_s: float | None = None,
    **changes: Any,
) -> Sight:
    return Sight(dataclasses.replace(WALKING, **changes), silent_s, online, happening, fall_age_s)


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
        (sight(fall_age_s=FALL_S - 1.0), "Fall"),
        (sight(fall_age_s=FALL_S), "Steady"),
        (sight(silent_s=STALE_WALKING_S, fall_age_s=60.0), "Fall"),
        (sight(fall_age_s=60.0, happening=Happening(Kind.STUMBLE, 3.0)), "Stumble"),
        (sight(fall_age_s=60.0, happening=Happening(Kind.STUMBLE, FRESH_S)), "Fall"),
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
