"""The raw samples around an event, small on disk and whole again when read."""

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sternway.wire.trace import Trace

_SENSORS = ("accel", "gyro")


def pack(trace: Trace, body: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the plain ``body`` of a trace as its facts and its samples: differences of counts, half as large.

    >>> from sternway.conversion import plain
    >>> from sternway.events import Event, Kind
    >>> from sternway.wire.trace import trace_body
    >>> stumble = Event(Kind.STUMBLE, 1.0, 1.2, 0.5)
    >>> trace = trace_body(stumble, 0.0, 100.0, np.full((500, 3), 9.8), np.zeros((500, 3)))
    >>> facts, samples = pack(trace, plain(trace))
    >>> len(samples) < 100, unpack(facts, samples) == plain(trace)
    (True, True)
    """
    counts = np.hstack([_counts(text, trace.sample_count) for text in (trace.accel, trace.gyro)])
    differences = np.diff(counts, axis=0, prepend=np.zeros((1, 6), "<i2")).astype("<i2")
    facts = {name: value for name, value in body.items() if name not in _SENSORS}
    return facts, zlib.compress(differences.T.tobytes(), 9)


def unpack(facts: Mapping[str, Any], samples: bytes) -> dict[str, Any]:
    """Return the trace body that :func:`pack` was given, to the last bit."""
    differences = np.frombuffer(zlib.decompress(samples), dtype="<i2").reshape(6, -1).T
    counts = np.cumsum(differences, axis=0, dtype="<i2").astype("<i2")
    parts = zip(_SENSORS, (counts[:, :3], counts[:, 3:]), strict=True)
    return {**facts, **{sensor: base64.b64encode(part.tobytes()).decode("ascii") for sensor, part in parts}}


def _counts(text: str, count: int) -> NDArray[np.int16]:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<i2").reshape(count, 3)
