"""The body of a session record: the report of one walk."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from sternway.records import Body
from sternway.wire.event import EventInWalk
from sternway.wire.plan import WalkPlan
from sternway.wire.values import NOT_ANSWERED, Count, Level, Number, Text, Word

LEVELS = tuple(level.value for level in Level)


class Origin(Struct, frozen=True, kw_only=True):
    """The boot in which a walk began: by it a walk that lost its power is told from the boot that reports it."""

    boot_id: Word
    monotonic_s: Number
    wall_time: Word


class Dose(Struct, frozen=True, kw_only=True):
    """Seconds and steps *backward*, *forward*, in *turning* and of *unknown* direction."""

    backward_s: Number
    forward_s: Number
    unknown_s: Number = 0.0
    turning_s: Number = 0.0
    steps_backward: Count
    steps_forward: Count = 0
    steps_unknown: Count = 0
    steps_turning: Count = 0
    lane_count: Count = 0
    stretch_count: Count = 0


class Cadence(Struct, frozen=True, kw_only=True):
    """Steps a minute, each way."""

    backward: Number | None
    forward: Number | None = None


class Steadiness(Struct, frozen=True, kw_only=True):
    """Seconds of backward walking at each level, the level of the whole walk, and the epochs of each baseline."""

    steady_s: Number = 0.0
    raised_s: Number = 0.0
    high_s: Number = 0.0
    unknown_s: Number = 0.0
    level: Level
    baseline: dict[Word, Number] | None = None


class Happenings(Struct, frozen=True, kw_only=True):
    """How often each kind of event was felt, and the first of them one by one."""

    count: Annotated[dict[Word, Count], Meta(max_length=200)]
    listed: Annotated[tuple[EventInWalk, ...], Meta(max_length=2000)] = field(name="list")


class Softness(Struct, frozen=True, kw_only=True):
    """How fast the trunk is jolted at landing: a proxy of loading rate, no load. ``words`` came with old records."""

    backward_mps3: Number | None = None
    forward_mps3: Number | None = None
    ratio: Number | None
    words: Text | UnsetType = UNSET


class PostureOfWalk(Struct, frozen=True, kw_only=True):
    """Mean lean away from quiet standing, and sway, in backward walking."""

    lean_rad: Number | None
    sway_mps2: Number | None


class SensorOfWalk(Struct, frozen=True, kw_only=True):
    """Whether the sensor felt the motor at the start, and whether the motor was off at any time."""

    motor_felt: bool | None = None
    haptics_off: bool
    mounting_confidence: Number | UnsetType = UNSET
    mounting_moved: bool | UnsetType = UNSET


class Answers(Struct, frozen=True, kw_only=True):
    """What was answered before the walk."""

    place: Text = NOT_ANSWERED
    surface: Text = NOT_ANSWERED
    footwear: Text = NOT_ANSWERED
    support: Text = NOT_ANSWERED
    pain_before: int | Text = NOT_ANSWERED


class PainInWalk(Struct, frozen=True, kw_only=True):
    """Pain told during the walk."""

    time_s: Number
    level: int | UnsetType | None = UNSET
    place: Text | UnsetType = UNSET
    when: Word | UnsetType = UNSET
    note: Text | UnsetType = UNSET


class SessionReport(Body, kw_only=True, frozen=True):
    """What is kept of one walk. A field without a default is told by every version.

    ``started_s`` and ``ended_s`` are monotonic seconds of the boot in ``origin``; wall time is the record's own.
    ``speed_mps`` holds the mean speed of each way for which a known distance was walked once, else nothing.
    ``reason_words`` came with old records: today the words are made where they are shown.
    """

    origin: Origin | None = None
    started_s: Number
    ended_s: Number
    reason: Word
    reason_words: Text | UnsetType = UNSET
    stopped: bool
    complete: bool
    done_share: Number
    paused_s: Number = 0.0
    unseen_s: Number
    restart_count: Count = 0
    dose: Dose
    cadence_spm: Cadence
    speed_mps: Annotated[dict[Word, Number], Meta(max_length=20)] = field(default_factory=dict)
    steadiness: Steadiness
    events: Happenings
    softness: Softness
    posture: PostureOfWalk
    sensor: SensorOfWalk
    versions: dict[Word, str | int | None]
    plan: WalkPlan
    answers: Answers
    pains: tuple[PainInWalk, ...] = ()
    asks: tuple[Word, ...] = ()
    walk_test_s: Annotated[tuple[Number, ...], Meta(max_length=2000)] = ()
    phases: Annotated[tuple[tuple[Word, Number], ...], Meta(max_length=2000)]
    cues: dict[Word, Count] = field(default_factory=dict)
