"""What a walk asks for, and the plan that grows it week by week; a physiotherapist may write one as TOML."""

import dataclasses
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sternway.config import build
from sternway.errors import ConfigError, PlanError

SUPPORTS = ("partner", "rail", "wall", "none")
"""What the walker may hold on to, from most to least."""

VARIATIONS = ("flat", "uphill", "treadmill")
"""Ways of walking whose baselines and trends are kept apart."""

GROWTH = 0.10
"""The most that the minutes may grow in a week once the table of weeks is done."""

LONGEST_MIN = 30.0
"""The most backward minutes that any plan may ask for: the upper end of what is advised."""


@dataclass(frozen=True, slots=True)
class Week:
    """One step of the plan: ``stretches`` of ``stretch_min`` minutes backward, with rests between."""

    stretches: int = 5
    stretch_min: float = 1.0

    @property
    def minutes(self) -> float:
        """Return the minutes backward of one walk.

        >>> Week(5, 2.0).minutes
        10.0
        """
        return self.stretches * self.stretch_min


# Week 1 is five minutes near a wall; then 6 to 8, 10, and 10 to 15. After the last one the minutes grow by GROWTH.
FIRST_WEEKS = (Week(5, 1.0), Week(7, 1.0), Week(5, 2.0), Week(4, 3.0))


