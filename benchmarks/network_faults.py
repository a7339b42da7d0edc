"""How much a bad network or a full disk delays the loop: the whole monitor in real time beside the real publisher.

    python benchmarks/network_faults.py [--minutes 14] [--only "full disk" ...] [--json FILE]

Measured is how long after it was due the monitor has decided about a block and handed its records and state over, by
the clock on the wall; the CPU time of the loop's own thread; and in how many turns it had to wait for another thread,
which depends least on how busy the machine is. Every slice of trouble has a quiet one before and one after it, in the
same process, so that whatever else the machine does falls on both; and all of a round begin with copies of one
monitor at one place of the walk, so that turn by turn the same work is done. A slice begins with the trouble: the
connection is being made, and then the broker, frozen until now, does its worst. So the worst of each connection is in
every slice, where a clip in real life would be left alone for longer and longer.

A block of 20 ms of signal is due every 5 ms, four times as often as on a clip, for four times the turns in a minute.
The loop has real-time priority where that is allowed, as on a clip. Brokers run niced on the last core, what belongs
to the clip wherever there is room: on a clip the broker is another machine. The row "nothing" is quiet against quiet:
what it shows is the error of the method. A slice in which a virtual machine's host took processor time (*steal* in
/proc/stat) is done again, quiet or not, and the one that lost least counts.

Target: p99 within 10 % of quiet. The interval is a bootstrap over rounds (95 %). "yes" and "no" are what the
p99 says; "sure" where the interval says the same.
"""

import argparse
import contextlib
import copy
import gc
import itertools
import json
import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from bad_brokers import KINDS, Broker
from numpy.typing import NDArray

from sternway.clock import Clock
from sternway.config import BrokerSettings, ClipSettings, OutboxSettings
from sternway.device.realtime import request_realtime
from sternway.errors import StoreError
from sternway.events import Event, Kind
from sternway.monitor import Monitor
from sternway.publish.publisher import Publisher
from sternway.records import Phase, Record, RecordKind
from sternway.samples import Block
from sternway.simulate.walker import Walker
from sternway.wire.event import event_body
from sternway.wire.state import State

SIGNAL_S = 0.02
PERIOD_S = 0.005
RATE_HZ = 208.0
RECORD_EVERY = 100
"""A record every half second: far more than any walk makes."""

WARM_UP_S = 0.5
SLICE_S = 3.0
TURN_COUNT = round(SLICE_S / PERIOD_S)
STOLEN_S, TRIES = 0.02, 4
"""Processor time that the host may take from a slice before it is done again, and how often."""

LEAST_ROUNDS = 2
SURE_ROUNDS = 5
"""A bootstrap over fewer rounds is too sure of itself."""

BOUND = 1.10
DRAW_COUNT = 2000

TROUBLES = ("nothing", "healthy broker", "no such host", "refused", *KINDS, "full disk", "disk that stalls")

Turns = NDArray[np.float64]


class Loop:
    """The monitor on an endless walk, sampled beforehand so that only the monitor is measured."""

    def __init__(self) -> None:
        self._accel, self._gyro = Walker("walk", 1).at(np.arange(0.0, 40.0, 1.0 / RATE_HZ))
        self._monitor = Monitor()
        self._clock = Clock("clip-1")
        self._turn = self._count = 0

    def run(self, publisher: Publisher, count: int) -> Turns:
        """Return how late each of ``count`` turns was done, its CPU time (s), and how often it waited: (count, 3)."""
        began_s, turns = time.monotonic(), np.empty((count, 3))
        for number in range(count):
            due_s = began_s + (number + 1) * PERIOD_S
            block = self._block()
            wait_count = _wait_count() + 1
            time.sleep(max(1e-4, due_s - time.monotonic()))
            worked_s = time.thread_time()
            self._decide(block, publisher, due_s)
            turns[number] = time.monotonic() - due_s, time.thread_time() - worked_s, _wait_count() - wait_count
        return turns

    def advance(self, count: int) -> None:
        """Go on by ``count`` turns, untimed."""
        for _ in range(count):
            self._monitor.update(self._block())

    def _decide(self, block: Block, publisher: Publisher, now_s: float) -> None:
        outcome = self._monitor.update(block)
        publisher.show(_state(self._turn))
        publisher.take_commands()
        if outcome.events or self._turn % RECORD_EVERY == 0:
            event = Event(Kind.STUMBLE, now_s, now_s, 0.5, {"peak_g": 2.0})
            publisher.offer(Record(RecordKind.EVENT, event_body(event), self._clock.moment(now_s)))

    def _block(self) -> Block:
        self._turn += 1
        until_s = self._turn * SIGNAL_S
        index = np.arange(self._count, int(until_s * RATE_HZ))
        rows = index % len(self._accel)
        self._count += len(index)
        return Block(index / RATE_HZ, self._accel[rows], self._gyro[rows], until_s)


