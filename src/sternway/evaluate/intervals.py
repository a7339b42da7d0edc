"""How sure a proportion or a rate is: Wilson's interval and the exact Poisson interval, both 95 %."""

import math

_Z = 1.959963984540054
_TAIL = 0.025


def wilson(hits: int, trials: int) -> tuple[float, float] | None:
    """Return Wilson's 95 % interval of a proportion, ``None`` without trials (Wilson 1927, JASA 22:209).

    >>> low, high = wilson(64, 65)
    >>> round(low, 3), round(high, 3)
    (0.918, 0.997)
    """
    if trials == 0:
        return None
    share, z2 = hits / trials, _Z * _Z
    centre = share + z2 / (2 * trials)
    spread = _Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    scale = 1 + z2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def poisson_rate(count: int, hours: float) -> tuple[float, float] | None:
    """Return the exact 95 % interval of a rate per hour, ``None`` without hours (Garwood 1936, Biometrika 28:437).

    No event in one hour does not mean none will come:

    >>> low, high = poisson_rate(0, 1.0)
    >>> low, round(high, 3)
    (0.0, 3.689)
    """
    if hours <= 0:
        return None
    low = _mean_where(count - 1, 1 - _TAIL) if count else 0.0
    return low / hours, _mean_where(count, _TAIL) / hours


def _mean_where(count: int, probability: float) -> float:
    """Return the Poisson mean at which ``count`` or fewer events have this ``probability``, by bisection."""
    low, high = 0.0, 10.0 + 3.0 * count
    for _ in range(100):
        mean = 0.5 * (low + high)
        if _at_most(count, mean) > probability:
            low = mean
        else:
            high = mean
    return 0.5 * (low + high)


def _at_most(count: int, mean: float) -> float:
    """Return the probability of ``count`` or fewer events where ``mean`` are expected."""
    if mean <= 0:
        return 1.0
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))
