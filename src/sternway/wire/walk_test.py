"""The body of a walk-test record."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from sternway.records import Body

TrialS = Annotated[float, Meta(ge=0.0, le=600.0)]


class WalkTestBody(Body, kw_only=True, frozen=True):
    """The trials of one walk test, their mean, and the mean of the test before it."""

    distance_m: Annotated[float, Meta(ge=0.1, le=100.0)]
    trials_s: Annotated[tuple[TrialS, ...], Meta(max_length=20)]
    mean_s: TrialS
    speed_mps: Annotated[float, Meta(ge=0.0, le=10.0)]
    before_s: TrialS | None = None
    words: Annotated[tuple[Annotated[str, Meta(max_length=400)], ...], Meta(max_length=20)] | UnsetType = UNSET
