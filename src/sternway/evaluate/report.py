"""The figures as one honest table: both gate settings side by side, with intervals and the hours behind them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sternway.evaluate.trial import Activity

Json = Mapping[str, Any]


def table(ungated: Json, gated: Json, activities: Mapping[str, Activity]) -> str:
    """Return the scores of one data set without and with the walking gate as text for a terminal."""
    both = (ungated, gated)
    lines = [
        f"{ungated['dataset']}: {ungated['trials']} trials, {ungated['subjects']} people, {ungated['hours']:.2f} h",
        "",
        _row("", "any time", "in gait (gated)"),
    ]
    for part, rows in (("stumble", _STUMBLE), ("pre_impact", _PRE_IMPACT), ("fall", _FALL)):
        lines += [part.replace("_", "-")]
        lines += [_row(f"  {words}", *(show(scores[part]) for scores in both)) for words, show in rows]
    lines += ["", *_activities(ungated, gated, activities), "", *_worst(ungated)]
    return "\n".join(lines) + "\n"


def _row(name: str, *cells: str) -> str:
    return f"{name:<38}" + "".join(f"{cell:<38}" for cell in cells).rstrip()


def percent(value: float | None, interval: Sequence[float] | None = None) -> str:
    """Return a share in words.

    >>> percent(0.9846, (0.918, 0.997))
    '98.5 % (91.8-99.7)'
    >>> percent(None)
    'unknown'
    """
    if value is None:
        return "unknown"
    limits = f" ({100 * interval[0]:.1f}-{100 * interval[1]:.1f})" if interval else ""
    return f"{100 * value:.1f} %{limits}"


def _detected(score: Json) -> str:
    if not score["trials"]:
        return "no such trials"
    return f"{score['detected']}/{score['trials']} = {percent(score['sensitivity'], score['sensitivity_95'])}"


def _ms(*values: float | None) -> str:
    return " / ".join("-" if value is None else f"{1000 * value:.0f}" for value in values) + " ms"


def _anywhere(score: Json) -> str:
    return f"{score['detected_anywhere']}/{score['trials']}" if score["trials"] else "no such trials"


def _latency(score: Json) -> str:
    return _ms(score["latency_s"]["p50"], score["latency_s"]["p90"])


def _lead(score: Json) -> str:
    return _ms(score["lead_s"]["mean"], score["lead_s"]["p50"], score["lead_s"]["p10"])


def _from_gait(score: Json) -> str:
    gait = score["from_gait"]
    return f"{_detected(gait)}, {_ms(gait['lead_s']['mean'])}" if gait["trials"] else "no such trials"


def _useful(score: Json) -> str:
    return f"{score['detected_150_ms_before']}: {percent(score['sensitivity_150_ms_before'])}"


def _delay(score: Json) -> str:
    low, high = score["delay_s"]["p50"], score["delay_s"]["p90"]
    return "-" if low is None else f"{low:.1f} / {high:.1f} s"


def _quiet(score: Json) -> str:
    if not score["adl_trials"]:
        return "no such trials"
    quiet = score["adl_trials"] - score["adl_trials_with_alarm"]
    return f"{quiet}/{score['adl_trials']} = {percent(score['specificity'], score['specificity_95'])}"


def _per_hour(count: int, hours: float, interval: Sequence[float] | None) -> str:
    if interval is None:
        return "no such hours"
    return f"{count} in {hours:.2f} h = {count / hours:.1f} ({interval[0]:.1f}-{interval[1]:.1f})"


def _walking(score: Json) -> str:
    interval = score["false_alarms_per_hour_walking_95"]
    return _per_hour(score["false_alarms_walking"], score["walking_hours"], interval)


def _everything(score: Json) -> str:
    return _per_hour(score["false_alarms"], score["adl_hours"], score["false_alarms_per_hour_95"])


_FALSE = (
    ("daily trials without an alarm", _quiet),
    ("false alarms, per hour of walking", _walking),
    ("false alarms, per hour of all of it", _everything),
)
_STUMBLE = (
    ("detected by its label", _detected),
    ("trials with an alarm anywhere", _anywhere),
    ("latency, median / 90 %", _latency),
    *_FALSE,
)
_PRE_IMPACT = (
    ("foreseen", _detected),
    ("lead, mean / median / least 10 %", _lead),
    ("with at least 150 ms", _useful),
    ("falls that begin in gait, mean lead", _from_gait),
    *_FALSE,
)
_FALL = (("detected", _detected), ("delay, median / 90 %", _delay), *_FALSE)


def _activities(ungated: Json, gated: Json, activities: Mapping[str, Activity]) -> list[str]:
    """Return trials with an alarm a kind and activity, and alarms an hour, ``any time | in gait``."""
    lines = [
        f"{'trials with an alarm | gated':<42}{'trials':>7}{'hours':>7}   stumble    (an hour)    pre-impact   fall"
    ]
    for code, row in ungated["per_activity"].items():
        other = gated["per_activity"][code]
        cells = {
            kind: f"{row[kind]['trials_with_alarm']:>4} |{other[kind]['trials_with_alarm']:>4}"
            for kind in ("stumble", "pre_impact")
        }
        hourly = f"{row['stumble']['alarms_per_hour'] or 0.0:.0f}|{other['stumble']['alarms_per_hour'] or 0.0:.0f}"
        words = f"{code} {activities[code].words if code in activities else ''}"[:41]
        lines.append(
            f"{words:<42}{row['trials']:>7}{row['hours']:>7.2f} {cells['stumble']} {hourly:>11}   "
            f"{cells['pre_impact']} {row['fall']['trials_with_alarm']:>6}"
        )
    return lines


def _worst(ungated: Json) -> list[str]:
    lines = []
    for kind, names in ungated["worst"].items():
        missed = ", ".join(names["missed"]) or "none"
        more = "" if names["missed_count"] <= len(names["missed"]) else f" and {names['missed_count']} in all"
        loud = ", ".join(f"{name} ({count})" for name, count in names["alarmed"].items()) or "none"
        lines += [
            f"{kind.replace('_', '-')} missed: {missed}{more}",
            f"{kind.replace('_', '-')} false alarms: {loud}",
        ]
    return lines
