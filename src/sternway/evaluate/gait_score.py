"""Figures for steps, cadence, direction and mounting, and the table that shows them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from sternway.evaluate.gait_trial import GaitOutcome, Spans, run_gait
from sternway.evaluate.intervals import wilson
from sternway.evaluate.trial import Dataset, TrialFile
from sternway.samples import Floats

Json = Mapping[str, Any]

TOLERANCE_S = 0.5
"""A detected contact within this of a labelled one may be it (Mobilise-D: Mico-Amigo et al. 2023), one to one."""

STRICT_S = 0.25
"""The same, asked for more strictly: half a step."""

GAP_S = 1.1
"""A reference silent for longer inside a bout has a hole there: nobody takes so long for a step at 60 a minute."""

WINDOW_S = 2.0
START_S = 0.3
"""The estimator may take 2.3 s, so the first window of a walk begins 0.3 s after the walk."""

SLOW_MPS = (0.3, 0.6)
EDGE_S = 2.0
"""Labels of posture change while people still step into place or begin to sit; this far inside they do not."""

STILL = {"A04": "sitting", "A05": "standing", "A06": "lying"}


def evaluate(
    reader: Dataset, files: Sequence[TrialFile], jobs: int, *, reverse: bool = False
) -> tuple[dict[str, Any], str]:
    """Run every trial and return the figures and a table of them."""
    work = partial(_run, reader, reverse=reverse)
    if jobs > 1 and len(files) > 1:
        with ProcessPoolExecutor(jobs) as pool:
            outcomes = list(pool.map(work, files, chunksize=2))
    else:
        outcomes = [work(file) for file in files]
    figures = gait_figures(reader.name, outcomes, reverse=reverse)
    figures["subjects_are"] = getattr(reader, "subjects_are", "people")
    return figures, gait_table(figures)


def walked(reader: Dataset, files: Sequence[TrialFile]) -> list[TrialFile]:
    """Return the trials in which people walk on the level: all of a set about gait, else those that say so."""
    if getattr(reader, "purpose", "detection") == "gait":
        return list(files)
    whole = {code for code, activity in reader.activities.items() if activity.is_walking or code == "all"}
    return [file for file in files if file.activity in whole]


def _run(reader: Dataset, file: TrialFile, *, reverse: bool) -> GaitOutcome:
    return run_gait(reader.read(file), reverse=reverse)


def gait_figures(name: str, outcomes: Sequence[GaitOutcome], *, reverse: bool = False) -> dict[str, Any]:
    """Return all figures; those without data behind them are ``None`` or absent."""
    labelled = [outcome for outcome in outcomes if len(outcome.gait.contacts_s)]
    figures: dict[str, Any] = {
        "dataset": name,
        "reversed": reverse,
        "trials": len(outcomes),
        "subjects": len({outcome.subject for outcome in outcomes}),
        "steps": steps_figures(labelled, lambda outcome: outcome.gait.bouts_s),
        "steps_strict": steps_figures(labelled, lambda outcome: outcome.gait.bouts_s, STRICT_S),
        "steps_split": steps_figures(labelled, split_bouts),
        "steps_in_turns": steps_figures(labelled, lambda outcome: outcome.gait.turns_s),
        "cadence": cadence_figures(labelled),
        "still": still_figures(outcomes),
        "still_most_in_10_min": most_in_10_min(outcomes),
        "direction": direction_figures(outcomes),
        "mounting": mounting_figures(outcomes),
        "rotation": rotation_figures(outcomes),
    }
    return figures


def matched(reference_s: Floats, detected_s: Floats, tolerance_s: float) -> list[tuple[int, int]]:
    """Return pairs of indices one to one, the nearest first.

    >>> matched(np.array([1.0, 2.0]), np.array([1.1, 1.2, 9.0]), 0.5)
    [(0, 0)]
    """
    near = np.abs(reference_s[:, None] - detected_s[None, :])
    rows, columns = np.nonzero(near <= tolerance_s)
    pairs: list[tuple[int, int]] = []
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    for at in np.argsort(near[rows, columns], kind="stable").tolist():
        row, column = int(rows[at]), int(columns[at])
        if row not in taken_rows and column not in taken_columns:
            taken_rows.add(row)
            taken_columns.add(column)
            pairs.append((row, column))
    return sorted(pairs)


def steps_figures(
    outcomes: Sequence[GaitOutcome], spans_of: Callable[[GaitOutcome], Spans], tolerance_s: float = TOLERANCE_S
) -> dict[str, Any]:
    """Match all steps of a trial, then count the pairs and the lone ones whose (reference) time is in the spans."""
    reference = detected = true = 0
    errors_s: list[float] = []
    waits_s: list[float] = []
    for outcome in outcomes:
        spans, contacts_s = spans_of(outcome), outcome.gait.contacts_s
        found_s = np.array([step.time_s for step in outcome.steps])
        pairs = matched(contacts_s, found_s, tolerance_s)
        inside = [(row, column) for row, column in pairs if within(contacts_s[row], spans)]
        lone = set(range(len(found_s))) - {column for _, column in pairs}
        reference += sum(within(time_s, spans) for time_s in contacts_s)
        detected += len(inside) + sum(within(found_s[column], spans) for column in lone)
        true += len(inside)
        errors_s += [float(found_s[column] - contacts_s[row]) for row, column in inside]
        waits_s += [float(outcome.steps[column].decided_at_s - contacts_s[row]) for row, column in inside]
    return {
        "reference": reference,
        "detected": detected,
        "matched": true,
        "recall": _share(true, reference),
        "precision": _share(true, detected),
        "f1": _share(2 * true, reference + detected),
        "tolerance_s": tolerance_s,
        "bias_s": _percentile(errors_s, 50),
        "abs_error_s": _percentiles(np.abs(errors_s), 50, 90),
        "decided_after_contact_s": _percentiles(waits_s, 50, 90),
    }


def within(time_s: float, spans: Spans) -> bool:
    """Return whether a time lies in one of the spans, ends included."""
    return any(start_s - 1e-6 <= time_s <= end_s + 1e-6 for start_s, end_s in spans)


def split_bouts(outcome: GaitOutcome) -> Spans:
    """Return the bouts cut where the reference itself is silent for longer than a step can take."""
    spans: list[tuple[float, float]] = []
    for start_s, end_s in outcome.gait.bouts_s:
        times = [time_s for time_s in outcome.gait.contacts_s if within(time_s, ((start_s, end_s),))]
        cuts = [0, *(at + 1 for at in range(len(times) - 1) if times[at + 1] - times[at] > GAP_S), len(times)]
        spans += [(times[a], times[b - 1]) for a, b in pairwise(cuts) if b > a]
    return tuple(spans)


def cadence_spm(times_s: Sequence[float]) -> float | None:
    """Return steps a minute over a bout from its plausible intervals; ``None`` with fewer than four."""
    intervals = np.diff(times_s)
    usual = np.median(intervals) if len(intervals) else 0.0
    good = intervals[(intervals > 0.6 * usual) & (intervals < 1.5 * usual)]
    return 60.0 / float(np.mean(good)) if len(good) >= 4 else None


def cadence_figures(outcomes: Sequence[GaitOutcome]) -> dict[str, Any]:
    """Compare cadence bout by bout with the reference."""
    errors: list[float] = []
    for outcome in outcomes:
        for span in outcome.gait.bouts_s:
            known = cadence_spm([time_s for time_s in outcome.gait.contacts_s if within(time_s, (span,))])
            told = cadence_spm([step.time_s for step in outcome.steps if within(step.time_s, (span,))])
            if known is not None and told is not None:
                errors.append(abs(told - known))
    return {
        "bouts": len(errors),
        "abs_error_steps_per_min_p50": _percentile(errors, 50),
        "abs_error_steps_per_min_p90": _percentile(errors, 90),
    }


def still_figures(outcomes: Sequence[GaitOutcome]) -> dict[str, Any]:
    """Count the steps told while people sat, stood or lay, with the minutes behind them."""
    figures = {}
    for code, words in STILL.items():
        spans = [
            (outcome, start, end) for outcome in outcomes for label, start, end in outcome.still_s if label == code
        ]
        minutes = sum(end - start for _, start, end in spans) / 60.0
        steps = sum(start <= step.time_s < end for outcome, start, end in spans for step in outcome.steps)
        inside = sum(
            start + EDGE_S <= step.time_s < end - EDGE_S for outcome, start, end in spans for step in outcome.steps
        )
        if minutes:
            figures[words] = {
                "minutes": minutes,
                "steps": steps,
                "steps_per_10_min": 10.0 * steps / minutes,
                "steps_inside": inside,
            }
    return figures


def most_in_10_min(outcomes: Sequence[GaitOutcome]) -> int | None:
    """Return the most steps told in ten minutes of sitting, standing and lying of one recording, ``None`` without.

    Only still time counts: what lies between two still spans is cut out.
    """
    most = None
    for outcome in outcomes:
        times_s, before_s = [], 0.0
        for code, start, end in outcome.still_s:
            if code in STILL:
                times_s += [before_s + step.time_s - start for step in outcome.steps if start <= step.time_s < end]
                before_s += end - start
        if before_s:
            inside = [sum(first <= time_s < first + 600.0 for time_s in times_s) for first in times_s]
            most = max(most or 0, *inside, 0)
    return most


def direction_figures(outcomes: Sequence[GaitOutcome]) -> dict[str, Any]:
    """Judge two-second windows of straight walking, the first answer of each trial, whole clips, and turns.

    Where the mounting step accepted nothing, direction is unknown for good; those trials are named, not judged.
    """
    judged = [outcome for outcome in outcomes if outcome.gait.direction and outcome.gait.usable]
    known = [outcome for outcome in judged if outcome.learned is None or outcome.learned.mounting is not None]
    answers = [answer for outcome in known for answer in window_answers(outcome)]
    slow = [
        answer
        for outcome in known
        if outcome.gait.speed_mps is not None and SLOW_MPS[0] <= outcome.gait.speed_mps <= SLOW_MPS[1]
        for answer in window_answers(outcome)
    ]
    labelled = [answer for outcome in known for answer in window_answers(outcome, outcome.labelled_s)]
    clips = [_clip_answer(outcome) for outcome in known]
    turns = np.concatenate([np.empty(0), *(_in_turns(outcome) for outcome in known)])
    return {
        **_judged(answers),
        "trials": len(known),
        "trials_without_mounting": [o.name for o in judged if o.learned is not None and o.learned.mounting is None],
        "slow": _judged(slow),
        "clips": len(clips),
        "clips_right": clips.count(1),
        "clips_unknown": clips.count(0),
        "clips_not_right": [outcome.name for outcome, clip in zip(known, clips, strict=True) if clip != 1],
        "decision_time_s": _percentiles(
            [wait for one in known for wait in _decision_time_s(one, one.walks_s)], 50, 90
        ),
        "as_labelled": {
            **_judged(labelled),
            "decision_time_s": _percentiles(
                [wait for one in known for wait in _decision_time_s(one, one.labelled_s)], 50, 90
            ),
        },
        "turns": {"seconds": len(turns) / 100.0, "wrong_fraction": _share(int(np.sum(turns < 0)), len(turns))},
    }


def window_answers(outcome: GaitOutcome, walks_s: Spans | None = None) -> list[int]:
    """Return what stood at the end of each two-second window of the walks: 1 right, 0 unknown, -1 wrong."""
    ends = [
        end
        for start, stop in (outcome.walks_s if walks_s is None else walks_s)
        for end in np.arange(start + START_S + WINDOW_S, stop + 1e-9, WINDOW_S).tolist()
    ]
    at = np.clip(np.searchsorted(outcome.time_s, ends) - 1, 0, len(outcome.time_s) - 1)
    return [int(answer) * outcome.gait.direction for answer in outcome.direction[at].tolist()]


def _judged(answers: Sequence[int]) -> dict[str, Any]:
    right, wrong = answers.count(1), answers.count(-1)
    return {
        "windows": len(answers),
        "accuracy": _share(right, right + wrong),
        "accuracy_95": wilson(right, right + wrong),
        "unknown_fraction": _share(answers.count(0), len(answers)),
    }


def _clip_answer(outcome: GaitOutcome) -> int:
    told = outcome.direction.astype(int) * outcome.gait.direction
    return int(np.sign(np.sum(told)))


def _decision_time_s(outcome: GaitOutcome, walks_s: Spans) -> list[float]:
    """Return how long after the first walk began there was an answer; a walk without one took all of it."""
    if not walks_s:
        return []
    start_s, end_s = walks_s[0]
    during = (outcome.time_s >= start_s) & (outcome.time_s <= end_s)
    told = outcome.time_s[during & (outcome.direction != 0)]
    return [float(told[0] if len(told) else end_s) - start_s]


def _in_turns(outcome: GaitOutcome) -> Floats:
    during = np.zeros(len(outcome.time_s), dtype=np.bool_)
    for start_s, end_s in outcome.gait.turns_s:
        during |= (outcome.time_s >= start_s) & (outcome.time_s < end_s)
    return np.asarray(outcome.direction[during] * outcome.gait.direction, dtype=np.float64)


def rotation_figures(outcomes: Sequence[GaitOutcome]) -> dict[str, Any]:
    """Judge cadence from the pelvis' rotation, activity by activity, and count what else was heard there."""
    figures = {}
    for code in sorted({outcome.activity for outcome in outcomes if outcome.gait.swings_s}):
        own = [outcome for outcome in outcomes if outcome.activity == code]
        windows = [window for outcome in own for window in outcome.rotation]
        errors = np.array([(w.told_spm or np.inf) / w.reference_spm - 1.0 for w in windows])
        figures[code] = {
            "windows": len(windows),
            "abs_error_p50": _percentile(np.abs(errors), 50),
            "within_5_percent": _share(int(np.sum(np.abs(errors) <= 0.05)), len(windows)),
            "half_rate": _share(int(np.sum(errors < -0.3)), len(windows)),
            "minutes": sum(float(outcome.time_s[-1] - outcome.time_s[0]) for outcome in own) / 60.0,
            "alarms": {kind: sum(o.alarms.count(kind) for o in own) for kind in ("stumble", "pre_impact", "fall")},
        }
    return figures


