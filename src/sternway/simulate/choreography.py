"""From a script to dated contacts, pushes and changes of pose."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sternway.events import Kind
from sternway.motion.gait import Direction
from sternway.samples import GRAVITY_MPS2
from sternway.simulate.script import (
    Act,
    Fall,
    Handle,
    Lie,
    Ride,
    Script,
    Sit,
    Slip,
    Stand,
    Stumble,
    TakeOff,
    Turn,
    Walk,
)

# Comfortable pace: about 1.2 m/s at 110 steps/min forward, half that speed at nearly that cadence backward
# (Laufer 2003, 2005; Fritz 2013).
PACES = {Direction.FORWARD: (1.2, 110.0), Direction.BACKWARD: (0.65, 100.0)}
SLOW_EFFORT = 0.3
"""From this share of usual trunk motion gait counts as slow."""

FORWARD_MPS2, LEFT_MPS2, UP_MPS2, ROLL_RAD, PITCH_RAD, YAW_RAD, STILLNESS = range(7)


class Push(NamedTuple):
    """Half a sine of acceleration along one channel (forward, left or up)."""

    channel: int
    start_s: float
    duration_s: float
    peak_mps2: float


class Move(NamedTuple):
    """A smooth change of an angle (roll, pitch or yaw, rad) or of stillness (0 sways, 1 is a table) by ``by``."""

    channel: int
    start_s: float
    duration_s: float
    by: float


class Contact(NamedTuple):
    """One initial contact as it truly was."""

    time_s: float
    side: str
    direction: Direction
    turning: bool
    length_m: float


class Happening(NamedTuple):
    """An event as it truly was: a stumble (slips too), a fall at its impact, the clip off the belt."""

    kind: Kind
    time_s: float


@dataclass(slots=True)
class Bout:
    """Unbroken walking one way: knots are its start and every contact; one amplitude at each knot."""

    direction: Direction
    knots_s: list[float]
    amplitudes: list[float]
    rise: float = 1.0


@dataclass(slots=True)
class Choreography:
    """Everything a walker will do, dated."""

    duration_s: float = 0.0
    bouts: list[Bout] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    rides: list[tuple[float, float, Ride]] = field(default_factory=list)
    acts: list[tuple[float, float, Act]] = field(default_factory=list)


class Choreographer:
    """Plays a script through once, drawing every step time from ``rng``.

    Step times vary as people's do: a white and a slowly wandering part of about 2 % in all, a spread that itself
    wanders by a factor of e^0.28, and one percent between left and right.
    """

    def __init__(self, rng: np.random.Generator, jitter: float) -> None:
        self._rng, self._jitter = rng, jitter
        self._plan = Choreography()
        self._now_s = 0.0
        self._bout: Bout | None = None
        self._walk = Walk(0.0)
        self._drift = self._log_spread = 0.0
        self._asymmetry = rng.normal(0.0, 0.005)
        self._acts: dict[type, Callable[..., None]] = {
            Stand: self._stand,
            Ride: self._ride,
            Walk: self._go,
            Turn: self._turn,
            Stumble: self._stumble,
            Slip: self._slip,
            Fall: self._fall,
            Sit: self._sit,
            Lie: self._lie,
            Handle: self._handle,
            TakeOff: self._take_off,
        }

    def play(self, script: Script) -> Choreography:
        """Return the dated plan of ``script``."""
        for act in script:
            start_s = self._now_s
            self._acts[type(act)](act)
            self._plan.acts.append((start_s, self._now_s, act))
        self._halt()
        self._plan.duration_s = self._now_s
        return self._plan

    def _stand(self, act: Stand) -> None:
        self._halt()
        self._now_s += act.duration_s

    def _ride(self, act: Ride) -> None:
        self._halt()
        self._plan.rides.append((self._now_s, self._now_s + act.duration_s, act))
        self._now_s += act.duration_s

    def _go(self, act: Walk) -> None:
        if self._bout is not None and (self._bout.direction, self._bout.rise) != (act.direction, act.rise):
            self._stand(Stand(0.8))
        self._walk = act
        end_s = self._now_s + act.duration_s
        while self._now_s < end_s:
            self._step()

    def _turn(self, act: Turn) -> None:
        self._move(YAW_RAD, act.angle_rad, act.duration_s)
        end_s = self._now_s + act.duration_s
        while self._now_s < end_s:
            self._step(amplitude=0.65, length=0.3, turning=True)

    def _stumble(self, act: Stumble) -> None:
        """Catch the swinging foot: the trunk pitches on, drops, is caught by a hard step and two quick ones."""
        self._step()
        ahead = float(self._walk.direction)
        trip_s = self._now_s + 0.35 * self._step_s()
        late = 1.35 if self._rng.random() < 0.5 else 0.8
        self._happens(Kind.STUMBLE, trip_s)
        self._push(FORWARD_MPS2, trip_s, 0.12, -5.0 * ahead * act.severity)
        self._sway(PITCH_RAD, trip_s, 0.35, ahead * 0.4 * act.severity, 0.9)
        self._recover(act.severity, trip_s, late)

    def _slip(self, act: Slip) -> None:
        """Let the landing foot slide: the trunk is left behind, drops and is caught by an early step."""
        self._step()
        ahead, slip_s = float(self._walk.direction), self._now_s + 0.02
        self._happens(Kind.STUMBLE, slip_s)
        self._push(FORWARD_MPS2, slip_s, 0.25, 3.5 * ahead * act.severity)
        self._sway(PITCH_RAD, slip_s, 0.4, -ahead * 0.35 * act.severity, 0.9)
        self._recover(act.severity, slip_s, 0.75)

    def _recover(self, severity: float, lost_s: float, first_factor: float) -> None:
        self._step(1.0 + (first_factor - 1.0) * min(1.0, severity))
        caught_s = self._now_s
        self._drop(lost_s, caught_s, 5.0 * severity)
        self._push(FORWARD_MPS2, caught_s, 0.09, -8.0 * float(self._walk.direction) * severity)
        self._push(LEFT_MPS2, caught_s, 0.12, severity * self._rng.uniform(-5.0, 5.0))
        for factor, amplitude in ((0.65, 1.0), (0.75, 0.6), (0.9, 0.2)):
            self._step(1.0 + (factor - 1.0) * min(1.0, severity), 1.0 + amplitude * severity)

    def _fall(self, act: Fall) -> None:
        """Topple, drop for half a second, hit the ground and lie."""
        self._step_out()
        channel, sign = {
            "forward": (PITCH_RAD, 1.0),
            "backward": (PITCH_RAD, -1.0),
            "left": (ROLL_RAD, -1.0),
            "right": (ROLL_RAD, 1.0),
        }[act.toward]
        lost_s, impact_s, angle_rad = self._now_s, self._now_s + 0.75, sign * self._rng.uniform(1.3, 1.55)
        self._moves(channel, lost_s + 0.1, 0.8, angle_rad)
        self._drop(impact_s - 0.5, impact_s, 6.5)
        sideways = LEFT_MPS2 if channel == ROLL_RAD else FORWARD_MPS2
        self._push(sideways, impact_s + 0.01, 0.06, -25.0 * sign * (1.0 if channel == PITCH_RAD else -1.0))
        self._happens(Kind.FALL, impact_s)
        self._now_s = impact_s + 0.5
        self._rest(act.lie_s, 0.8)
        if act.rise:
            self._move(channel, -angle_rad, 3.0)
            self._now_s += 4.0

    def _sit(self, act: Sit) -> None:
        self._halt()
        for sign in (-1.0, 1.0):
            self._sway(PITCH_RAD, self._now_s, 0.8, 0.5, 0.9)
            self._heave(0.4, sign * 0.42, 1.3)
            self._moves(PITCH_RAD, self._now_s + 0.8, 0.9, sign * 0.15)
            self._now_s += 1.8 + (act.duration_s if sign < 0 else 0.0)

    def _lie(self, act: Lie) -> None:
        self._halt()
        for sign in (-1.0, 1.0):
            self._move(PITCH_RAD, sign * 1.45, 3.0)
            self._now_s += 3.2
            if sign < 0:
                self._rest(act.duration_s, 0.8)

    def _handle(self, act: Handle) -> None:
        self._halt()
        self._tumble(act.duration_s)

    def _take_off(self, act: TakeOff) -> None:
        self._halt()
        self._happens(Kind.NOT_WORN, self._now_s)
        self._tumble(3.0, back=False)
        self._rest(act.duration_s, 1.0)
        self._tumble(3.0)

    def _rest(self, duration_s: float, stillness: float) -> None:
        """Stay as one is; who lies sways little, a table not at all."""
        self._moves(STILLNESS, self._now_s, 0.5, stillness)
        self._now_s += duration_s
        self._moves(STILLNESS, self._now_s - 0.1, 0.5, -stillness)

    def _tumble(self, duration_s: float, back: bool = True) -> None:
        """Turn the clip about in the hand; ``back`` ends in the pose the wearer stands in."""
        pieces = max(2, round(duration_s / 0.8))
        for channel in (ROLL_RAD, PITCH_RAD, YAW_RAD):
            turns = self._rng.uniform(-1.8, 1.8, pieces)
            if back:
                turns[-1] = -sum(m.by for m in self._plan.moves if m.channel == channel) - turns[:-1].sum()
            for i, angle_rad in enumerate(turns.tolist()):
                self._moves(channel, self._now_s + i * duration_s / pieces, duration_s / pieces, angle_rad)
        for channel in (FORWARD_MPS2, LEFT_MPS2, UP_MPS2):
            for start_s in np.arange(0.0, duration_s - 0.4, 0.35).tolist():
                self._push(channel, self._now_s + start_s, 0.3, self._rng.uniform(-4.0, 4.0))
        self._now_s += duration_s

    def _step_s(self) -> float:
        return 60.0 / _pace(self._walk)[1]

    def _step(self, factor: float = 1.0, amplitude: float = 1.0, length: float = 1.0, turning: bool = False) -> None:
        """Take one step; its contact ends it."""
        speed_mps, cadence_spm = _pace(self._walk)
        bout = self._bout or self._begin()
        self._drift = 0.97 * self._drift + self._rng.normal(0.0, 0.002)
        self._log_spread = 0.99 * self._log_spread + self._rng.normal(0.0, 0.04)
        spread = 0.016 * math.exp(self._log_spread) * self._jitter * self._walk.jitter
        side = -1.0 if len(bout.knots_s) % 2 else 1.0
        limp = side * (self._asymmetry + 0.5 * self._walk.limp)
        noise = math.exp(spread * self._rng.normal() + self._drift + limp)
        self._now_s += self._step_s() * factor * noise
        bout.knots_s.append(self._now_s)
        effort = _effort(speed_mps, cadence_spm)
        bout.amplitudes.append(amplitude * effort * math.exp(0.09 * self._rng.normal()))
        length_m = length * speed_mps * 60.0 / cadence_spm
        foot = "left" if side > 0 else "right"
        self._plan.contacts.append(Contact(self._now_s, foot, bout.direction, turning, length_m))

    def _begin(self) -> Bout:
        self._bout = Bout(self._walk.direction, [self._now_s], [0.6], self._walk.rise)
        self._plan.bouts.append(self._bout)
        return self._bout

    def _halt(self) -> None:
        if self._bout is not None:
            self._step_out()
            self._now_s += 0.6

    def _step_out(self) -> None:
        self._bout = None

    def _drop(self, start_s: float, end_s: float, depth_mps2: float) -> None:
        """Fall short of support until ``end_s``; the landing gives back the speed gained, in 70 ms."""
        landing_s = 0.07
        depth_mps2 = min(depth_mps2, 0.9 * GRAVITY_MPS2)
        self._push(UP_MPS2, start_s, end_s - start_s, -depth_mps2)
        self._push(UP_MPS2, end_s, landing_s, depth_mps2 * (end_s - start_s) / landing_s)

    def _heave(self, delay_s: float, height_m: float, duration_s: float) -> None:
        """Move the trunk up by ``height_m``: speed up, then slow down."""
        half_s = duration_s / 2.0
        peak_mps2 = height_m * math.pi / (2.0 * half_s * half_s)
        self._push(UP_MPS2, self._now_s + delay_s, half_s, peak_mps2)
        self._push(UP_MPS2, self._now_s + delay_s + half_s, half_s, -peak_mps2)

    def _sway(self, channel: int, start_s: float, there_s: float, angle_rad: float, back_s: float) -> None:
        self._moves(channel, start_s, there_s, angle_rad)
        self._moves(channel, start_s + there_s, back_s, -angle_rad)

    def _move(self, channel: int, angle_rad: float, duration_s: float) -> None:
        self._moves(channel, self._now_s, duration_s, angle_rad)

    def _moves(self, channel: int, start_s: float, duration_s: float, angle_rad: float) -> None:
        self._plan.moves.append(Move(channel, start_s, duration_s, angle_rad))

    def _push(self, channel: int, start_s: float, duration_s: float, peak_mps2: float) -> None:
        self._plan.pushes.append(Push(channel, start_s, duration_s, peak_mps2))

    def _happens(self, kind: Kind, time_s: float) -> None:
        self._plan.happenings.append(Happening(kind, time_s))


def _pace(walk: Walk) -> tuple[float, float]:
    speed_mps, cadence_spm = PACES[walk.direction]
    return (
        speed_mps if walk.speed_mps is None else walk.speed_mps,
        cadence_spm if walk.cadence_spm is None else walk.cadence_spm,
    )


def _effort(speed_mps: float, cadence_spm: float) -> float:
    """Return the size of trunk motion as a share of that at 1.2 m/s.

    It goes with speed times cadence, and in slow gait with the power 0.55 of that: the person with multiple sclerosis
    in mobgap shakes by 0.8 m/s2 at 0.3 m/s, and by 1.9 at 1 m/s.
    """
    share = speed_mps * cadence_spm / (1.2 * 110.0)
    return share if share > SLOW_EFFORT else SLOW_EFFORT * (share / SLOW_EFFORT) ** 0.55
