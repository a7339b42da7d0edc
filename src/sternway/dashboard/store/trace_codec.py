"""The raw samples around an event, small on disk and whole again when read."""

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SENSORS = ("accel", "gyro")


def pack(body: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return a trace body as its plain facts and its samples: differences of counts, which compress by half.

    >>> from sternway.events import Event, Kind
    >>> from sternway.records import trace_body
    >>> stumble = Event(Kind.STUMBLE, 1.0, 1.2, 0.5)
    >>> body = trace_body(stumble, 0.0, 100.0, np.full((500, 3), 9.8), np.zeros((500, 3)))
    >>> facts, samples = pack(body)
    >>> len(samples) < 100, unpack(facts, samples) == body
    (True, True)
    """
    count = body["sample_count"]
    counts = np.hstack([_counts(body[sensor], count) for sensor in _SENSORS])
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
