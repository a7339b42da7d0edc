"""What the clip says about itself now."""

from typing import Annotated

from msgspec import Meta, Struct

from sternway.events import Cause, Kind
from sternway.records import Phase
from sternway.wire.values import DAY_S, Instant, Level, Share, Way

Steps = Annotated[int, Meta(ge=0, le=10**6)]
Percent = Annotated[float, Meta(ge=0.0, le=100.0)]
Seconds = Annotated[float, Meta(ge=0.0, le=DAY_S)]


class State(Struct, frozen=True, forbid_unknown_fields=True):
    """What the clip says about itself now. ``None`` means *unknown*; it is shown so, never as zero."""

    phase: Phase
    direction: Way
    steps: Steps
    steps_backward: Steps
    backward_s: Seconds
    forward_s: Seconds
    cadence_spm: Annotated[float, Meta(ge=0.0, le=300.0)] | None
    stability: Level
    stability_learning: bool
    fault: Cause | None
    worn: bool | None
    battery_percent: Percent | None
    under_voltage: bool | None
    haptics: bool
    last_walk: Instant | None
    last_event_at: Instant | None
    last_event_kind: Kind | None
    event_count: Annotated[int, Meta(ge=0, le=10**9)]
    lane: Annotated[int, Meta(ge=0, le=1000)] | None
    plan_progress: Share | None
    version: Annotated[str, Meta(max_length=40)]
    week_steps: Annotated[int, Meta(ge=0, le=10**7)] | None = None
    week_backward_s: Annotated[float, Meta(ge=0.0, le=7 * DAY_S)] | None = None
