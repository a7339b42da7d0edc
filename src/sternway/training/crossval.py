"""Subject-wise cross-validation: what the networks say of people they were not fitted on, scored as by evaluate."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sternway.detect.fall import FallSettings
from sternway.detect.network import Network
from sternway.detect.pre_impact import ConsecutiveThreshold, PreImpactSettings
from sternway.evaluate.pipeline import SESSIONS, Alarm, TrialResult
from sternway.evaluate.score import Json, fall_delay_s, scores
from sternway.events import Kind
from sternway.motion.resample import PERIOD_S
from sternway.samples import GRAVITY_MPS2
from sternway.training.card import CurveRow
from sternway.training.curriculum import Material, fit_both
from sternway.training.features import Clip, Numbers, boxed, settled_s
from sternway.training.fit import log_odds_of
from sternway.training.pre_impact import Lesson


@dataclass(frozen=True, slots=True)
class Heard:
    """What two networks said of a clip: log odds of a fall coming at each row, and of each impact being a fall's."""

    clip: Clip
    coming: Numbers
    fallen: Numbers


def folds_of(groups: Sequence[str], count: int, seed: int) -> dict[str, int]:
    """Return the fold of each group, spread alike within each kind of people (``sisfall/SA``, ``hapt/user`` ...).

    >>> folds_of(["a/SA01", "a/SA02", "a/SE01", "a/SE02"], 2, 1)
    {'a/SA01': 0, 'a/SA02': 1, 'a/SE01': 0, 'a/SE02': 1}
    """
    rng = np.random.default_rng(seed)
    folds: dict[str, int] = {}
    for kind in sorted({group.rstrip("0123456789") for group in groups}):
        members = sorted({group for group in groups if group.rstrip("0123456789") == kind})
        for place, at in enumerate(rng.permutation(len(members)).tolist()):
            folds[members[at]] = place % count
    return dict(sorted(folds.items()))


def hear(clip: Clip, pre_impact: Network, fall: Network) -> Heard:
    """Return what both networks say of ``clip``."""
    features = np.array([impact.features for impact in clip.impacts], dtype=np.float32)
    return Heard(
        clip,
        log_odds_of(pre_impact, boxed(clip.channels)),
        log_odds_of(fall, features) if len(features) else np.empty(0, np.float32),
    )


def outcome_of(heard: Heard, pre_impact: PreImpactSettings, fall: FallSettings) -> TrialResult:
    """Return the alarms that the detectors raise on what was heard."""
    clip = heard.clip
    duration_s = len(clip.channels) * PERIOD_S
    return TrialResult(
        name=clip.name,
        subject=clip.group,
        activity=clip.activity,
        duration_s=duration_s,
        walking_s=float(clip.walking.sum()) * PERIOD_S,
        impact_s=clip.impact_s,
        onset_s=None,
        alert_s=None,
        seconds_of={clip.activity.code: duration_s},
        alarms=(*_coming(heard, pre_impact), *_fallen(heard, fall)),
    )


def _coming(heard: Heard, settings: PreImpactSettings) -> list[Alarm]:
    clip, consecutive = heard.clip, ConsecutiveThreshold(settings)
    times = (clip.start_s + PERIOD_S * np.arange(len(clip.channels))).tolist()
    rows = zip(times, heard.coming.tolist(), clip.gait.tolist(), strict=True)
    return [
        _alarm(clip, Kind.PRE_IMPACT, time_s - (consecutive.count - 1) * PERIOD_S, time_s)
        for time_s, odds, in_gait in rows
        if consecutive.update(time_s, odds, in_gait)
    ]


def _fallen(heard: Heard, settings: FallSettings) -> list[Alarm]:
    alarms: list[Alarm] = []
    quiet_until_s = -np.inf
    rows = zip(heard.clip.impacts, heard.clip.settlings, heard.fallen.tolist(), strict=True)
    likely = [
        (settled_s(settling, settings.least_turn_rad(odds)), impact.time_s)
        for impact, settling, odds in rows
        if odds >= settings.threshold
    ]
    for at_s, time_s in sorted((at_s, time_s) for at_s, time_s in likely if at_s is not None):
        if at_s >= quiet_until_s:
            quiet_until_s = at_s + settings.refractory_s
            alarms.append(_alarm(heard.clip, Kind.FALL, time_s, at_s))
    return alarms


def _alarm(clip: Clip, kind: Kind, time_s: float, decided_at_s: float) -> Alarm:
    is_open = kind is Kind.FALL or bool(clip.gait[_row(clip, time_s)])
    sessions = frozenset(SESSIONS if is_open else ())
    return Alarm(
        kind, time_s, decided_at_s, sessions, bool(clip.walking[_row(clip, decided_at_s)]), clip.activity.code, {}
    )


def _row(clip: Clip, time_s: float) -> int:
    return min(len(clip.walking) - 1, max(0, round((time_s - clip.start_s) / PERIOD_S)))


TURNS_DEG = (45.0, 40.0, 35.0)
"""Least turns of the trunk for the joint curve of the fall network and the posture."""


