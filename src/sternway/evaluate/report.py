"""The figures as one honest table: at any time and in each session, with intervals and the hours behind them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sternway.evaluate.trial import Activity

Json = Mapping[str, Any]


TITLES = {None: "any time", "always": "always worn", "walk": "in a walk under way"}


def table(columns: Sequence[Json], activities: Mapping[str, Activity]) -> str:
    """Return the scores of one data set as text for a terminal: at any time, then in each session."""
    first = columns[0]
    lines = [
        f"{first['dataset']}: {first['trials']} trials, {first['subjects']} people, {first['hours']:.2f} h",
        "",
        _row("", *(TITLES[scores["session"]] for scores in columns)),
    ]
    for part, rows in (("stumble", _STUMBLE), ("pre_impact", _PRE_IMPACT), ("fall", _FALL)):
        lines += [part.replace("_", "-")]
        lines += [_row(f"  {words}", *(show(scores[part]) for scores in columns)) for words, show in rows]
    lines += ["", *_activities(columns, activities), "", *_worst(columns)]
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


def _censored(score: Json) -> str:
    if not score["trials"]:
        return "no such trials"
    words = f"{score['censored']}"
    return words if not score["censored"] else f"{words}; of the others {percent(score['sensitivity_settled'])}"


def _ms(*values: float | None) -> str:
    return " / ".join("-" if value is None else f"{1000 * value:.0f}" for value in values) + " ms"


def _anywhere(score: Json) -> str:
    return f"{score['detected_anywhere']}/{score['trials']}" if score["trials"] else "no such trials"


def _latency(score: Json) -> str:
    return _ms(score["latency_s"]["p50"], score["latency_s"]["p90"])


def _after_peak(score: Json) -> str:
    after = score["after_peak_s"]
    return _ms(after["p50"], after["p90"])


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
    ("ended before it could be settled", _censored),
    ("latency, median / 90 %", _latency),
    ("after the peak, where not labelled", _after_peak),
    *_FALSE,
)
_PRE_IMPACT = (
    ("foreseen", _detected),
    ("ended before it could be settled", _censored),
    ("lead, mean / median / least 10 %", _lead),
    ("with at least 150 ms", _useful),
    ("falls that begin in gait, mean lead", _from_gait),
    *_FALSE,
)
_FALL = (
    ("detected", _detected),
    ("ended before it could be settled", _censored),
    ("delay, median / 90 %", _delay),
    *_FALSE,
)


def _activities(columns: Sequence[Json], activities: Mapping[str, Activity]) -> list[str]:
    """Return trials with an alarm a kind and activity, and alarms an hour, each column parted by a bar."""
    width = 5 * len(columns)
    names = " | ".join(TITLES[scores["session"]] for scores in columns)
    lines = [
        f"trials with an alarm: {names}",
        f"{'':<42}{'trials':>7}{'hours':>7}  "
        f"{'stumble':<{width}}  {'an hour':<{width}}  {'pre-impact':<{width}}  fall",
    ]
    for code, row in columns[0]["per_activity"].items():
        words = f"{code} {activities[code].words if code in activities else ''}"[:41]
        rows = [scores["per_activity"][code] for scores in columns]
        stumble, coming = (_barred([row[kind]["trials_with_alarm"] for row in rows]) for kind in _GATED)
        hourly = _barred([round(row["stumble"]["alarms_per_hour"] or 0.0) for row in rows])
        lines.append(
            f"{words:<42}{row['trials']:>7}{row['hours']:>7.2f}  {stumble:<{width}}  {hourly:<{width}}  "
            f"{coming:<{width}}  {row['fall']['trials_with_alarm']:>4}"
        )
    return lines


_GATED = ("stumble", "pre_impact")


def _barred(counts: Sequence[int]) -> str:
    return "|".join(f"{count:>4}" for count in counts)


def _worst(columns: Sequence[Json]) -> list[str]:
    """Return names: of stumbles as they count in the last session, of falls at any time."""
    lines = []
    for kind in columns[0]["worst"]:
        scores = columns[-1] if kind == "stumble" else columns[0]
        names, words = scores["worst"][kind], kind.replace("_", "-")
        missed = ", ".join(names["missed"]) or "none"
        more = "" if names["missed_count"] <= len(names["missed"]) else f" and {names['missed_count']} in all"
        loud = ", ".join(f"{name} ({count})" for name, count in names["alarmed"].items()) or "none"
        when = f" ({TITLES[scores['session']]})" if kind == "stumble" else ""
        lines += [f"{words}{when} missed: {missed}{more}", f"{words}{when} false alarms: {loud}"]
        if names["censored"]:
            lines.append(f"{words}{when} ended before it could be settled: {', '.join(names['censored'])}")
    return lines
