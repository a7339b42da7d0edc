"""The session report: what is kept of one walk."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sternway.motion.resample import RATE_HZ
from sternway.programme.journal import NOT_ANSWERED, WALK_QUESTIONS
from sternway.records import Moment
from sternway.walk.dose import Share
from sternway.walk.walk import REASON_WORDS, STOP_RULES, Reason, Walk

COMPLETE = 0.9
"""The share of the planned backward minutes from which a walk counts as complete: turns and halts cost some."""


def report_body(walk: Walk, reason: Reason, ended_s: float, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a session record.

    ``started_s`` and ``ended_s`` are monotonic seconds of the boot in ``origin``; wall time is the record's own.
    ``dose`` holds seconds and steps *backward*, *forward*, in *turning* and of *unknown* direction. ``steadiness``
    holds the seconds of backward walking at each level. ``softness`` is a proxy of loading rate, not a load.
    ``speed_mps`` holds the mean speed of each way for which a known distance was walked once, else nothing.
    ``facts`` are what the clip knows besides: ``versions``, ``sensor``, ``baseline``, ``origin``, ``speed_mps``.
    """
    dose = walk.dose
    return {
        "origin": facts.get("origin"),
        "started_s": round(walk.started_s, 3),
        "ended_s": round(ended_s, 3),
        "reason": reason.value,
        "reason_words": REASON_WORDS[reason],
        "stopped": reason in STOP_RULES,
        "complete": done_share(walk) >= COMPLETE,
        "done_share": round(done_share(walk), 3),
        "paused_s": walk.paused_count / RATE_HZ,
        "unseen_s": round(walk.unseen_s, 2),
        "restart_count": walk.restart_count,
        "dose": {
            "backward_s": round(dose.backward.seconds, 2),
            "forward_s": round(dose.forward.seconds, 2),
            "unknown_s": round(dose.unknown.seconds, 2),
            "turning_s": round(dose.turning.seconds, 2),
            "steps_backward": dose.backward.step_count,
            "steps_forward": dose.forward.step_count,
            "steps_unknown": dose.unknown.step_count,
            "steps_turning": dose.turning.step_count,
            "lane_count": walk.lane.number if dose.backward.step_count else 0,
            "stretch_count": walk.stretch,
        },
        "cadence_spm": {
            "backward": _rounded(dose.backward.cadence_spm),
            "forward": _rounded(dose.forward.cadence_spm),
        },
        "speed_mps": dict(facts.get("speed_mps", {})),
        "steadiness": {
            **{f"{level}_s": walk.level_count.get(level, 0) / RATE_HZ for level in LEVELS},
            "level": worst_level(walk.level_count),
            "baseline": facts.get("baseline"),
        },
        "events": {"count": dict(walk.event_count), "list": list(walk.events)},
        "softness": _softness(dose.backward, dose.forward),
        "posture": {"lean_rad": _rounded(walk.posture.lean_rad, 4), "sway_mps2": _rounded(walk.posture.sway_mps2, 4)},
        "sensor": {"motor_felt": walk.motor_felt, "haptics_off": walk.haptics_off, **facts.get("sensor", {})},
        "versions": dict(facts.get("versions", {})),
        "plan": dict(walk.plan),
        "answers": {question: walk.answers.get(question, NOT_ANSWERED) for question in WALK_QUESTIONS},
        "pains": list(walk.pains),
        "asks": ["pain_place", "pain_value"] if reason in ASKING else [],
        "walk_test_s": list(walk.trials_s),
        "phases": [list(phase) for phase in walk.phases],
        "cues": dict(walk.cue_count),
    }


LEVELS = ("steady", "raised", "high", "unknown")
ASKING = frozenset({Reason.LONG_PRESS, Reason.PAGE_STOP, Reason.PAIN})
WORSE_SHARE = 0.2
"""The share of known backward walking at a worse level from which the whole walk is called so."""


def worst_level(level_count: Mapping[str, int]) -> str:
    """Return the level of a whole walk: the worst one that lasted.

    >>> worst_level({"steady": 900, "raised": 300, "high": 10})
    'raised'
    >>> worst_level({"unknown": 900})
    'unknown'
    """
    known = sum(level_count.get(level, 0) for level in ("steady", "raised", "high"))
    if not known:
        return "unknown"
    high = level_count.get("high", 0)
    if high >= WORSE_SHARE * known:
        return "high"
    return "raised" if high + level_count.get("raised", 0) >= WORSE_SHARE * known else "steady"


def done_share(walk: Walk) -> float:
    """Return how much of the plan's backward minutes is walked, 0 to 1."""
    planned = walk.plan["minutes"] * 60.0 * RATE_HZ
    return min(1.0, walk.active_count.get("backward", 0) / planned) if planned else 0.0


def reported_at(body: Mapping[str, Any], now: Moment) -> Moment:
    """Return when what a report tells was over: a walk that lost its power is only reported at the next switch-on."""
    origin = body.get("origin")
    if not origin or origin["boot_id"] == now.boot_id:
        return now
    over = datetime.fromisoformat(origin["wall_time"]) + timedelta(seconds=body["ended_s"] - origin["monotonic_s"])
    wall_time = over.isoformat(timespec="milliseconds")
    return replace(now, boot_id=origin["boot_id"], monotonic_s=body["ended_s"], wall_time=wall_time)


def _softness(backward: Share, forward: Share) -> dict[str, Any]:
    back, ahead = backward.softness_mps3, forward.softness_mps3
    ratio = back / ahead if back is not None and ahead is not None and ahead > 0.0 else None
    return {
        "backward_mps3": _rounded(back),
        "forward_mps3": _rounded(ahead),
        "ratio": _rounded(ratio, 3),
        "words": "a proxy: rise of vertical acceleration at landing",
    }


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