def mounting_figures(outcomes: Sequence[GaitOutcome]) -> dict[str, Any]:
    """Judge the mounting step: accepted at the first try, and how far off where the data set says."""
    learned = [outcome.learned for outcome in outcomes if outcome.learned is not None]
    turned = np.abs([one.forward_error_rad for one in learned if one.forward_error_rad is not None])
    tilted = [one.up_error_rad for one in learned if one.up_error_rad is not None]
    return {
        "trials": len(learned),
        "accepted_first_try": _share(sum(one.first_try for one in learned), len(learned)),
        "accepted": _share(sum(one.mounting is not None for one in learned), len(learned)),
        "forward_error_deg": _percentiles(np.rad2deg(turned), 50, 90),
        "wrong_polarity": int(np.sum(turned > np.pi / 2)),
        "up_error_deg": _percentiles(np.rad2deg(tilted), 50, 90),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percentile(values: Sequence[float] | Floats, percent: float) -> float | None:
    return float(np.percentile(values, percent)) if len(values) else None


def _percentiles(values: Sequence[float] | Floats, *percents: int) -> dict[str, float | None]:
    return {f"p{percent}": _percentile(values, percent) for percent in percents}


def gait_table(figures: Json) -> str:
    """Return the figures as lines a person reads."""
    way = "reversed in time (robustness, not evidence)" if figures["reversed"] else "as recorded"
    subjects = f"{figures['subjects']} {figures.get('subjects_are', 'people')}"
    lines = [f"{figures['dataset']}: {figures['trials']} trials, {subjects}, {way}", ""]
    names = {
        "steps": "steps",
        "steps_strict": "steps, within 0.25 s",
        "steps_split": "steps, split at gaps",
        "steps_in_turns": "steps in turns",
    }
    for key, words in names.items():
        lines += _steps_lines(words, figures[key])
    cadence = figures["cadence"]
    if cadence["bouts"]:
        p50, p90 = cadence["abs_error_steps_per_min_p50"], cadence["abs_error_steps_per_min_p90"]
        lines.append(f"{'cadence':<24} error {p50:.2f} (p90 {p90:.2f}) steps/min over {cadence['bouts']} bouts")
    for words, still in figures["still"].items():
        inside = f"{still['steps_inside']} of them 2 s inside"
        lines.append(f"{words:<24} {still['steps']} steps told in {still['minutes']:.1f} min, {inside}")
    if figures["still_most_in_10_min"] is not None:
        lines.append(f"{'':<24} at most {figures['still_most_in_10_min']} in ten still minutes of one recording")
    for code, part in figures["rotation"].items():
        heard = ", ".join(f"{count} {kind}" for kind, count in part["alarms"].items())
        lines += [
            f"{'rotation cadence ' + code:<24} error {100 * part['abs_error_p50']:.1f} %, within 5 % in "
            f"{100 * part['within_5_percent']:.1f} % of {part['windows']} windows, half rate "
            f"{100 * part['half_rate']:.1f} %; {heard} in {part['minutes']:.1f} min"
        ]
    lines += [*_direction_lines(figures["direction"]), *_mounting_lines(figures["mounting"])]
    return "\n".join(lines) + "\n"


def _steps_lines(words: str, steps: Json) -> Iterable[str]:
    if not steps["reference"] or steps["f1"] is None:
        return []
    error, wait = steps["abs_error_s"], steps["decided_after_contact_s"]
    return [
        f"{words:<24} F1 {steps['f1']:.4f} ({steps['matched']} of {steps['reference']} found, "
        f"{steps['detected'] - steps['matched']} too many), error {_ms(error['p50'])} (p90 {_ms(error['p90'])}), "
        f"decided after {_ms(wait['p50'])} (p90 {_ms(wait['p90'])})"
    ]


def _direction_lines(direction: Json) -> Iterable[str]:
    for words, part in (("direction", direction), ("direction, 0.3-0.6 m/s", direction["slow"])):
        if part["windows"]:
            accuracy = "-" if part["accuracy"] is None else f"{100 * part['accuracy']:.2f} %"
            unknown = f"{100 * part['unknown_fraction']:.2f} % unknown"
            yield f"{words:<24} {accuracy} right, {unknown}, {part['windows']} windows"
    if direction["trials_without_mounting"]:
        yield f"{'without a mounting':<24} {' '.join(direction['trials_without_mounting'])}"
    if direction["clips"]:
        right, unknown = direction["clips_right"], direction["clips_unknown"]
        wrong = direction["clips"] - right - unknown
        names = " ".join(direction["clips_not_right"])
        yield f"{'clips':<24} {right} right, {wrong} wrong, {unknown} unknown {names}".rstrip()
    wait, labelled = direction["decision_time_s"], direction["as_labelled"]
    if wait["p50"] is not None:
        yield f"{'decided after':<24} {wait['p50']:.2f} s (p90 {wait['p90']:.2f} s) from the first motion"
    if labelled["windows"]:
        wait, unknown = labelled["decision_time_s"], f"{100 * labelled['unknown_fraction']:.2f} % unknown"
        yield f"{'  from the label on':<24} {wait['p50']:.2f} s (p90 {wait['p90']:.2f} s), {unknown}"
    if direction["turns"]["seconds"]:
        turns = direction["turns"]
        yield f"{'direction in turns':<24} {100 * turns['wrong_fraction']:.2f} % wrong in {turns['seconds']:.0f} s"


def _mounting_lines(mounting: Json) -> Iterable[str]:
    if not mounting["trials"]:
        return
    forward, up = mounting["forward_error_deg"], mounting["up_error_deg"]
    accepted = f"{100 * mounting['accepted_first_try']:.1f} % accepted at first"
    yield f"{'mounting':<24} {accepted}, {100 * mounting['accepted']:.1f} % later, {mounting['trials']} trials"
    if forward["p50"] is not None:
        yield (
            f"{'':<24} forward {forward['p50']:.1f} deg (p90 {forward['p90']:.1f}), "
            f"{mounting['wrong_polarity']} wrong polarity"
        )
    if up["p50"] is not None:
        yield f"{'':<24} up {up['p50']:.1f} deg (p90 {up['p90']:.1f})"


def _ms(value_s: float | None) -> str:
    return "-" if value_s is None else f"{1000 * value_s:.0f} ms"
