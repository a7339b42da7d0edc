"""Angles between directions in space, on plain floats."""

import math
from collections.abc import Sequence

from sternway.samples import Vector


def arc_rad(cosine: float) -> float:
    """Return the angle with this cosine, which rounding may have put beyond 1; min() and max() would cost more.

    >>> arc_rad(1.0000000000000002), round(arc_rad(-1.0000000000000002), 3)
    (0.0, 3.142)
    """
    return math.acos(cosine if -1.0 < cosine < 1.0 else math.copysign(1.0, cosine))


def unit(vector: Sequence[float]) -> Vector:
    """Return a vector (3) of length 1 that points the same way; zeros stay zeros.

    >>> unit((0.0, 3.0, 4.0))
    (0.0, 0.6, 0.8)
    """
    x, y, z = vector
    length = math.sqrt(x * x + y * y + z * z) or 1.0
    return (x / length, y / length, z / length)


def angle_rad(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the angle between two vectors (3) of any length; 0 where one has none.

    >>> round(angle_rad((0.0, 0.0, 2.0), (0.0, 3.0, 0.0)), 3)
    1.571
    """
    ax, ay, az = a
    bx, by, bz = b
    length = math.sqrt((ax * ax + ay * ay + az * az) * (bx * bx + by * by + bz * bz))
    return arc_rad((ax * bx + ay * by + az * bz) / length) if length > 0.0 else 0.0
