"""Is the machine at full speed? A virtual one whose host is shared may be half as fast for minutes, untold."""

import math
import time

ROUNDS = 200_000
WAIT_S = 0.05


def plain_loop_ms() -> float:
    """Return how long a plain loop of :data:`ROUNDS` takes now."""
    began_ns, total = time.perf_counter_ns(), 0
    for number in range(ROUNDS):
        total += number * number
    return (time.perf_counter_ns() - began_ns) / 1e6


def wait_until(calm_ms: float, at_most_s: float = math.inf) -> None:
    """Wait until a plain loop takes no longer than ``calm_ms``, but no longer than ``at_most_s``."""
    began_s = time.monotonic()
    while plain_loop_ms() > calm_ms and time.monotonic() - began_s < at_most_s:
        time.sleep(WAIT_S)
