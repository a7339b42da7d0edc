import itertools

import pytest

from sternway.alert.patterns import MEANINGS, PATTERNS, WARNINGS
from sternway.events import Kind
from sternway.wire.values import Cue

patterns = pytest.mark.parametrize("pattern", PATTERNS.values(), ids=lambda pattern: pattern.name)


def bursts(pattern):
    """The felt pulses: (strength at the end, seconds), parted where the motor pauses."""
    felt, on_s = [], 0.0
    for strength, pulse_s, off_s in pattern.pulses:
        on_s += pulse_s
        if off_s > 0.0:
            felt.append((strength, on_s))
            on_s = 0.0
    return [*felt, (strength, on_s)]


def test_every_cue_has_one_pattern_and_one_meaning():
    assert set(PATTERNS) == set(MEANINGS) == set(Cue)
    assert len({pattern.name for pattern in PATTERNS.values()}) == len(Cue)


@patterns
def test_a_pattern_is_over_within_600_ms(pattern):
    assert 0.0 < pattern.duration_s <= 0.6


@patterns
def test_a_pattern_begins_softer_than_its_strongest(pattern):
    if pattern.name != "end":
        assert pattern.pulses[0][0] < max(strength for strength, _, _ in pattern.pulses)


def test_rhythms_are_those_of_the_vocabulary():
    rhythm = {cue: bursts(pattern) for cue, pattern in PATTERNS.items()}
    assert [len(rhythm[cue]) for cue in Cue] == [1, 2, 3, 2, 4, 3, 1]
    assert rhythm[Cue.CHANGE][0][1] == pytest.approx(rhythm[Cue.CHANGE][1][1])
    assert rhythm[Cue.ATTENTION][0] > rhythm[Cue.ATTENTION][1]
    assert all(
        long > 1.5 * quick for (_, long), (_, quick) in zip(rhythm[Cue.TROUBLE], rhythm[Cue.TURN], strict=True)
    )


def test_start_rises_and_end_falls():
    rising = [strength for strength, _, _ in PATTERNS[Cue.START].pulses]
    falling = [strength for strength, _, _ in PATTERNS[Cue.END].pulses]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)


def test_no_two_patterns_feel_alike():
    for one, other in itertools.combinations(PATTERNS.values(), 2):
        assert one.pulses != other.pulses
        assert one.words != other.words


def test_warnings_outrank_cues():
    warning = min(PATTERNS[cue].priority for cue in (Cue.ATTENTION, Cue.ATTENTION_AGAIN, Cue.TROUBLE))
    cue = max(PATTERNS[cue].priority for cue in (Cue.START, Cue.CHANGE, Cue.TURN, Cue.END))
    assert warning > cue


def test_only_the_causes_of_the_vocabulary_warn():
    assert set(WARNINGS) == {Kind.STUMBLE, Kind.STABILITY, Kind.FATIGUE, Kind.FALL, Kind.FAULT}
