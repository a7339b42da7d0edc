"""From recordings to the moments at which a stumble may be heard, by the production code itself."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from sternway.detect.fall_features import FallFeatureTracker
from sternway.detect.gate import WalkingGate
from sternway.detect.stumble import Candidate, CandidateDetector, StumbleSettings
from sternway.detect.stumble_context import FEATURES
from sternway.evaluate.cut_short import LEADS_S, cut_short, event_s_of
from sternway.evaluate.datasets import dataset
from sternway.evaluate.pipeline import LOOK_S
from sternway.evaluate.trial import Activity, Trial
from sternway.evaluate.variation import seed_of
from sternway.events import Kind
from sternway.monitor import GATED, pieces
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.training.augment import augmented, reversed_walk
from sternway.training.features import Source

Numbers = NDArray[np.float32]

SOFT = 1.9
"""From so many times the usual on a moment teaches; brisk walking reaches it once a minute."""

_TROUBLE_AFTER_S = 0.3
"""A fall is followed until this long after its impact: what comes then is no stumble."""


@dataclass(frozen=True, slots=True)
class Moments:
    """The possible stumbles of one trial.

    ``inputs`` (n, d) are the numbers of each, ``times_s`` (n,) when it was decided, ``in_gait`` (n,) whether the
    walking gate was open as it began; ``soft`` (n,) ones stay below the threshold in force: they teach, and are no
    alarms. ``made`` says that the trial was cut short or changed. ``group`` is the person with the data set.
    """

    name: str
    group: str
    activity: Activity
    made: str
    duration_s: float
    walking_s: float
    end_s: float
    alert_s: tuple[float, float] | None
    impact_s: float | None
    inputs: Numbers
    times_s: NDArray[np.float64]
    in_gait: NDArray[np.bool_]
    soft: NDArray[np.bool_]
    walking: NDArray[np.bool_]


def read_moments(sources: Sequence[Source], jobs: int) -> list[Moments]:
    """Return the moments of each source, in order; the work is spread over processes."""
    with get_context("spawn").Pool(jobs) as pool:
        found = pool.map(_read, sources, chunksize=16)
    return [moments for moments in found if moments is not None]


def _read(source: Source) -> Moments | None:
    """Return the moments of one source; ``None`` where the trial cannot be cut short so."""
    trial: Trial | None = dataset(source.dataset).read(source.file)
    if source.cut and trial is not None:
        trial = cut(trial, source.cut)
    if trial is None:
        return None
    if source.backward:
        trial = reversed_walk(trial)
    if source.seed:
        trial = augmented(trial, np.random.default_rng((source.seed, zlib.crc32(trial.name.encode()))))
    made = " and ".join(word for word, is_so in (("cut short", source.cut), ("changed", source.seed)) if is_so)
    return moments_of(trial, f"{source.dataset}/{trial.subject}", made)


def cut(trial: Trial, number: int) -> Trial | None:
    """Return ``trial`` cut short in the way of this number, from 1 on.

    A stumble or a fall from gait comes after each of :data:`~sternway.evaluate.cut_short.LEADS_S`; anything else is
    set off from standing at a moment and after a time drawn for its name.
    """
    event_s = event_s_of(trial)
    if event_s is not None:
        return cut_short(trial, event_s, LEADS_S[number - 1]) if number <= len(LEADS_S) else None
    random = np.random.default_rng((seed_of(trial.name), number))
    event_s = random.uniform(3.0, max(3.1, min(trial.duration_s - 4.0, 90.0)))
    return cut_short(trial, float(event_s), float(random.uniform(0.0, LEADS_S[-1])))


def moments_of(trial: Trial, group: str, made: str = "") -> Moments:
    """Return the moments of ``trial``."""
    trial = _without_the_end(trial)
    found = list(_found(trial))
    times_s = np.array([candidate.time_s for candidate, _, _ in found])
    rows = np.minimum(np.searchsorted(trial.time_s, times_s), len(trial.time_s) - 1)
    return Moments(
        name=trial.name,
        group=group,
        activity=trial.activity,
        made=made,
        duration_s=trial.duration_s,
        walking_s=trial.walking_s,
        end_s=float(trial.time_s[-1]),
        alert_s=trial.alert_s,
        impact_s=trial.impact_s,
        inputs=np.array([candidate.features for candidate, _, _ in found], np.float32).reshape(-1, len(FEATURES)),
        times_s=times_s,
        in_gait=np.array([in_gait for _, in_gait, _ in found], dtype=np.bool_),
        soft=np.array([soft for _, _, soft in found], dtype=np.bool_),
        walking=trial.walking[rows],
    )


def _without_the_end(trial: Trial) -> Trial:
    if trial.impact_s is None:
        return trial
    keep = trial.time_s < trial.impact_s + _TROUBLE_AFTER_S
    return replace(
        trial,
        time_s=trial.time_s[keep],
        accel_mps2=trial.accel_mps2[keep],
        gyro_radps=trial.gyro_radps[keep],
        walking=trial.walking[keep],
    )


def _found(trial: Trial) -> Iterator[tuple[Candidate, bool, bool]]:
    """Yield each candidate, whether it began in gait, and whether it is a soft one."""
    tracker, falling, gate = TrunkTracker(), FallFeatureTracker(), WalkingGate()
    finder = CandidateDetector(fall_features=falling, gate=gate)
    soft_finder = CandidateDetector(StumbleSettings(threshold=SOFT), fall_features=falling, gate=gate)
    least = np.log(StumbleSettings().threshold)
    for piece in pieces(trial.block(), LOOK_S):
        for trunk in tracker.update(piece):
            heard = [(candidate, False) for candidate in finder.update(trunk)]
            heard += [(candidate, True) for candidate in soft_finder.update(trunk) if candidate.score < least]
            for candidate, soft in heard:
                yield candidate, gate.open_at(candidate.began_s, GATED[Kind.STUMBLE]), soft
