"""What the pipeline costs: each stage, the whole, other blocks and rates, replay, and memory over hours.

    python benchmarks/cost.py [--samples 1000000] [--only whole|hours|growth] [--calm-ms 16] [--json FILE]

Times are CPU times of the one thread, so that what else runs on the machine counts little; the wall times of whole
blocks are given beside them. As in the service the garbage collector works between blocks only.

On a virtual machine whose host is shared a core may be half as fast for minutes. With ``--calm-ms`` the whole is
measured where it is not: ten seconds of signal count only if a plain loop of 200,000 rounds took no longer than that
both before and after them; it is waited for, and ``counted_of`` says how much was thrown away.
"""

import argparse
import gc
import itertools
import json
import math
import tempfile
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from walking import BLOCK_COUNT, RATE_HZ, START_S, Wearer, blocks

from sternway.device.realtime import disable_automatic_gc
from sternway.evaluate.replay import replay
from sternway.motion import resample
from sternway.recording.files import Recording, RecordingWriter
from sternway.samples import Block

INSIDE_HZ = resample.RATE_HZ
RUN_S, HOUR_S = 180.0, 3600.0
AHEAD_S = 10.0

LONGEST_TIMES = 20
"""Where the machine is seldom calm, so many times what is asked for is walked at most."""

LONGEST_US = 50_000
"""Blocks that took longer are counted as this long: a list of them all would be the growth it looks for."""


def spread(values: list[float]) -> dict[str, float]:
    """Return the middle, the 99th percentile and the largest."""
    return {
        "p50": round(float(np.median(values)), 2),
        "p99": round(float(np.percentile(values, 99)), 2),
        "max": round(float(np.max(values)), 2),
    }


def made_ahead(stream: Iterator[Block], block_s: float = BLOCK_COUNT / RATE_HZ) -> Iterator[list[Block]]:
    """Yield the blocks of ``stream`` by ten seconds, so that their making is not in the caches.

    Between two of these pieces the garbage collector is called, as the service does between two blocks.
    """
    while made := list(itertools.islice(stream, round(AHEAD_S / block_s))):
        gc.collect()
        yield made


def ahead(stream: Iterator[Block]) -> Iterator[Block]:
    """Yield the blocks of ``stream`` one by one, made ahead."""
    return itertools.chain.from_iterable(made_ahead(stream))


def plain_loop_ms() -> float:
    """Return how long a plain loop takes now."""
    began_ns, total = time.perf_counter_ns(), 0
    for number in range(200_000):
        total += number * number
    return (time.perf_counter_ns() - began_ns) / 1e6


def wait_for(calm_ms: float) -> None:
    """Wait until a plain loop takes no longer than ``calm_ms``."""
    while plain_loop_ms() > calm_ms:
        time.sleep(0.05)


def whole(
    seconds: float = RUN_S, rate_hz: float = RATE_HZ, count: int = BLOCK_COUNT, calm_ms: float = math.inf
) -> dict[str, Any]:
    """Return the cost of the whole monitor over ``seconds`` that count: share of a core, and microseconds a block."""
    wearer, cpu, wall = Wearer(), [], []
    block_s, counted_s, seen_s = count / rate_hz, 0.0, 0.0
    for piece in made_ahead(blocks(LONGEST_TIMES * seconds, rate_hz, count), block_s):
        wait_for(calm_ms)
        costs = [_timed_block(wearer, block) for block in piece]
        seen_s += len(piece) * block_s
        if plain_loop_ms() <= calm_ms:
            counted_s += len(piece) * block_s
            cpu += [cpu_us for cpu_us, _ in costs]
            wall += [wall_us for _, wall_us in costs]
        if counted_s >= seconds:
            break
    if not cpu:
        raise SystemExit(f"never calm: a plain loop took more than {calm_ms} ms before or after every piece")
    return {
        "share_of_core": round(sum(cpu) / counted_s / 1e6, 5),
        "us_a_sample": round(sum(cpu) / (counted_s * INSIDE_HZ), 1),
        "block_cpu_us": spread(cpu),
        "block_wall_us": spread(wall),
        "counted_of": round(counted_s / seen_s, 3),
    }


def _timed_block(wearer: Wearer, block: Block) -> tuple[float, float]:
    cpu_ns, wall_ns = time.thread_time_ns(), time.perf_counter_ns()
    wearer.walk(block)
    return (time.thread_time_ns() - cpu_ns) / 1000.0, (time.perf_counter_ns() - wall_ns) / 1000.0


def stages(seconds: float = RUN_S) -> dict[str, dict[str, float]]:
    """Return microseconds a 100 Hz sample of each stage."""
    wearer = Wearer()
    watching = wearer.monitor
    spent: dict[str, list[float]] = defaultdict(list)
    tracker = watching._tracker
    updated = [tracker, *watching._detectors, watching.gate, watching.session]
    for part, name in [
        (tracker._resampler, "stretches"),
        (tracker._attitude, "push"),
        *((one, "update") for one in updated),
    ]:
        setattr(part, name, partial(_timed, getattr(part, name), spent[type(part).__name__]))
    for block in blocks(seconds):
        wearer.walk(block)
    return {name: _a_sample(values, seconds) for name, values in spent.items()}


def _timed(call: Callable[..., Any], spent: list[float], *arguments: Any) -> Any:
    began_ns = time.thread_time_ns()
    answer = call(*arguments)
    spent.append((time.thread_time_ns() - began_ns) / 1000.0)
    return answer


def _a_sample(values: list[float], seconds: float) -> dict[str, float]:
    per_call = seconds * INSIDE_HZ / len(values)
    return {"mean": round(sum(values) / (seconds * INSIDE_HZ), 2)} | spread([value / per_call for value in values])


