"""From what was heard to figures: detected, missed, early, late, false, and over how many hours.

What counts, for all data sets alike:

* A **stumble** is detected by a stumble alarm decided from 0.5 s before the labelled span to 1 s after it. Latency
  runs from the first labelled sample to the decision, and is negative where the decision came first. Without labels
  the largest acceleration of the trial places it: decided from 1.5 s before that peak to 1 s after it, and the time
  from the peak is told instead. How many trials had an alarm anywhere stands beside it: a label may begin late.
* A **fall is foreseen** (pre-impact) by an alarm decided in the 2 s before the impact peak; lead is what remained.
* A **fall** is detected by a fall alarm that places it within 2 s of the impact; delay runs from impact to decision.
* A recording may **end before it could be settled** (censored): a missed stumble where less than 1 s follows its
  label or peak, a fall not foreseen where the recording ends before the impact, a missed fall where less than 3.5 s
  follow the impact: a body bounces for a second and a half at most, and must then lie still for two. They are neither
  heard nor missed.
* Everything else is false: alarms in ADL trials (for falls, all that are not falls, stumbles included; for stumbles,
  all that are neither), per trial and per hour, and per hour of level walking.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from sternway.evaluate.intervals import poisson_rate, wilson
from sternway.evaluate.pipeline import SCORED, Alarm, TrialResult
from sternway.events import Kind

EARLY_S, LATE_S = 0.5, 1.0
FORESEEN_S = 2.0
IMPACT_S = 2.0
PEAK_BEFORE_S, PEAK_AFTER_S = 1.5, 1.0
"""A stumble throws the trunk up to 1.5 s before its largest acceleration (SisFall: 0.4 s, median)."""
SETTLED_S = 3.5
"""Nine in ten development falls are told within 3.2 s of the impact."""
USEFUL_LEAD_S = 0.15
"""Inflation time of a hip airbag, the least lead anyone could use (Jung et al. 2020, Sensors 20:5774)."""

Json = dict[str, Any]


def scores(dataset: str, gate: str, outcomes: Sequence[TrialResult]) -> Json:
    """Return the figures of one data set, ready for JSON.

    ``gate`` is ``none``, or the one of :data:`~sternway.evaluate.pipeline.SESSIONS` in which alarms must count.
    """
    hours = sum(outcome.duration_s for outcome in outcomes) / 3600
    return {
        "dataset": dataset,
        "gate": "none" if gate == "none" else "walking",
        "session": None if gate == "none" else gate,
        "subjects": len({outcome.subject for outcome in outcomes}),
        "trials": len(outcomes),
        "hours": hours,
        "stumble": _stumble(outcomes, gate),
        "pre_impact": _pre_impact(outcomes, gate),
        "fall": _fall(outcomes, gate),
        "per_activity": _per_activity(outcomes, gate),
        "worst": _worst(outcomes, gate),
    }


def heard(outcome: TrialResult, kind: Kind, gate: str) -> list[Alarm]:
    """Return the alarms of one kind that pass the gate, in the order of decision."""
    alarms = [a for a in outcome.alarms if a.kind is kind and (gate == "none" or gate in a.sessions)]
    return sorted(alarms, key=lambda alarm: alarm.decided_at_s)


def stumble_latency_s(outcome: TrialResult, gate: str) -> float | None:
    """Return how long after the first labelled sample the stumble was decided; ``None`` when missed or unlabelled."""
    found = _stumble_alarm(outcome, gate)
    return found.decided_at_s - outcome.alert_s[0] if found and outcome.alert_s else None


def lead_s(outcome: TrialResult, gate: str) -> float | None:
    """Return how long before the impact peak the first pre-impact alarm was decided; ``None`` when not foreseen."""
    if outcome.impact_s is None:
        return None
    leads = [outcome.impact_s - alarm.decided_at_s for alarm in heard(outcome, Kind.PRE_IMPACT, gate)]
    return next((lead for lead in leads if 0.0 < lead <= FORESEEN_S), None)


def fall_delay_s(outcome: TrialResult, gate: str) -> float | None:
    """Return how long after the impact the fall was decided; ``None`` when missed."""
    if outcome.impact_s is None:
        return None
    for alarm in heard(outcome, Kind.FALL, gate):
        if abs(alarm.time_s - outcome.impact_s) <= IMPACT_S:
            return alarm.decided_at_s - outcome.impact_s
    return None


def _stumble_alarm(outcome: TrialResult, gate: str) -> Alarm | None:
    first_s, last_s = stumble_span_s(outcome)
    for alarm in heard(outcome, Kind.STUMBLE, gate):
        if first_s <= alarm.decided_at_s <= last_s:
            return alarm
    return None


def stumble_span_s(outcome: TrialResult) -> tuple[float, float]:
    """Return from when to when a stumble alarm counts as that of the trial; any time where nothing places it."""
    if outcome.alert_s is not None:
        return outcome.alert_s[0] - EARLY_S, outcome.alert_s[1] + LATE_S
    if outcome.peak_s is not None:
        return outcome.peak_s - PEAK_BEFORE_S, outcome.peak_s + PEAK_AFTER_S
    return -math.inf, math.inf


def is_censored(outcome: TrialResult, kind: Kind) -> bool:
    """Return whether the recording ended before an event of ``kind``, if missed, could have been settled."""
    if kind is Kind.STUMBLE:
        at_s = outcome.alert_s[0] if outcome.alert_s is not None else outcome.peak_s
        return at_s is not None and outcome.end_s < at_s + LATE_S
    if outcome.impact_s is None:
        return False
    return outcome.end_s < outcome.impact_s + (SETTLED_S if kind is Kind.FALL else 0.0)


def _censored(missed: Iterable[TrialResult], kind: Kind) -> int:
    return sum(is_censored(outcome, kind) for outcome in missed)


def _stumble(outcomes: Sequence[TrialResult], gate: str) -> Json:
    trials = [outcome for outcome in outcomes if outcome.activity.is_stumble]
    quiet = [outcome for outcome in outcomes if not (outcome.activity.is_stumble or outcome.activity.is_fall)]
    missed = [outcome for outcome in trials if _stumble_alarm(outcome, gate) is None]
    latencies = _present(stumble_latency_s(outcome, gate) for outcome in trials)
    from_peak = _present(_from_peak_s(outcome, gate) for outcome in trials)
    return {
        **_sensitivity(len(trials) - len(missed), len(trials), _censored(missed, Kind.STUMBLE)),
        "detected_anywhere": sum(bool(heard(outcome, Kind.STUMBLE, gate)) for outcome in trials),
        "latency_s": {"p50": _percentile(latencies, 50), "p90": _percentile(latencies, 90), "count": len(latencies)},
        "after_peak_s": {
            "p50": _percentile(from_peak, 50),
            "p90": _percentile(from_peak, 90),
            "count": len(from_peak),
        },
        **_false_alarms(quiet, Kind.STUMBLE, gate),
    }


def _from_peak_s(outcome: TrialResult, gate: str) -> float | None:
    """Return how long after the peak that places an unlabelled stumble it was decided; negative before it."""
    found = None if outcome.alert_s is not None else _stumble_alarm(outcome, gate)
    return found.decided_at_s - outcome.peak_s if found and outcome.peak_s is not None else None


def _pre_impact(outcomes: Sequence[TrialResult], gate: str) -> Json:
    falls = [outcome for outcome in outcomes if outcome.activity.is_fall]
    quiet = [outcome for outcome in outcomes if not outcome.activity.is_fall]
    return {
        **_foreseen(falls, gate),
        "from_gait": _foreseen([outcome for outcome in falls if outcome.activity.from_gait], gate),
        **_false_alarms(quiet, Kind.PRE_IMPACT, gate),
    }


def _foreseen(falls: Sequence[TrialResult], gate: str) -> Json:
    leads = _present(lead_s(outcome, gate) for outcome in falls)
    useful = sum(lead >= USEFUL_LEAD_S for lead in leads)
    missed = [outcome for outcome in falls if lead_s(outcome, gate) is None]
    return {
        **_sensitivity(len(leads), len(falls), _censored(missed, Kind.PRE_IMPACT)),
        "lead_s": {
            "mean": float(np.mean(leads)) if leads else None,
            "p10": _percentile(leads, 10),
            "p50": _percentile(leads, 50),
        },
        "detected_150_ms_before": useful,
        "sensitivity_150_ms_before": useful / len(falls) if falls else None,
    }


def _fall(outcomes: Sequence[TrialResult], gate: str) -> Json:
    falls = [outcome for outcome in outcomes if outcome.activity.is_fall]
    quiet = [outcome for outcome in outcomes if not outcome.activity.is_fall]
    delays = _present(fall_delay_s(outcome, gate) for outcome in falls)
    missed = [outcome for outcome in falls if fall_delay_s(outcome, gate) is None]
    return {
        **_sensitivity(len(delays), len(falls), _censored(missed, Kind.FALL)),
        "delay_s": {"p50": _percentile(delays, 50), "p90": _percentile(delays, 90)},
        **_false_alarms(quiet, Kind.FALL, gate),
    }


def _sensitivity(detected: int, trials: int, censored: int) -> Json:
    settled = trials - censored
    return {
        "trials": trials,
        "detected": detected,
        "censored": censored,
        "missed": settled - detected,
        "sensitivity": detected / trials if trials else None,
        "sensitivity_95": wilson(detected, trials),
        "sensitivity_settled": detected / settled if settled else None,
        "sensitivity_settled_95": wilson(detected, settled),
    }


def _false_alarms(quiet: Sequence[TrialResult], kind: Kind, gate: str) -> Json:
    alarms = [alarm for outcome in quiet for alarm in heard(outcome, kind, gate)]
    walking = sum(alarm.walking for alarm in alarms)
    walking_hours = sum(outcome.walking_s for outcome in quiet) / 3600
    hours = sum(outcome.duration_s for outcome in quiet) / 3600
    alarmed = sum(bool(heard(outcome, kind, gate)) for outcome in quiet)
    return {
        "false_alarms_walking": walking,
        "walking_hours": walking_hours,
        "false_alarms_per_hour_walking": walking / walking_hours if walking_hours else None,
        "false_alarms_per_hour_walking_95": poisson_rate(walking, walking_hours),
        "false_alarms": len(alarms),
        "adl_hours": hours,
        "false_alarms_per_hour": len(alarms) / hours if hours else None,
        "false_alarms_per_hour_95": poisson_rate(len(alarms), hours),
        "adl_trials": len(quiet),
        "adl_trials_with_alarm": alarmed,
        "specificity": 1 - alarmed / len(quiet) if quiet else None,
        "specificity_95": wilson(len(quiet) - alarmed, len(quiet)),
    }


def _per_activity(outcomes: Sequence[TrialResult], gate: str) -> Json:
    """Return, for each activity code, trials and hours and how many trials and alarms of each kind there were."""
    table: Json = {}
    for outcome in outcomes:
        for code, seconds in outcome.seconds_of.items():
            row = table.setdefault(code, {"trials": 0, "hours": 0.0} | {kind.value: _no_alarms() for kind in SCORED})
            row["trials"] += 1
            row["hours"] += seconds / 3600
            for kind in SCORED:
                count = sum(alarm.activity == code for alarm in heard(outcome, kind, gate))
                row[kind.value]["alarms"] += count
                row[kind.value]["trials_with_alarm"] += count > 0
    for row in table.values():
        for kind in SCORED:
            row[kind.value]["alarms_per_hour"] = row[kind.value]["alarms"] / row["hours"] if row["hours"] else None
    return dict(sorted(table.items()))


def _no_alarms() -> dict[str, int]:
    return {"trials_with_alarm": 0, "alarms": 0}


def _worst(outcomes: Sequence[TrialResult], gate: str, count: int = 12) -> Json:
    """Return names: what was missed, and the quiet trials with most alarms."""
    asked: dict[Kind, Callable[[TrialResult], bool]] = {
        Kind.STUMBLE: lambda o: o.activity.is_stumble,
        Kind.PRE_IMPACT: lambda o: o.activity.is_fall,
        Kind.FALL: lambda o: o.activity.is_fall,
    }
    found: dict[Kind, Callable[[TrialResult], bool]] = {
        Kind.STUMBLE: lambda o: _stumble_alarm(o, gate) is not None,
        Kind.PRE_IMPACT: lambda o: lead_s(o, gate) is not None,
        Kind.FALL: lambda o: fall_delay_s(o, gate) is not None,
    }
    worst: Json = {}
    for kind in SCORED:
        unheard = [o for o in outcomes if asked[kind](o) and not found[kind](o)]
        missed = [o.name for o in unheard if not is_censored(o, kind)]
        cut_off = [o.name for o in unheard if is_censored(o, kind)]
        loud = {
            o.name: len(heard(o, kind, gate))
            for o in outcomes
            if not asked[kind](o) and not o.activity.is_fall and heard(o, kind, gate)
        }
        loudest = dict(sorted(loud.items(), key=lambda item: (-item[1], item[0]))[:count])
        worst[kind.value] = {
            "missed": missed[:count],
            "missed_count": len(missed),
            "censored": cut_off[:count],
            "alarmed": loudest,
        }
    return worst


def _present(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values else None