@dataclass(frozen=True, slots=True)
class WalkPlan:
    """What one walk asks for, as the clip keeps it.

    ``rest_s`` is the rest between stretches. A lane ends after ``lane_steps`` steps or ``lane_s`` seconds, whichever
    comes first (0: not used; both 0 on a treadmill). ``walk_test`` adds the 3-metre backward walk test after the
    warm-up. ``reason`` says in words why today is as it is; ``version`` names the plan it came from.
    """

    stretches: int = 5
    stretch_min: float = 1.0
    rest_s: float = 60.0
    warm_up_min: float = 3.0
    cool_down_min: float = 1.0
    lane_steps: int = 12
    lane_s: float = 0.0
    support: str = "wall"
    variation: str = "flat"
    walk_test: bool = False
    reason: str = "The first week: five minutes, near a wall."
    version: str = "default"

    @property
    def minutes(self) -> float:
        """Return the minutes backward that the walk asks for."""
        return self.stretches * self.stretch_min

    def body(self) -> dict[str, Any]:
        """Return the plan as plain data for the wire and for reports."""
        return {"minutes": self.minutes, **dataclasses.asdict(self)}


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole programme: the ``weeks`` to begin with, then growth to ``cap_min``, on ``days_per_week`` days.

    The rest is the same for every walk, see :class:`WalkPlan`; ``walk_test_every_weeks`` 0 means never.
    """

    name: str = "default"
    days_per_week: int = 3
    cap_min: float = 20.0
    warm_up_min: float = 3.0
    cool_down_min: float = 1.0
    rest_s: float = 60.0
    lane_steps: int = 12
    lane_s: float = 0.0
    support: str = "wall"
    variation: str = "flat"
    walk_test_every_weeks: int = 2
    weeks: tuple[Week, ...] = field(default=FIRST_WEEKS)

    def ladder(self) -> tuple[Week, ...]:
        """Return every step of the plan, easiest first: the weeks up to the cap, then half minutes of growth.

        >>> [step.minutes for step in Plan(cap_min=15.0).ladder()]
        [5.0, 7.0, 10.0, 12.0, 13.0, 14.0, 15.0]
        """
        steps = [week for week in self.weeks if week.minutes <= self.cap_min]
        while (longer := _grown(steps[-1], self.cap_min)) is not None:
            steps.append(longer)
        return tuple(steps)

    def walk(self, step: int, reason: str, walk_test: bool = False, support: str | None = None) -> WalkPlan:
        """Return the walk of ``step`` on the ladder."""
        week = self.ladder()[step]
        return WalkPlan(
            week.stretches,
            week.stretch_min,
            self.rest_s,
            self.warm_up_min,
            self.cool_down_min,
            0 if self.variation == "treadmill" else self.lane_steps,
            0.0 if self.variation == "treadmill" else self.lane_s,
            support or self.support,
            self.variation,
            walk_test,
            reason,
            self.name,
        )

    def body(self) -> dict[str, Any]:
        """Return the plan as plain data, as :func:`plan_from` reads it."""
        values = dataclasses.asdict(self)
        return values | {"weeks": [dataclasses.asdict(week) for week in self.weeks]}


def _grown(week: Week, cap_min: float) -> Week | None:
    """Return ``week`` grown by :data:`GROWTH`, rounded down to half minutes, or ``None`` at the cap.

    Where half a minute is more than the growth, the exact growth is taken.
    """
    most = min(week.minutes * (1.0 + GROWTH), cap_min)
    minutes = math.floor(most * 2.0 + 1e-9) / 2.0
    minutes = minutes if minutes > week.minutes else most
    if minutes <= week.minutes + 1e-9:
        return None
    stretches = max(1, math.ceil(minutes / 5.0))
    return Week(stretches, minutes / stretches)


def load_plan(text: str) -> Plan:
    """Read a plan from TOML text; raise :class:`PlanError` that says what to mend.

    >>> load_plan("days_per_week = 2").days_per_week
    2
    >>> load_plan("day_per_week = 2")
    Traceback (most recent call last):
        ...
    sternway.errors.PlanError: unknown key day_per_week; did you mean days_per_week?
    """
    try:
        return plan_from(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"not valid TOML: {error}") from error


def plan_text(plan: Plan) -> str:
    """Return ``plan`` as TOML that :func:`load_plan` reads back.

    >>> load_plan(plan_text(Plan(cap_min=25.0))) == Plan(cap_min=25.0)
    True
    """
    values = plan.body()
    weeks = values.pop("weeks")
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    for week in weeks:
        lines += ["", "[[weeks]]", *(f"{name} = {json.dumps(value)}" for name, value in week.items())]
    return "\n".join(lines) + "\n"


def plan_from(values: Mapping[str, Any]) -> Plan:
    """Build a plan from plain values, checked; ``weeks`` is a list of tables."""
    weeks = values.get("weeks", [dataclasses.asdict(week) for week in FIRST_WEEKS])
    if not isinstance(weeks, list) or not weeks or not all(isinstance(week, dict) for week in weeks):
        raise PlanError("weeks must be one or more tables: write [[weeks]] with stretches and stretch_min")
    try:
        built = tuple(build(Week, week, f"weeks[{number}].") for number, week in enumerate(weeks, 1))
        plan = build(Plan, {key: value for key, value in values.items() if key != "weeks"}, "")
    except ConfigError as error:
        raise PlanError(str(error)) from error
    plan = dataclasses.replace(plan, weeks=built)
    _check(plan)
    return plan


def walk_plan_from(values: Mapping[str, Any]) -> WalkPlan:
    """Build the plan of one walk from plain values (a retained MQTT message), checked."""
    try:
        walk = build(WalkPlan, {key: value for key, value in values.items() if key != "minutes"}, "")
    except ConfigError as error:
        raise PlanError(str(error)) from error
    _check_ranges(walk, {**WALK_RANGES, "stretches": (1, 30), "stretch_min": (0.0, LONGEST_MIN)})
    _check_words(walk)
    if not 0.0 < walk.minutes <= LONGEST_MIN:
        raise PlanError(f"a walk of {walk.minutes:g} minutes backward: more than 0 and at most {LONGEST_MIN:g}")
    return walk


WALK_RANGES: dict[str, tuple[float, float]] = {
    "warm_up_min": (0.0, 30.0),
    "cool_down_min": (0.0, 30.0),
    "rest_s": (0.0, 600.0),
    "lane_steps": (0, 1000),
    "lane_s": (0.0, 3600.0),
}
PLAN_RANGES: dict[str, tuple[float, float]] = {
    **WALK_RANGES,
    "days_per_week": (1, 7),
    "cap_min": (0.5, LONGEST_MIN),
    "walk_test_every_weeks": (0, 52),
}


def _check(plan: Plan) -> None:
    _check_ranges(plan, PLAN_RANGES)
    _check_words(plan)
    before = 0.0
    for number, week in enumerate(plan.weeks, 1):
        where = f"weeks[{number}]."
        _check_ranges(week, {"stretches": (1, 30), "stretch_min": (0.1, LONGEST_MIN)}, where)
        if week.minutes < before:
            raise PlanError(f"{where}stretches x stretch_min is {week.minutes:g} min, less than the week before it")
        before = week.minutes
    if plan.weeks[0].minutes > plan.cap_min:
        raise PlanError(f"cap_min = {plan.cap_min:g} is less than the first week's {plan.weeks[0].minutes:g} min")


def _check_ranges(what: Any, ranges: Mapping[str, tuple[float, float]], where: str = "") -> None:
    for name, (low, high) in ranges.items():
        value = getattr(what, name)
        if not low <= value <= high:
            raise PlanError(f"{where}{name} must be between {low:g} and {high:g}, not {value:g}")


def _check_words(what: Any) -> None:
    for name, words in (("support", SUPPORTS), ("variation", VARIATIONS)):
        if getattr(what, name) not in words:
            raise PlanError(f"{name} must be one of {', '.join(words)}, not {getattr(what, name)!r}")