def allocations(seconds: float = 60.0) -> dict[str, float]:
    """Return what one block allocates at most, and what stays."""
    wearer, peaks = Wearer(), []
    stream = blocks(2.0 * seconds)
    for block in stream:
        if block.read_at_s > START_S + seconds:
            break
        wearer.walk(block)
    tracemalloc.start()
    wearer.walk(next(stream))
    first = tracemalloc.get_traced_memory()[0]
    for block in stream:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        wearer.walk(block)
        peaks.append((tracemalloc.get_traced_memory()[1] - before) / 1024.0)
    kept = tracemalloc.get_traced_memory()[0] - first
    tracemalloc.stop()
    return {"peak_KiB_a_block_p50": round(float(np.median(peaks)), 1), "kept_KiB_after": round(kept / 1024.0, 1)}


def flatness(samples: int) -> dict[str, Any]:
    """Return how resident memory and cost change over ``samples`` at 100 Hz; the first tenth fills the windows.

    One walk follows the other, ten minutes each.
    """
    wearer, process = Wearer(), psutil.Process()
    seconds = samples / INSIDE_HZ
    edges = np.linspace(0.1, 1.0, 10) * seconds + START_S
    rss_mb, shares, edge = [], [], 0
    counts = np.zeros(LONGEST_US + 1, dtype=np.int64)
    counts[:] = 0  # its pages are taken now, so that they do not look like growth
    began_ns = time.thread_time_ns()
    for block in ahead(blocks(seconds)):
        start_ns = time.thread_time_ns()
        wearer.walk(block)
        counts[min(LONGEST_US, (time.thread_time_ns() - start_ns) // 1000)] += 1
        if edge < len(edges) and block.read_at_s >= edges[edge] - 0.05:
            rss_mb.append(round(process.memory_info().rss / 2**20, 2))
            shares.append(round((time.thread_time_ns() - began_ns) / 1e9 / (0.1 * seconds), 5))
            began_ns, edge = time.thread_time_ns(), edge + 1
    return {
        "samples": samples,
        "signal_hours": round(seconds / 3600.0, 2),
        "rss_MB": rss_mb,
        "rss_growth_MB": round(max(rss_mb[1:]) - rss_mb[0], 2),
        "share_of_core": shares,
        "block_cpu_us": counted_spread(counts),
        "blocks_over_1_ms": round(float(counts[1000:].sum() / counts.sum()), 6),
    }


def counted_spread(counts: np.ndarray) -> dict[str, float]:
    """Return the middle, the 99th percentile and the largest of microseconds counted one by one."""
    upto = np.cumsum(counts)
    ranks = {"p50": 0.5 * upto[-1], "p99": 0.99 * upto[-1], "max": upto[-1]}
    return {name: float(np.searchsorted(upto, rank)) for name, rank in ranks.items()}


def growth(samples: int) -> list[str]:
    """Return the ten places that grew most after the first tenth of ``samples`` at 100 Hz, under tracemalloc.

    Walks are ten minutes each; what the one under way has counted so far is on the list. A full collection before
    each look empties Python's free lists, which hold up to 2000 tuples of each size.
    """
    wearer, seconds = Wearer(), samples / INSIDE_HZ
    tracemalloc.start()
    before = None
    for block in ahead(blocks(seconds)):
        wearer.walk(block)
        if before is None and block.read_at_s > START_S + 0.1 * seconds:
            gc.collect()
            before = tracemalloc.take_snapshot()
    gc.collect()
    after = tracemalloc.take_snapshot()
    tracemalloc.stop()
    grown = after.compare_to(before or after, "lineno")[:10]
    return [
        f"{item.size_diff:+d} B {'/'.join(Path(item.traceback[0].filename).parts[-2:])}:{item.traceback[0].lineno}"
        for item in grown
    ]


def replay_speed(seconds: float = RUN_S) -> dict[str, float]:
    """Return how many recorded hours are replayed in a second of CPU time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "walk.swrec"
        with RecordingWriter(path, {}) as writer:
            for block in blocks(seconds):
                writer.add(block)
        began_s = time.process_time()
        replay(Recording(path))
        return {"times_real_time": round(seconds / (time.process_time() - began_s), 1)}


def measure(samples: int, calm_ms: float) -> dict[str, Any]:
    """Return every figure."""
    return {
        "whole": whole(min(HOUR_S, samples / INSIDE_HZ), calm_ms=calm_ms),
        "stages_us_a_sample": stages(),
        "samples_a_block": {str(count): whole(60.0, count=count)["share_of_core"] for count in (1, 2, 4, 16, 64)},
        "rate_hz": {str(rate): whole(60.0, float(rate))["share_of_core"] for rate in (52, 104, 208, 416)},
        "replay": replay_speed(),
        "allocations": allocations(),
        "grown_most": growth(samples // 10),
        "hours": flatness(samples),
    }


def main() -> None:
    """Print the figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000, help="at 100 Hz: how much is walked")
    parser.add_argument(
        "--only", choices=("whole", "hours", "growth"), help="the share of a core, memory over hours, or its growth"
    )
    parser.add_argument("--calm-ms", type=float, default=math.inf, help="count what is measured at this speed only")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    disable_automatic_gc()
    samples, calm_ms = arguments.samples, arguments.calm_ms
    some = {"whole": lambda count: whole(count / INSIDE_HZ, calm_ms=calm_ms), "hours": flatness, "growth": growth}
    measured = {arguments.only: some[arguments.only](samples)} if arguments.only else measure(samples, calm_ms)
    figures = json.dumps(measured, indent=1)
    print(figures)
    if arguments.json:
        arguments.json.write_text(figures)


if __name__ == "__main__":
    main()