def joint_curve(heard: Sequence[Heard]) -> list[tuple[float, float, Json]]:
    """Return the scores where a turn of so many degrees is enough at log odds of so much; 45 degrees always are."""
    rows = []
    for degrees in TURNS_DEG:
        for threshold in (0.0, 2.0, 3.5):
            slight_rad = math.radians(degrees)
            settings = FallSettings(slight_turn_rad=slight_rad, slight_turn_threshold=threshold)
            outcomes = [outcome_of(one, PreImpactSettings(), settings) for one in heard]
            rows.append((degrees, threshold, figures(outcomes, "none")))
    return rows


def softest_third(heard: Sequence[Heard], threshold: float) -> tuple[int, int, float]:
    """Return how many of the third of falls with the softest impact are found, how many it is, and up to what g."""
    falls = sorted((peak_g, place) for place, one in enumerate(heard) if (peak_g := _peak_g(one.clip)) is not None)
    soft = falls[: len(falls) // 3]
    settings = FallSettings(threshold=threshold)
    outcomes = [outcome_of(heard[place], PreImpactSettings(), settings) for _, place in soft]
    return sum(fall_delay_s(outcome, "none") is not None for outcome in outcomes), len(soft), soft[-1][0]


def _peak_g(clip: Clip) -> float | None:
    """Return the largest impact near the labelled one, in g; ``None`` for anything but a fall."""
    if clip.impact_s is None:
        return None
    peaks = [impact.peak_mps2 for impact in clip.impacts if abs(impact.time_s - clip.impact_s) <= 0.3]
    return max(peaks, default=0.0) / GRAVITY_MPS2


THRESHOLDS = {
    "pre_impact": (0.0, 1.0, 1.5, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0),
    "fall": (-2.0, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0),
}


def cross_validated(
    material: Material, lessons: Sequence[Lesson], count: int, seed: int, say: Callable[[str], None]
) -> list[Heard]:
    """Return what networks fitted on everybody else say of each recorded clip, in the order of the material."""
    folds = folds_of(material.groups, count, seed)
    clips = (*material.recorded, *material.changed)
    of_falls = material.of_falls
    heard: dict[int, Heard] = {}
    for fold in range(count):
        say(f"fold {fold + 1} of {count} ...")
        taught = [folds.get(clip.group) != fold for clip in clips]
        pupils = fit_both(
            [lesson for lesson, use in zip(lessons, taught, strict=True) if use],
            [clip for clip in of_falls if folds.get(clip.group) != fold],
            seed,
            "fold",
        )
        for place, clip in enumerate(material.recorded):
            if folds[clip.group] == fold:
                heard[place] = hear(clip, pupils.pre_impact, pupils.fall)
    return [heard[place] for place in range(len(material.recorded))]


def curve(heard: Sequence[Heard], kind: str) -> list[CurveRow]:
    """Return the scores at each threshold of one kind (``pre_impact`` or ``fall``), without a gate."""
    rows = []
    for threshold in THRESHOLDS[kind]:
        pre_impact = PreImpactSettings(threshold=threshold) if kind == "pre_impact" else PreImpactSettings()
        fall = FallSettings(threshold=threshold) if kind == "fall" else FallSettings()
        outcomes = [outcome_of(one, pre_impact, fall) for one in heard]
        rows.append(CurveRow(threshold, figures(outcomes, "none")))
    return rows


def in_force(heard: Sequence[Heard]) -> list[TrialResult]:
    """Return the outcomes at the thresholds in force."""
    return [outcome_of(one, PreImpactSettings(), FallSettings()) for one in heard]


def figures(outcomes: Sequence[TrialResult], gate: str) -> Json:
    """Return the scores of evaluate for the trials of SisFall, and what was heard in long unbroken wear apart.

    A trial lasts seconds and an unbroken recording minutes: their shares of quiet ones cannot be mixed.
    """
    trials = [outcome for outcome in outcomes if outcome.subject.startswith("sisfall/")]
    wear = [outcome for outcome in outcomes if not outcome.subject.startswith("sisfall/")]
    alarms = Counter(alarm.kind.value for outcome in wear for alarm in outcome.alarms if _passes(alarm, gate))
    hours = sum(outcome.duration_s for outcome in wear) / 3600
    return {**scores("sisfall", gate, trials), "unbroken_wear": {"hours": hours, "alarms": dict(alarms)}}


def _passes(alarm: Alarm, gate: str) -> bool:
    return gate == "none" or gate in alarm.sessions


def line(gate: str, figure: Mapping[str, Any]) -> str:
    """Return the decisive figures in words."""
    coming, fall = figure["pre_impact"], figure["fall"]
    gait = coming["from_gait"]
    return (
        f"gate {gate}: foreseen {coming['detected']}/{coming['trials']}, mean lead "
        f"{1000 * (coming['lead_s']['mean'] or 0.0):.0f} ms, {coming['detected_150_ms_before']} by 150 ms; from gait "
        f"{gait['detected']}/{gait['trials']} at {1000 * (gait['lead_s']['mean'] or 0.0):.0f} ms; ADL trials alarmed "
        f"{coming['adl_trials_with_alarm']}/{coming['adl_trials']}, in walking {coming['false_alarms_walking']}; "
        f"falls {fall['detected']}/{fall['trials']}, ADL trials alarmed {fall['adl_trials_with_alarm']}; "
        f"in {figure['unbroken_wear']['hours']:.1f} h of unbroken wear {figure['unbroken_wear']['alarms']}"
    )
