"""How much was walked, and how: seconds, steps, cadence and softness for each direction."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from sternway.motion.gait import Direction, Step

SETTLED_S = 1.2
"""How old a step is when its direction is asked for: direction is found in the two seconds before, so it is that of
one second ago (:class:`~sternway.motion.direction.DirectionSettings`)."""

SETTLED_STEPS = 2.0
"""The same in step times, for slow gait, whose direction is found in as many times longer."""

TURN_STEPS = 2
"""Steps after which it is known whether one begins a turn."""

SLOWEST_TURN_S = 4.0
"""Or this long after it, in slow gait."""

UNDECIDED_S = 6.0
"""How long a step waits for a direction at most, once its leg is over, before it is counted as unknown."""

LONGEST_WAIT_S = 20.0
"""The same while its leg goes on, and the direction told at last is its own: how the clip sits takes ten seconds of
walking to learn, and direction three more."""

HESITATION_S = 1.5
"""The same once gait is no longer recognised: a few steps on the spot have no direction."""

LONGEST_STEP_S = 3.0
"""A longer time between contacts is a halt and belongs to no step: 30 steps a minute are 2 s each."""

LONGEST_STEP = 1.6
"""The same as a share of the mean step time so far: a step that recovers from a stumble takes 1.35."""

LEAST_LANDING = 0.08
"""The loading, as a share of the mean so far, without which the last step before a halt is none: a body swaying to
rest lands on nothing (IPOL: below it are 0.2 % of true steps, and half of the false ones at the end of a walk)."""

KNOWN_COUNT = 5
"""Steps after which a mean is known well enough for that."""

TURN_RADPS = 0.4
"""Turn rate from which steps are those of a turn: a half-turn in 8 s; a path bends less."""

TURN_EDGE_RADPS = 0.15
"""Steps beside those that turn at this rate still belong to the turn: it begins and ends gently."""


@dataclass(slots=True)
class Share:
    """What was walked in one direction. ``open_count`` are first steps of a bout, whose time is that of the next."""

    step_count: int = 0
    seconds: float = 0.0
    open_count: int = 0
    timed_count: int = 0
    step_time_s: float = 0.0
    landed_count: int = 0
    loading_mps3: float = 0.0

    def step(self, step_time_s: float | None, loading_mps3: float | None) -> None:
        """Add one step."""
        self.step_count += 1
        if step_time_s is None or self.is_halt(step_time_s):
            self.open_count += 1
        else:
            self.seconds += step_time_s * (1 + self.open_count)
            self.open_count = 0
            self.timed_count += 1
            self.step_time_s += step_time_s
        if loading_mps3 is not None and math.isfinite(loading_mps3):
            self.landed_count += 1
            self.loading_mps3 += loading_mps3

    def is_halt(self, step_time_s: float | None) -> bool:
        """Return whether the time before a step is more than that of a step; ``None`` begins a bout."""
        if step_time_s is None or step_time_s > LONGEST_STEP_S:
            return True
        return self.timed_count >= KNOWN_COUNT and step_time_s * self.timed_count > LONGEST_STEP * self.step_time_s

    def is_landing(self, loading_mps3: float | None) -> bool:
        """Return whether a step with this loading can be a contact at all."""
        if loading_mps3 is None or self.landed_count < KNOWN_COUNT:
            return True
        return loading_mps3 * self.landed_count > LEAST_LANDING * self.loading_mps3

    @property
    def cadence_spm(self) -> float | None:
        """Return the mean cadence in steps a minute."""
        return 60.0 * self.timed_count / self.step_time_s if self.timed_count else None

    @property
    def softness_mps3(self) -> float | None:
        """Return the mean rise of vertical acceleration at landing, a proxy of loading rate."""
        return self.loading_mps3 / self.landed_count if self.landed_count else None


@dataclass(frozen=True, slots=True)
class Footfall:
    """A step that waits to be counted; ``turned_rad`` is the turn about the vertical since the step before.

    ``told`` is the direction told when it was made.
    """

    time_s: float
    step_time_s: float | None
    loading_mps3: float | None
    turned_rad: float
    told: int


@dataclass(slots=True)
class Dose:
    """Counts walking by direction, in steps and in the time they took.

    The time comes from the steps, because a walk is recognised some steps late and its end later still. Direction
    and turns are recognised late too: steps wait in ``undecided`` until what they were is known, and are *unknown*
    without an answer. What is counted is never taken back: the shares are settled and only grow, and what waits is
    provisional (:meth:`settled`, :meth:`provisional`). ``said`` is the direction last told since gait was recognised,
    ``leg_s`` when the walker last halted or turned, ``before`` the last step counted, and ``turned`` whether it was
    one of a turn.
    """

    backward: Share = field(default_factory=Share)
    forward: Share = field(default_factory=Share)
    unknown: Share = field(default_factory=Share)
    turning: Share = field(default_factory=Share)
    undecided: list[Footfall] = field(default_factory=list)
    said: int = int(Direction.UNKNOWN)
    leg_s: float = 0.0
    before: Footfall | None = None
    turned: bool = False

    @property
    def step_count(self) -> int:
        """Return all settled steps."""
        return sum(share.step_count for share in (self.backward, self.forward, self.unknown, self.turning))

    @property
    def waiting_count(self) -> int:
        """Return the steps that are not settled yet."""
        return len(self.undecided)

    def settled(self, direction: Direction) -> tuple[int, float]:
        """Return the steps and seconds counted in ``direction``; both only grow."""
        share = self._share(direction)
        return share.step_count, share.seconds

    def provisional(self, direction: Direction) -> tuple[int, float]:
        """Return the steps and seconds that wait and look like ``direction`` now; they may become another's."""
        waiting = [step for step in self.undecided if (step.told or self.said) == direction]
        return len(waiting), sum(step.step_time_s or 0.0 for step in waiting)

    def sample(self, time_s: float, walking: bool, direction: int) -> None:
        """Take one sample."""
        known = walking and direction != Direction.UNKNOWN
        if known:
            self.said = direction
        while self.undecided and self._is_due(self.undecided[0], time_s, walking, known):
            self._count_first(known, walking)
        if not walking:
            self.said = int(Direction.UNKNOWN)

    def step(self, step: Step, direction: int, turned_rad: float = 0.0) -> None:
        """Take one step, decided while ``direction`` was told; the walker turned by ``turned_rad`` in it."""
        fall = Footfall(step.time_s, step.step_time_s, step.loading_mps3, turned_rad, int(direction))
        turns = turning_steps(self.before, [*self.undecided, fall], self.turned)[-1]
        if turns or self._share(direction).is_halt(step.step_time_s):
            self.leg_s = step.time_s
        self.undecided.append(fall)

    def begin_bout(self, time_s: float) -> None:
        """Drop undecided steps too old to belong to the bout that begins at ``time_s``."""
        self.undecided = [step for step in self.undecided if time_s - step.time_s <= UNDECIDED_S]
        self.said = int(Direction.UNKNOWN)

    def close(self) -> None:
        """Count what is undecided as it looks now: the walk pauses or is over."""
        while self.undecided:
            self._count_first(known=False, walking=False)

    def _is_due(self, step: Footfall, time_s: float, walking: bool, known: bool) -> bool:
        """Return whether it is known, or will not become known, what ``step`` was."""
        age_s, told = time_s - step.time_s, step.told != Direction.UNKNOWN
        leg_over = step.time_s < self.leg_s
        if not walking:
            return told or self.said != Direction.UNKNOWN or age_s > HESITATION_S
        if len(self.undecided) <= TURN_STEPS and age_s < SLOWEST_TURN_S:
            return False
        step_s = step.step_time_s or 0.0
        settled_s = max(SETTLED_S, SETTLED_STEPS * step_s) if step_s <= LONGEST_STEP_S else SETTLED_S
        longest_s = UNDECIDED_S if leg_over else LONGEST_WAIT_S
        return age_s > longest_s or (age_s >= settled_s and (known or (told and leg_over)))

    def _direction_of(self, step: Footfall, known: bool, walking: bool) -> int:
        """Return the way ``step`` went: what is told now, unless it is of a leg before the one now walked."""
        if step.told != Direction.UNKNOWN and (step.time_s < self.leg_s or not known):
            return step.told
        return self.said if known or not walking else int(Direction.UNKNOWN)

    def _count_first(self, known: bool, walking: bool) -> None:
        self.turned = turning_steps(self.before, self.undecided, self.turned)[0]
        self.before = step = self.undecided.pop(0)
        share = self.turning if self.turned else self._share(self._direction_of(step, known, walking))
        halts = not self.undecided or share.is_halt(self.undecided[0].step_time_s)
        if share.is_landing(step.loading_mps3) or not halts:
            share.step(step.step_time_s, step.loading_mps3)

    def _share(self, direction: int) -> Share:
        if direction == Direction.BACKWARD:
            return self.backward
        return self.forward if direction == Direction.FORWARD else self.unknown


