"""What the simulated walker is asked to do: a script is a sequence of acts, one after another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sternway.motion.gait import Direction

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD


@dataclass(frozen=True, slots=True)
class Stand:
    """Stand quietly, with the small sway that standing has."""

    duration_s: float


@dataclass(frozen=True, slots=True)
class Walk:
    """Walk one way.

    ``speed_mps`` and ``cadence_spm`` default to a comfortable pace for the direction: backward walking is slower with
    shorter steps at about the same cadence (Laufer 2003). ``jitter`` multiplies the step-time variability. ``rise``
    is the share of the usual vertical acceleration: a third in flat gait. ``limp`` is how much longer the left step
    takes than the right one, as a share of their mean: knee pain makes 0.1 to 0.3. Right steps take longer below 0.
    """

    duration_s: float
    direction: Direction = FORWARD
    speed_mps: float | None = None
    cadence_spm: float | None = None
    jitter: float = 1.0
    rise: float = 1.0
    limp: float = 0.0


def shuffle(duration_s: float, direction: Direction = FORWARD) -> Walk:
    """Return walking in short, quick steps that hardly lift the feet."""
    return Walk(duration_s, direction, speed_mps=0.3, cadence_spm=110.0, jitter=1.5, rise=0.5)


def with_stick(duration_s: float, direction: Direction = FORWARD) -> Walk:
    """Return slow walking that leans on a stick: less rise, and a shorter step on the sore side."""
    return Walk(duration_s, direction, speed_mps=0.4, cadence_spm=70.0, jitter=1.5, rise=0.6, limp=0.15)


@dataclass(frozen=True, slots=True)
class Ride:
    """Sit or stand in a ``vehicle`` (car, bus or train) that shakes up and down by ``level_mps2`` (root mean square).

    ISO 2631-1, annex C: up to 0.3 is comfortable, from 0.8 uncomfortable, above 1.6 very uncomfortable.
    """

    duration_s: float
    vehicle: str = "car"
    level_mps2: float = 0.6


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn round in small steps while walking; a positive angle is to the left."""

    angle_rad: float = math.pi
    duration_s: float = 2.8


@dataclass(frozen=True, slots=True)
class Stumble:
    """Trip on the next swing and recover in three quick steps; ``severity`` 1 is as gross as acted stumbles are."""

    severity: float = 1.0


@dataclass(frozen=True, slots=True)
class Slip:
    """Slide at the next contact and recover."""

    severity: float = 1.0


@dataclass(frozen=True, slots=True)
class Fall:
    """Lose balance, drop, hit the ground and lie there for ``lie_s``; ``toward`` is the side that meets the ground.

    ``toward`` is forward, backward, left or right. After lying the walker stands up if ``rise`` says so.
    """

    toward: str = "backward"
    lie_s: float = 40.0
    rise: bool = False


@dataclass(frozen=True, slots=True)
class Sit:
    """Sit down, sit for ``duration_s`` and rise again."""

    duration_s: float


@dataclass(frozen=True, slots=True)
class Lie:
    """Lie down with care, lie for ``duration_s`` and rise again."""

    duration_s: float


@dataclass(frozen=True, slots=True)
class Handle:
    """The clip is taken in the hand and turned about, then goes back to where it was."""

    duration_s: float = 4.0


@dataclass(frozen=True, slots=True)
class TakeOff:
    """The clip is taken off, lies on a table for ``duration_s`` and is put on again."""

    duration_s: float


Act: TypeAlias = Stand | Walk | Ride | Turn | Stumble | Slip | Fall | Sit | Lie | Handle | TakeOff
Script: TypeAlias = Sequence[Act]


def lanes(count: int, lane_s: float) -> tuple[Act, ...]:
    """Return ``count`` backward lanes of ``lane_s`` seconds, with a turn after each."""
    return (Walk(lane_s, BACKWARD), Turn()) * count


_OPENING: tuple[Act, ...] = (Stand(14.0), Walk(20.0), Turn(), Stand(1.5))

SCRIPTS: dict[str, Script] = {
    "walk": (*_OPENING, *(Walk(40.0, BACKWARD), Turn(), Walk(15.0), Turn()) * 10, Stand(10.0)),
    "stumble": (*_OPENING, *(Walk(15.0, BACKWARD), Stumble(), Walk(25.0, BACKWARD), Turn()) * 10, Stand(10.0)),
    "fall": (*_OPENING, Walk(15.0, BACKWARD), Fall("backward", lie_s=60.0, rise=True), Stand(20.0)),
    "fault": (*_OPENING, Walk(30.0, BACKWARD), TakeOff(25.0), Stand(5.0), *(Walk(40.0, BACKWARD), Turn()) * 10),
    "programme": (
        *(Stand(14.0), *(Walk(20.0), Turn()) * 6, Stand(3.0)),
        *(*lanes(3, 18.0), Stand(30.0)) * 5,
        *(*(Walk(20.0), Turn()) * 3, Stand(30.0)),
    ),
}
