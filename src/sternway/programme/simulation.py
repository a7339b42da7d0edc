"""Weeks of the programme in a moment: what the plan decides for walkers of three kinds."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sternway.programme.history import Day, History, Pain, PlannedPause, WalkDone
from sternway.programme.plan import Plan
from sternway.programme.progression import Decision, Position, decide
from sternway.wire.plan import WalkPlan

STEPS_PER_MIN = 95
"""A usual backward cadence."""


@dataclass(frozen=True, slots=True)
class Lived:
    """How one walk went: stumbles in it, its steadiness, and the pain of the morning after."""

    stumble_count: int
    level: str
    morning: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of walker: ``live`` tells how walk number n (from 0) goes; ``pauses`` are days from the start."""

    words: str
    live: Callable[[int], Lived]
    pauses: tuple[tuple[int, int, str], ...] = ()


def _steady(number: int) -> Lived:
    return Lived(0, "unknown" if number < 2 else "steady", 2 - (number > 8))


def _flare(number: int) -> Lived:
    """A knee that flares up in the second and third week, is rested by plan, and settles."""
    mornings = {4: 4, 5: 7, 6: 5, 7: 4}
    return replace(_steady(number), morning=mornings.get(number, 2))


def _stumbles(number: int) -> Lived:
    """Two bad walks: one stumble in the second week, two in a less steady walk of the fourth."""
    troubled = {4: Lived(1, "steady", 2), 9: Lived(2, "raised", 3), 10: Lived(0, "raised", 2)}
    return troubled.get(number, _steady(number))


PROFILES: dict[str, Profile] = {
    "steady": Profile("little pain, no stumble", _steady),
    "flare": Profile("a knee that flares up and is rested", _flare, ((21, 27, "flare"),)),
    "stumbles": Profile("a stumble, and later two in one walk", _stumbles),
}


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """One day: the decision of its morning, and the walk done on it."""

    day: Day
    decision: Decision
    walk: WalkDone | None


def simulate(plan: Plan, profile: Profile, weeks: int, first: Day) -> Iterator[SimulatedDay]:
    """Yield every day from ``first``: the walker walks when the plan proposes it and answers every morning."""
    pauses = tuple(PlannedPause(_after(first, a), _after(first, b), why) for a, b, why in profile.pauses)
    history, position, mornings = History(pauses=pauses), Position(0, first), dict[Day, int]()
    for day in (_after(first, n) for n in range(7 * weeks)):
        if day in mornings:
            history = replace(history, pains=(*history.pains, Pain(day, mornings[day], "next_morning", "right knee")))
        decision = decide(plan, position, history, day)
        position, walk = decision.position, None
        if decision.walk is not None and decision.walk_today:
            lived = profile.live(len(history.walks))
            walk = _walked(day, decision.walk, lived)
            tested = (day,) if decision.walk.walk_test else ()
            mornings[_after(day, 1)] = lived.morning
            history = replace(
                history, walks=(*history.walks, walk), walk_test_days=(*history.walk_test_days, *tested)
            )
        yield SimulatedDay(day, decision, walk)


def _walked(day: Day, plan: WalkPlan, lived: Lived) -> WalkDone:
    stopped = lived.stumble_count >= 2
    return WalkDone(
        day=day,
        backward_s=60.0 * plan.minutes * (0.5 if stopped else 1.0),
        steps_backward=round(STEPS_PER_MIN * plan.minutes),
        stumble_count=lived.stumble_count,
        level=lived.level,
        complete=not stopped,
        stopped=stopped,
        support=plan.support,
        variation=plan.variation,
    )


def _after(day: Day, days: int) -> Day:
    return day + datetime.timedelta(days=days)
