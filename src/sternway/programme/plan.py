"""What a walk asks for, and the plan that grows it week by week; a physiotherapist may write one as TOML."""

import json
import math
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from sternway.conversion import convert, plain, ranges
from sternway.errors import PlanError
from sternway.wire.plan import LONGEST_MIN, LaneS, LaneSteps, Minutes, RestS, Stretches, WalkPlan
from sternway.wire.values import Support, Variation

GROWTH = 0.10
"""The most that the minutes may grow in a week once the table of weeks is done."""


class Week(Struct, frozen=True, forbid_unknown_fields=True):
    """One step of the plan: ``stretches`` of ``stretch_min`` minutes backward, with rests between."""

    stretches: Stretches = 5
    stretch_min: Annotated[float, Meta(ge=0.1, le=LONGEST_MIN)] = 1.0

    @property
    def minutes(self) -> float:
        """Return the minutes backward of one walk.

        >>> Week(5, 2.0).minutes
        10.0
        """
        return self.stretches * self.stretch_min


# Week 1 is five minutes near a wall; then 6 to 8, 10, and 10 to 15. After the last one the minutes grow by GROWTH.
FIRST_WEEKS = (Week(5, 1.0), Week(7, 1.0), Week(5, 2.0), Week(4, 3.0))


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole programme: the ``weeks`` to begin with, then growth to ``cap_min``, on ``days_per_week`` days.

    The rest is the same for every walk, see :class:`WalkPlan`; ``walk_test_every_weeks`` 0 means never.
    """

    name: str = "default"
    days_per_week: Annotated[int, Meta(ge=1, le=7)] = 3
    cap_min: Annotated[float, Meta(ge=0.5, le=LONGEST_MIN)] = 20.0
    warm_up_min: Minutes = 3.0
    cool_down_min: Minutes = 1.0
    rest_s: RestS = 60.0
    lane_steps: LaneSteps = 12
    lane_s: LaneS = 0.0
    support: Support = Support.WALL
    variation: Variation = Variation.FLAT
    walk_test_every_weeks: Annotated[int, Meta(ge=0, le=52)] = 2
    weeks: tuple[Week, ...] = FIRST_WEEKS

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
        on_treadmill = self.variation is Variation.TREADMILL
        return WalkPlan(
            stretches=week.stretches,
            stretch_min=week.stretch_min,
            rest_s=self.rest_s,
            warm_up_min=self.warm_up_min,
            cool_down_min=self.cool_down_min,
            lane_steps=0 if on_treadmill else self.lane_steps,
            lane_s=0.0 if on_treadmill else self.lane_s,
            support=support or self.support,
            variation=self.variation,
            walk_test=walk_test,
            reason=reason,
            version=self.name,
        )

    def body(self) -> dict[str, Any]:
        """Return the plan as plain data, as :func:`plan_from` reads it."""
        return dict(plain(self))


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
    weeks = values.get("weeks", [{}])
    if not isinstance(weeks, list) or not weeks or not all(isinstance(week, dict) for week in weeks):
        raise PlanError("weeks must be one or more tables: write [[weeks]] with stretches and stretch_min")
    for number, week in enumerate(weeks, 1):
        convert(week, Week, f"weeks[{number}]", PlanError)
    plan = convert(values, Plan, "", PlanError)
    _check_weeks(plan)
    return plan


PLAN_RANGES = ranges(Plan)
"""The least and most of every number of a plan."""


def _check_weeks(plan: Plan) -> None:
    before = 0.0
    for number, week in enumerate(plan.weeks, 1):
        if week.minutes < before:
            words = f"stretches x stretch_min is {week.minutes:g} min, less than the week before it"
            raise PlanError(f"weeks[{number}].{words}")
        before = week.minutes
    if plan.weeks[0].minutes > plan.cap_min:
        raise PlanError(f"cap_min = {plan.cap_min:g} is less than the first week's {plan.weeks[0].minutes:g} min")