def turning_steps(before: Footfall | None, steps: Sequence[Footfall], turned: bool = False) -> list[bool]:
    """Return which of ``steps`` belong to a turn; ``before`` is the step before them and ``turned`` says it did.

    The hips swing to and fro with each step: a step's turn rate is weighed with those of its neighbours, in which
    the swing is the opposite.
    """
    around = [before, *steps, None]
    rates = [_turn_rate_radps(*around[i - 1 : i + 2]) for i in range(1, len(around) - 1)]
    turning = [rate > TURN_RADPS for rate in rates]
    for i in range(len(rates)):
        turning[i] |= rates[i] > TURN_EDGE_RADPS and (turning[i - 1] if i else turned)
    for i in reversed(range(len(rates) - 1)):
        turning[i] |= rates[i] > TURN_EDGE_RADPS and turning[i + 1]
    return turning


def _turn_rate_radps(*around: Footfall | None) -> float:
    weighed = zip(around, (1.0, 2.0, 1.0), strict=True)
    timed = [
        (weight * one.turned_rad, weight * one.step_time_s) for one, weight in weighed if one and one.step_time_s
    ]
    duration_s = sum(time_s for _, time_s in timed)
    return abs(sum(turned_rad for turned_rad, _ in timed)) / duration_s if timed else 0.0
