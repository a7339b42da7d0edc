"""What one walk asks for, as the dashboard decides it and the clip keeps it."""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from sternway.conversion import convert
from sternway.errors import PlanError
from sternway.wire.values import Support, Variation, Word

LONGEST_MIN = 30.0
"""The most backward minutes that any plan may ask for: the upper end of what is advised."""

SUPPORTS = tuple(one.value for one in Support)
VARIATIONS = tuple(one.value for one in Variation)

Stretches = Annotated[int, Meta(ge=1, le=30)]
Minutes = Annotated[float, Meta(ge=0.0, le=LONGEST_MIN)]
RestS = Annotated[float, Meta(ge=0.0, le=600.0)]
LaneSteps = Annotated[int, Meta(ge=0, le=1000)]
LaneS = Annotated[float, Meta(ge=0.0, le=3600.0)]


class WalkPlan(Struct, frozen=True):
    """What one walk asks for.

    ``rest_s`` is the rest between stretches. A lane ends after ``lane_steps`` steps or ``lane_s`` seconds, whichever
    comes first (0: not used; both 0 on a treadmill). ``walk_test`` adds the 3-metre backward walk test after the
    warm-up. ``reason`` says in words why today is as it is; ``version`` names the plan it came from. ``minutes`` are
    those backward, and follow from the stretches.
    """

    stretches: Stretches = 5
    stretch_min: Minutes = 1.0
    rest_s: RestS = 60.0
    warm_up_min: Minutes = 3.0
    cool_down_min: Minutes = 1.0
    lane_steps: LaneSteps = 12
    lane_s: LaneS = 0.0
    support: Word = "wall"
    variation: Word = "flat"
    walk_test: bool = False
    reason: Annotated[str, Meta(max_length=1000)] = "The first week: five minutes, near a wall."
    version: Annotated[str, Meta(max_length=1000)] = "default"
    minutes: float = 0.0

    def __post_init__(self) -> None:
        """Keep ``minutes`` true to the stretches."""
        force_setattr(self, "minutes", self.stretches * self.stretch_min)


class PlannedWalk(WalkPlan, frozen=True, forbid_unknown_fields=True):
    """The same as it is sent to a clip, which follows nothing that it does not know."""

    support: Support = Support.WALL
    variation: Variation = Variation.FLAT

    def __post_init__(self) -> None:
        """Refuse a walk of no minutes, or of too many."""
        super().__post_init__()
        if not 0.0 < self.minutes <= LONGEST_MIN:
            raise ValueError(f"a walk of {self.minutes:g} minutes backward: more than 0 and at most {LONGEST_MIN:g}")


def walk_plan_from(values: object) -> WalkPlan:
    """Return the plan of one walk from plain values, checked."""
    return convert(values, PlannedWalk, "", PlanError)
