"""The body of a trace record: the raw samples around an event, as 16-bit counts."""

import base64
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta

from sternway.events import Event
from sternway.records import Body
from sternway.samples import GRAVITY_MPS2, Floats
from sternway.wire.values import END, Uptime, Word

TRACE_ACCEL_SCALE_MPS2 = 16 * GRAVITY_MPS2 / 32768
"""One count of a raw trace: the chip's own at +-16 g, so that nothing is rounded away."""

TRACE_GYRO_SCALE_RADPS = float(np.deg2rad(2000.0)) / 32768
"""One count of a raw trace: +-2000 deg/s over 16 bits, a little finer than the chip's step of 70 mdeg/s."""

Scale = Annotated[float, Meta(ge=1e-6, le=1.0)]
Base64 = Annotated[str, Meta(max_length=40_000, pattern=rf"^[A-Za-z0-9+/]*={{0,2}}{END}")]


class TraceFacts(Body, kw_only=True, frozen=True):
    """What is told of a trace besides its samples; ``frame`` names the axes."""

    event_kind: Word
    event_time_s: Uptime
    start_s: Uptime
    rate_hz: Annotated[float, Meta(ge=10.0, le=2000.0)]
    frame: Literal["chip", "body"]
    sample_count: Annotated[int, Meta(ge=0, le=5000)]
    accel_scale_mps2: Scale
    gyro_scale_radps: Scale


class Trace(TraceFacts, kw_only=True, frozen=True):
    """A trace with its samples: little-endian counts, row by row, x y z, in base64."""

    accel: Base64
    gyro: Base64

    def __post_init__(self) -> None:
        """Refuse a trace that has not the samples it counts."""
        if not len(self.accel) == len(self.gyro) == 8 * self.sample_count:
            raise ValueError("accel and gyro must hold sample_count rows of three 16-bit counts in base64")


def trace_body(
    event: Event, start_s: float, rate_hz: float, accel_mps2: Floats, gyro_radps: Floats, *, frame: str = "chip"
) -> Trace:
    """Return the body of a trace record: the raw samples around ``event``.

    ``accel_mps2`` and ``gyro_radps`` are (n, 3), in the axes ``frame`` names ("chip" or "body"), the first sample at
    ``start_s``.

    >>> from sternway.events import Kind
    >>> stumble = Event(Kind.STUMBLE, 1.0, 1.2, 0.5)
    >>> body = trace_body(stumble, 0.0, 100.0, np.full((2, 3), 9.8), np.zeros((2, 3)))
    >>> trace_arrays(body)[0].round(2).tolist()
    [[9.8, 9.8, 9.8], [9.8, 9.8, 9.8]]
    """
    return Trace(
        event_kind=event.kind.value,
        event_time_s=round(event.time_s, 4),
        start_s=round(start_s, 4),
        rate_hz=rate_hz,
        frame="body" if frame == "body" else "chip",
        sample_count=len(accel_mps2),
        accel_scale_mps2=TRACE_ACCEL_SCALE_MPS2,
        accel=_counts(accel_mps2, TRACE_ACCEL_SCALE_MPS2),
        gyro_scale_radps=TRACE_GYRO_SCALE_RADPS,
        gyro=_counts(gyro_radps, TRACE_GYRO_SCALE_RADPS),
    )


def trace_arrays(trace: Trace) -> tuple[Floats, Floats]:
    """Return the samples of a trace: accel_mps2 (n, 3) and gyro_radps (n, 3)."""
    count = trace.sample_count
    return (
        _values(trace.accel, trace.accel_scale_mps2, count),
        _values(trace.gyro, trace.gyro_scale_radps, count),
    )


def _counts(values: Floats, scale: float) -> str:
    counts = np.clip(np.round(np.nan_to_num(values) / scale), -32768, 32767).astype("<i2")
    return base64.b64encode(counts.tobytes()).decode("ascii")


def _values(text: str, scale: float, count: int) -> Floats:
    counts = np.frombuffer(base64.b64decode(text, validate=True), dtype="<i2")
    return counts.reshape(count, 3).astype(np.float64) * scale
