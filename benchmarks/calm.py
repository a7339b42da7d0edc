"""Is the machine at full speed? A virtual one whose host is shared may be half as fast for minutes, untold."""

import time
from collections.abc import Callable

ROUNDS = 200_000
WAIT_S = 0.05


def plain_loop_ms(rounds: int = ROUNDS, clock_ns: Callable[[], int] = time.perf_counter_ns) -> float:
    """Return how long a plain loop of :data:`ROUNDS` would take now, from one of ``rounds``."""
    began_ns, total = clock_ns(), 0
    for number in range(rounds):
        total += number * number
    return (clock_ns() - began_ns) / 1e6 * ROUNDS / rounds


def wait_until(calm_ms: float) -> None:
    """Wait until a plain loop takes no longer than ``calm_ms``."""
    while plain_loop_ms() > calm_ms:
        time.sleep(WAIT_S)
