"""The session report: what is kept of one walk."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import UNSET, Struct, UnsetType

from sternway.conversion import convert
from sternway.motion.resample import RATE_HZ
from sternway.records import Body, Moment
from sternway.walk.dose import Share
from sternway.walk.walk import STOP_RULES, Reason, Walk
from sternway.wire.report import (
    Cadence,
    Dose,
    Happenings,
    Origin,
    PostureOfWalk,
    SensorOfWalk,
    SessionReport,
    Softness,
    Steadiness,
)
from sternway.wire.values import Level

COMPLETE = 0.9
"""The share of the planned backward minutes from which a walk counts as complete: turns and halts cost some."""


class WalkFacts(Struct, frozen=True, kw_only=True):
    """What the clip knows for the report besides the walk; ``walk_test_before_s`` is the last walk test before it."""

    origin: Origin | None = None
    versions: dict[str, str | int | None] | UnsetType = UNSET
    sensor: dict[str, float | bool] | UnsetType = UNSET
    baseline: dict[str, float] | None = None
    speed_mps: dict[str, float] | UnsetType = UNSET
    walk_test_before_s: float | None = None


def report_body(walk: Walk, reason: Reason, ended_s: float, facts: WalkFacts) -> SessionReport:
    """Return the body of a session record."""
    dose = walk.dose
    return SessionReport(
        origin=facts.origin,
        started_s=round(walk.started_s, 3),
        ended_s=round(ended_s, 3),
        reason=reason.value,
        stopped=reason in STOP_RULES,
        complete=done_share(walk) >= COMPLETE,
        done_share=round(done_share(walk), 3),
        paused_s=walk.paused_count / RATE_HZ,
        unseen_s=round(walk.unseen_s, 2),
        restart_count=walk.restart_count,
        dose=_dose(walk),
        cadence_spm=Cadence(backward=_rounded(dose.backward.cadence_spm), forward=_rounded(dose.forward.cadence_spm)),
        speed_mps=dict(facts.speed_mps or {}),
        steadiness=_steadiness(walk, facts),
        events=Happenings(count=dict(walk.event_count), listed=tuple(walk.events)),
        softness=_softness(dose.backward, dose.forward),
        posture=PostureOfWalk(
            lean_rad=_rounded(walk.posture.lean_rad, 4), sway_mps2=_rounded(walk.posture.sway_mps2, 4)
        ),
        sensor=_sensor(walk, facts),
        versions=dict(facts.versions or {}),
        plan=walk.plan,
        answers=walk.answers,
        pains=tuple(walk.pains),
        asks=("pain_place", "pain_value") if reason in ASKING else (),
        walk_test_s=tuple(walk.trials_s),
        phases=tuple(walk.phases),
        cues=dict(walk.cue_count),
    )


def _dose(walk: Walk) -> Dose:
    dose = walk.dose
    return Dose(
        backward_s=round(dose.backward.seconds, 2),
        forward_s=round(dose.forward.seconds, 2),
        unknown_s=round(dose.unknown.seconds, 2),
        turning_s=round(dose.turning.seconds, 2),
        steps_backward=dose.backward.step_count,
        steps_forward=dose.forward.step_count,
        steps_unknown=dose.unknown.step_count,
        steps_turning=dose.turning.step_count,
        lane_count=walk.lane.number if dose.backward.step_count else 0,
        stretch_count=walk.stretch,
    )


def _steadiness(walk: Walk, facts: WalkFacts) -> Steadiness:
    seconds = {level: walk.level_count.get(level, 0) / RATE_HZ for level in Level}
    return Steadiness(
        steady_s=seconds[Level.STEADY],
        raised_s=seconds[Level.RAISED],
        high_s=seconds[Level.HIGH],
        unknown_s=seconds[Level.UNKNOWN],
        level=worst_level(walk.level_count),
        baseline=facts.baseline,
    )


def _sensor(walk: Walk, facts: WalkFacts) -> SensorOfWalk:
    return convert(
        {"motor_felt": walk.motor_felt, "haptics_off": walk.haptics_off, **(facts.sensor or {})},
        SensorOfWalk,
        "sensor",
    )


ASKING = frozenset({Reason.LONG_PRESS, Reason.PAGE_STOP, Reason.PAIN})
WORSE_SHARE = 0.2
"""The share of known backward walking at a worse level from which the whole walk is called so."""


def worst_level(level_count: Mapping[str, int]) -> Level:
    """Return the level of a whole walk: the worst one that lasted.

    >>> worst_level({"steady": 900, "raised": 300, "high": 10})
    <Level.RAISED: 'raised'>
    >>> worst_level({"unknown": 900})
    <Level.UNKNOWN: 'unknown'>
    """
    known = sum(level_count.get(level, 0) for level in (Level.STEADY, Level.RAISED, Level.HIGH))
    if not known:
        return Level.UNKNOWN
    high = level_count.get(Level.HIGH, 0)
    if high >= WORSE_SHARE * known:
        return Level.HIGH
    return Level.RAISED if high + level_count.get(Level.RAISED, 0) >= WORSE_SHARE * known else Level.STEADY


def done_share(walk: Walk) -> float:
    """Return how much of the plan's backward minutes is walked, 0 to 1."""
    planned = walk.plan.minutes * 60.0 * RATE_HZ
    return min(1.0, walk.active_count.get("backward", 0) / planned) if planned else 0.0


def reported_at(report: Body, now: Moment) -> Moment:
    """Return when what a report tells was over: a walk that lost its power is only reported at the next switch-on."""
    origin = report.origin if isinstance(report, SessionReport) else None
    if not isinstance(report, SessionReport) or origin is None or origin.boot_id == now.boot_id:
        return now
    over = datetime.fromisoformat(origin.wall_time) + timedelta(seconds=report.ended_s - origin.monotonic_s)
    wall_time = over.isoformat(timespec="milliseconds")
    return replace(now, boot_id=origin.boot_id, monotonic_s=report.ended_s, wall_time=wall_time)


def _softness(backward: Share, forward: Share) -> Softness:
    back, ahead = backward.softness_mps3, forward.softness_mps3
    ratio = back / ahead if back is not None and ahead is not None and ahead > 0.0 else None
    return Softness(backward_mps3=_rounded(back), forward_mps3=_rounded(ahead), ratio=_rounded(ratio, 3))


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
