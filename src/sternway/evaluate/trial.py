"""One labelled recording of one person, and what a reader of a public data set must offer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sternway.samples import Block, Floats


@dataclass(frozen=True, slots=True)
class Activity:
    """What the person was asked to do.

    Everything that is not a fall counts as an activity of daily living (ADL) for falls; for stumbles, everything that
    is neither a fall nor a stumble. ``is_walking`` is level walking only: not stairs, not jogging. ``from_gait`` says
    that a fall begins while walking or jogging, where a detector that listens only during gait may hear it.
    """

    code: str
    words: str
    is_fall: bool = False
    is_stumble: bool = False
    is_walking: bool = False
    from_gait: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """One activity within a longer recording, during ``[start_s, end_s)``."""

    start_s: float
    end_s: float
    activity: Activity


@dataclass(frozen=True, slots=True)
class GaitReference:
    """What another instrument says about the gait.

    ``contacts_s`` are initial contacts in time order and ``sides`` their feet (``"left"``, ``"right"`` or ``None``);
    empty when the set has no steps. ``foot_offs_s`` are final contacts: reversed in time they become contacts.
    ``swings_s`` are the moments the left and the right shank swing fastest, where that is all there is.
    ``bouts_s`` are the ``(start, end)`` stretches for which the reference is complete, ``turns_s`` those of turns.
    ``direction`` is the way the person walks: 1 forward, -1 backward, 0 not known. ``up`` and ``forward`` say how
    the sensor sat, in chip axes, where the set says so; ``placed`` where that is exact and the trial too short to
    learn it. ``speed_mps`` is the mean speed where known. A clip too short to be judged is not ``usable``.
    """

    contacts_s: Floats
    sides: tuple[str | None, ...] = ()
    bouts_s: tuple[tuple[float, float], ...] = ()
    turns_s: tuple[tuple[float, float], ...] = ()
    direction: int = 1
    foot_offs_s: Floats = field(default_factory=lambda: np.empty(0))
    up: tuple[float, float, float] | None = None
    forward: tuple[float, float, float] | None = None
    swings_s: tuple[Floats, Floats] | None = None
    placed: bool = False
    speed_mps: float | None = None
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """A recording with what is known about it.

    ``time_s`` (n,) begins near 0; ``accel_mps2`` (n, 3) is specific force and ``gyro_radps`` (n, 3) angular rate,
    both in chip axes. ``rate_hz`` is nominal. ``walking`` (n,) marks the samples known to be level walking. Times are
    on ``time_s``: ``onset_s`` is where a fall begins and ``impact_s`` its largest acceleration; ``alert_s`` is the
    span labelled as the event (a stumble, a fall). All are ``None`` where the data set does not say. A recording of
    several activities lists them in ``segments``. ``peak_s`` is the largest acceleration of a stumble that no label
    places. ``remarks`` say what is odd about the files, for whoever reads the figures.
    """

    name: str
    subject: str
    activity: Activity
    rate_hz: float
    time_s: Floats
    accel_mps2: Floats
    gyro_radps: Floats
    walking: NDArray[np.bool_]
    onset_s: float | None = None
    impact_s: float | None = None
    alert_s: tuple[float, float] | None = None
    segments: tuple[Segment, ...] = ()
    gait: GaitReference | None = None
    peak_s: float | None = None
    remarks: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Return the time the samples stand for: n mean periods."""
        n = len(self.time_s)
        return float(self.time_s[-1] - self.time_s[0]) * n / (n - 1) if n > 1 else 0.0

    @property
    def walking_s(self) -> float:
        """Return how much of the duration is known to be level walking."""
        return self.duration_s * float(np.mean(self.walking)) if len(self.walking) else 0.0

    def block(self) -> Block:
        """Return the whole trial as one block."""
        return Block(self.time_s, self.accel_mps2, self.gyro_radps, float(self.time_s[-1]))


@dataclass(frozen=True, slots=True)
class TrialFile:
    """Where a trial lies: found cheaply, read later and perhaps in another process.

    ``member`` names the recording inside a file that holds several. ``labels`` is the file that belongs to it.
    """

    path: Path
    name: str
    subject: str
    activity: str
    labels: Path | None = None
    member: str = ""


class Dataset(Protocol):
    """A public data set in its original layout. Instances must be picklable: trials are read in parallel."""

    name: str
    licence: str
    activities: Mapping[str, Activity]

    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:
        """Return every trial under ``folder`` in a stable order; raise ``RecordingError`` when there is none."""
        ...

    def read(self, file: TrialFile) -> Trial:
        """Return one trial; raise ``RecordingError`` that names the file and what is wrong with it."""
        ...


def impact_time_s(time_s: Floats, accel_mps2: Floats, span: tuple[float, float] | None = None) -> float:
    """Return the time of the largest ``|a|``, within ``span`` where one is given.

    >>> impact_time_s(np.array([0.0, 0.1, 0.2]), np.array([[9.8, 0, 0], [30.0, 0, 0], [9.8, 0, 0]]))
    0.1
    """
    norm = np.sqrt(np.sum(accel_mps2 * accel_mps2, axis=1))
    if span is not None:
        norm = np.where((time_s >= span[0]) & (time_s <= span[1]), norm, -1.0)
    return float(time_s[int(np.argmax(norm))])
