"""From the chip to the pin: how long after a jolt, and after the sample that settles it, the motor's pin rises.

The figures are printed and not judged: they are worth what the machine was worth while they were taken.
"""

import os
import time

import numpy as np
import pytest

from sternway.simulate.script import Stand, Walk
from sternway.simulate.walker import Walker

pytestmark = pytest.mark.process

CLIPS, TRIALS = 8, 27
# Not a multiple of the driver's 20 ms: every jolt finds the FIFO filled to another height.
FIRST_S, EVERY_S, GAP_BEFORE_S = 7.0, 3.2071, 2.4
JOLT_S = 0.08
RATE_HZ = 1000.0  # of the walk's table: looked up, not made anew, so that the clips have the machine
JOLT_MPS2, JOLT_RADPS = np.array([18.0, 30.0, 25.0]), np.array([4.0, 2.0, 5.0])


class Jolted:
    """Walks, and is knocked for 80 ms every 3.2 s: as soon after a stumble as the clip may say the next."""

    def __init__(self, seed):
        walker = Walker((Stand(0.5), Walk(FIRST_S + EVERY_S * (TRIALS + 2))), seed)
        self._rows = np.hstack(walker.at(np.arange(0.0, walker.truth.duration_s, 1.0 / RATE_HZ)))

    def at(self, times_s):
        rows = self._rows[(times_s * RATE_HZ).astype(int) % len(self._rows)]
        accel, gyro = rows[:, :3], rows[:, 3:]
        into_s = np.mod(times_s - FIRST_S, EVERY_S)
        during = (times_s >= FIRST_S) & (into_s < JOLT_S)
        push = np.where(during, np.sin(np.pi * into_s / JOLT_S), 0.0)[:, None]
        return accel + push * JOLT_MPS2, gyro + push * JOLT_RADPS


def walk_with_jolts(benches):
    """Lose some samples before each jolt, so that the last jolt is not what the next one is measured against."""
    starts = []
    for bench in benches:
        bench.configure("[outbox]\nmax_bytes = 20000000")
        bench.start(watching=False)
    for number, bench in enumerate(benches):
        bench.until(lambda bench=bench: bench.systemd.times("WATCHDOG=1"), "the service never watched")
        bench.plug(Jolted(number))
        starts.append(time.monotonic())
    due = sorted(
        (start_s + FIRST_S + EVERY_S * trial - GAP_BEFORE_S, number)
        for number, start_s in enumerate(starts)
        for trial in range(TRIALS)
    )
    for at_s, number in due:
        time.sleep(max(0.0, at_s - time.monotonic()))
        benches[number].bus.chips[0x6A].fifo.clear()
    time.sleep(GAP_BEFORE_S + EVERY_S)
    return starts


def delays(bench, start_s):
    """Yield (from the jolt, from the settling sample) to the pin's next rise, for every stumble that was found."""
    buzzes = bench.pins.buzzes()
    for kind, body in bench.records("event"):
        if kind == "event" and body["kind"] == "stumble":
            decided_s = body["decided_at_s"]
            jolt_s = start_s + FIRST_S + EVERY_S * round((decided_s - start_s - FIRST_S) / EVERY_S)
            rise_s = next((at for at in buzzes if at > decided_s), None)
            if rise_s is not None and rise_s - decided_s < 1.0:
                yield rise_s - jolt_s, rise_s - decided_s


def test_two_hundred_jolts_reach_the_pin(benches, capsys):
    clips = benches(CLIPS)
    starts = walk_with_jolts(clips)
    for bench in clips:
        bench.end()
    found = np.array([pair for bench, start_s in zip(clips, starts, strict=True) for pair in delays(bench, start_s)])
    with capsys.disabled():
        load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        print(f"\nchip event -> GPIO edge, {len(found)} jolts on {CLIPS} clips at once, {load}:")
        for name, column in (("the jolt's first sample", 0), ("the sample that settles it", 1)):
            p50, p99, most = (1000.0 * np.quantile(found[:, column], q) for q in (0.5, 0.99, 1.0))
            print(f"  from {name:<28} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   most {most:6.1f} ms")
    assert len(found) >= 200