@contextlib.contextmanager
def trouble(
    kind: str, publisher_of: Callable[[str, int], Publisher]
) -> Iterator[tuple[Publisher, Callable[[], None]]]:
    """Give a publisher on its way into ``kind`` and what lets the trouble begin."""
    host, port, begin, end = "", 1, _nothing, _nothing
    if kind == "no such host":
        host, port = "no-such-host.invalid", 8883
    elif kind == "refused":
        host, port = "127.0.0.1", 9
    elif kind in KINDS or kind == "healthy broker":
        broker = Broker("healthy" if kind == "healthy broker" else kind)
        host, port, begin, end = "127.0.0.1", broker.port, broker.begin, broker.close
    publisher = publisher_of(host, port)
    if kind == "full disk":
        begin, end = lambda: _limit_files(0), lambda: _limit_files(resource.RLIM_INFINITY)
    elif kind == "disk that stalls":
        begin = lambda: setattr(publisher._outbox, "put", _stall)  # noqa: E731
    try:
        yield publisher, begin
    finally:
        end()
        publisher.close()


def _wait_count() -> int:
    """Return how often this thread has let go of its core by itself: to sleep, or to wait for another thread."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def _nothing() -> None:
    """Let nothing happen."""


def _limit_files(size: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


def _stall(_record: Record) -> Record:
    time.sleep(0.7)
    raise StoreError("the card does not answer")


def _state(turn: int) -> State:
    phase = Phase.BACKWARD
    return State(
        phase, "backward", turn, turn, 1.0, 1.0, 60.0, "steady", False, None, True, None, None, True, None, None,
        None, 0, None, None, "0.1.0",
    )  # fmt: skip


def slice_of(kind: str, loop: Loop) -> Turns:
    """Return the turns of one slice of ``kind``; as in the service the garbage collector works between turns only."""
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:

        def publisher_of(host: str, port: int) -> Publisher:
            broker = BrokerSettings(host=host, port=port, tls=False)
            return Publisher(ClipSettings("clip-1", folder), broker, OutboxSettings(resend_s=5.0))

        with trouble(kind, publisher_of) as (publisher, begin):
            publisher.start()
            loop.run(publisher, round(WARM_UP_S / PERIOD_S))
            begin()
            return loop.run(publisher, TURN_COUNT)


def undisturbed(kind: str, loop: Loop) -> Turns:
    """Return the turns of that slice of ``kind``, of a few at most, from which the host took least.

    Each is walked by a copy of ``loop``, which itself stays where it is.
    """
    found: list[tuple[float, Turns]] = []
    while len(found) < TRIES and not (found and found[-1][0] <= STOLEN_S):
        before_s = psutil.cpu_times().steal
        turns = slice_of(kind, copy.deepcopy(loop))
        found.append((psutil.cpu_times().steal - before_s, turns))
    return min(found, key=lambda each: each[0])[1]


def measure(kinds: list[str], minutes: float) -> dict[str, tuple[Turns, Turns]]:
    """Return the turns of every trouble, (rounds, turns, 3), and of the quiet around it, (rounds, 2 * turns, 3)."""
    found: dict[str, list[tuple[Turns, Turns]]] = {kind: [] for kind in kinds}
    loop, began_s, round_s = Loop(), time.monotonic(), 0.0
    for number in itertools.count():
        if number >= LEAST_ROUNDS and time.monotonic() - began_s + round_s > 60.0 * minutes:
            break
        round_began_s = time.monotonic()
        loop.advance(TURN_COUNT)
        before = undisturbed("nothing", loop)
        for kind in kinds:
            troubled, after = undisturbed(kind, loop), undisturbed("nothing", loop)
            found[kind].append((troubled, np.concatenate((before, after))))
            before = after
        round_s = time.monotonic() - round_began_s
        print(f"\rround {number + 1}: {round_s:.0f} s ", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    return {
        kind: (np.array([troubled for troubled, _ in pairs]), np.array([quiet for _, quiet in pairs]))
        for kind, pairs in found.items()
    }


def p99(turns: Turns) -> float:
    return float(np.percentile(turns, 99))


def compare(troubled: Turns, quiet: Turns) -> dict[str, float]:
    """Return p99s in ms, their ratio and its 95 % interval, of as many rows of turns, each (rounds, turns) in s."""
    chance = np.random.default_rng(1)
    picks = chance.integers(len(quiet), size=(DRAW_COUNT, len(quiet)))
    low, high = np.percentile([p99(troubled[pick]) / p99(quiet[pick]) for pick in picks], [2.5, 97.5])
    return {
        "round_count": len(quiet),
        "p99_ms": p99(troubled) * 1e3,
        "quiet_p99_ms": p99(quiet) * 1e3,
        "max_ms": float(troubled.max()) * 1e3,
        "ratio": p99(troubled) / p99(quiet),
        "low": float(low),
        "high": float(high),
    }


def judge(row: dict[str, float]) -> str:
    """Say whether p99 is within the bound, and whether an interval of enough rounds agrees."""
    within = row["ratio"] <= BOUND
    if row["round_count"] < SURE_ROUNDS:
        return "yes" if within else "NO"
    sure = row["high"] <= BOUND if within else row["low"] > BOUND
    return f"{'yes' if within else 'NO'}{', sure' if sure else ''}"


def show(rows: dict[str, dict[str, Any]]) -> None:
    """Print a line for every trouble: wall time, then the loop's own CPU time."""
    print(f"{'':21}{'turns':>7}{'p99 ms':>8}{'quiet':>8}{'max':>8}   ratio (95 %)       within 10 %   ", end="")
    print("CPU ratio (95 %)    waited, quiet")
    for kind, row in rows.items():
        wall, work = row["wall"], row["cpu"]
        print(
            f"{kind:21}{row['turn_count']:7d}{wall['p99_ms']:8.2f}{wall['quiet_p99_ms']:8.2f}{wall['max_ms']:8.1f}"
            f"   {wall['ratio']:.2f} ({wall['low']:.2f}-{wall['high']:.2f})   {judge(wall):12}"
            f"   {work['ratio']:.2f} ({work['low']:.2f}-{work['high']:.2f})"
            f"   {row['waited_percent']:.1f} %, {row['quiet_waited_percent']:.1f} %"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=14.0, help="about how long the whole may take")
    parser.add_argument("--only", nargs="+", choices=TROUBLES, default=list(TROUBLES))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    refusals = request_realtime()
    began_s = time.monotonic()
    turns = measure(arguments.only, arguments.minutes)
    rows = {
        kind: {
            "turn_count": troubled[..., 0].size,
            "wall": compare(troubled[..., 0], quiet[..., 0]),
            "cpu": compare(troubled[..., 1], quiet[..., 1]),
            "waited_percent": 100.0 * float(np.mean(troubled[..., 2] > 0)),
            "quiet_waited_percent": 100.0 * float(np.mean(quiet[..., 2] > 0)),
        }
        for kind, (troubled, quiet) in turns.items()
    }
    show(rows)
    print(f"{time.monotonic() - began_s:.0f} s, load average {os.getloadavg()[0]:.1f}", *refusals, sep="; ")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    return int(any(judge(row["wall"]).startswith("NO") for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
