"""Wear the clip for hours: does anything get lost, grow, or fall behind?

    python benchmarks/soak.py --hours 24                 virtual time: as fast as this machine goes
    python benchmarks/soak.py --hours 1 --real-time      real time

The whole loop runs, from the emulated chip's FIFO to motor, records, traces and an outbox on a real disk, beside a
broker that freezes and dies at random and the dashboard's store. A simulated person sits, stands, and goes for a walk
with a stumble every twenty minutes; the button is pressed at its beginning. In virtual time only waiting is left out,
so nothing is said of timing, and the FIFO is read every 0.2 s while the person sits: every sample still goes through
chip, driver and detectors, whose answer does not depend on where the stream is cut. Ended early (Ctrl-C, or kill with
SIGTERM), it settles and reports what it has.
"""

import argparse
import contextlib
import gc
import json
import logging
import os
import platform
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

import psutil
from soak_home import home
from soak_tally import POLL_S, Tally

from sternway import __version__
from sternway.clock import Clock
from sternway.config import BrokerSettings, ClipSettings, OutboxSettings, RecordingSettings, Settings
from sternway.device.clip import Clip
from sternway.device.emulated import EmulatedBus, EmulatedLsm6dsox, EmulatedMotor, VirtualClock, emulated_pins
from sternway.device.haptics import Haptics, wired_motor
from sternway.device.realtime import request_realtime
from sternway.events import Kind, Press
from sternway.loop import Loop, LoopHooks, LoopParts
from sternway.memory import Memory
from sternway.publish.publisher import Publisher
from sternway.recording.recorder import Recorder
from sternway.records import Record
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, Act, Sit, Stand, Stumble, Turn, Walk
from sternway.simulate.walker import Walker
from sternway.wire.plan import WalkPlan

PLAN = WalkPlan(stretches=2, stretch_min=1.0, rest_s=10.0, warm_up_min=0.3, cool_down_min=0.2, reason="Soak.")
LANES: tuple[Act, ...] = (Walk(15.0, BACKWARD), Turn()) * 7
CYCLE: tuple[Act, ...] = (
    *(Stand(16.0), Walk(20.0), Turn(), Stand(1.5)),
    *(*LANES, Walk(15.0, BACKWARD), Stumble(), Walk(20.0, BACKWARD), Turn(), Walk(20.0), Stand(5.0)),
    *(Sit(900.0), Stand(20.0)),
)
FRAME_BYTES = 14
SITTING_POLL_S = 0.2
SITTING_EDGE_S = 15.0
SETTLED_S = 5.0
SETTLE_S = 60.0


class CountingPublisher(Publisher):
    """A publisher that counts what the loop offered it."""

    offered_count = 0

    def offer(self, record: Record) -> None:
        self.offered_count += 1
        super().offer(record)


class Soak:
    """One clip and its wearer."""

    def __init__(self, folder: Path, hours: float, *, broker: BrokerSettings, clock, sleep, seed: int) -> None:
        self.folder, self.clock, self.sleep, self.seconds = folder, clock, sleep, 3600.0 * hours
        self.press_count = 0
        self.is_virtual = isinstance(clock, VirtualClock)
        cycle_s = Walker(CYCLE, seed=seed).truth.duration_s
        walker = Walker(CYCLE * (int(self.seconds / cycle_s) + 1), seed=seed)
        motor = EmulatedMotor(clock)
        self.start_s = clock()
        self.acts = [(self.start_s + start, self.start_s + end, act) for start, end, act in walker.truth.acts]
        happenings = [one for one in walker.truth.happenings if one.kind is Kind.STUMBLE]
        self.tally = Tally([self.start_s + one.time_s for one in happenings])
        self.chip = EmulatedLsm6dsox(walker, clock, rate_error=0.008, motor=motor, start_s=self.start_s)
        self.clip = Clip(EmulatedBus({0x6A: self.chip}, clock, sleep), clock=clock, sleep=sleep)
        settings = Settings(clip=ClipSettings(id="soak", state_dir=str(folder)), broker=broker)
        self.haptics = Haptics(
            wired_motor(settings.pins, settings.haptics, emulated_pins(motor, settings.pins.motor))
        )
        memory, stamps = Memory(folder / "memory.json"), Clock("soak", monotonic=clock)
        self.publisher = CountingPublisher(
            settings.clip, broker, OutboxSettings(max_bytes=20_000_000), clock=stamps, chores=(memory.chore,)
        )
        self.presses: SimpleQueue[tuple[Press, float]] = SimpleQueue()
        parts = LoopParts(self.clip, self.haptics, self.publisher, stamps, memory, Recorder(RecordingSettings()))
        self.loop = Loop(parts, self.presses, plan=PLAN, hooks=LoopHooks(collect_garbage=gc.collect))

    def run(self, state: Callable[[], str], often_s: float, look: Callable[[float], None]) -> int:
        """Run to the end; return the samples lost, counted from when the stream had settled.

        ``look`` is called with the seconds gone, about every ``often_s``.
        """
        self.haptics.start()
        self.publisher.start()
        presses_s = [start_s + 1.0 for start_s, _, act in self.acts if act == CYCLE[0]]
        look_s, made = often_s, None
        for block in self._blocks():
            gone_s = self.clock() - self.start_s
            if presses_s and self.clock() >= presses_s[0]:
                self.presses.put((Press.SHORT, presses_s.pop(0)))
                self.press_count += 1
            self._turn(block, state())
            if made is None and gone_s > SETTLED_S:
                made = self._read() - self.tally.sample_count
            if gone_s >= look_s:
                look(gone_s)
                look_s += often_s
        lost = 0 if made is None else self._read() - self.tally.sample_count - made
        self.haptics.close()
        return lost

    def end(self, *_: object) -> None:
        """End the run at the next block."""
        self.seconds = self.clock() - self.start_s

    def settle(self) -> int:
        """Wait in peace until the home has everything offered; return how many records it does not have."""
        waiting, end_s = 1, time.monotonic() + SETTLE_S
        while waiting and time.monotonic() < end_s:
            time.sleep(0.5)
            waiting = self._waiting()
        self.publisher.close()
        return waiting

    def _turn(self, block: Block, state: str) -> None:
        before_s, worked_s = time.perf_counter(), time.thread_time()
        outcome = self.loop.turn(block)
        self.tally.time(time.perf_counter() - before_s, time.thread_time() - worked_s, state)
        self.tally.turn(block, outcome)

    def _blocks(self) -> Iterator[Block]:
        """Yield blocks to the end: as the clip does in real time, and in longer stretches where time is virtual."""
        if not self.is_virtual:
            for block in self.clip:
                yield block
                if self.clock() >= self.start_s + self.seconds:
                    return
        sits_s = [(start, end) for start, end, act in self.acts if isinstance(act, Sit)]
        while (now_s := self.clock()) < self.start_s + self.seconds:
            yield self.clip.poll()
            if sits_s and now_s >= sits_s[0][1]:
                sits_s.pop(0)
            sits = sits_s and sits_s[0][0] + SITTING_EDGE_S < now_s < sits_s[0][1] - SITTING_EDGE_S
            self.sleep(SITTING_POLL_S if sits else POLL_S)

    def _read(self) -> int:
        """Return how many samples have left the chip's FIFO."""
        return self.chip.sample_count - len(self.chip.fifo) // FRAME_BYTES

    def _waiting(self) -> int:
        """Return how many records the outbox still holds or was not given yet; all while it cannot be read."""
        path = self.folder / "outbox.db"
        query = "SELECT (SELECT count(*) FROM waiting), (SELECT max(seq) FROM sqlite_sequence)"
        try:
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)) as database:
                held, last_seq = database.execute(query).fetchone()
        except sqlite3.OperationalError:
            return self.publisher.offered_count
        return int(held) + self.publisher.offered_count - int(last_seq or 0)


def soak(hours: float, real_time: bool, seed: int) -> dict[str, object]:
    """Return the figures of one soak."""
    process, often_s = psutil.Process(), min(3600.0, 600.0 * hours)
    memory_mb: list[float] = []
    virtual = VirtualClock()
    clock, sleep = (time.monotonic, time.sleep) if real_time else (virtual, virtual.sleep)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sternway-soak-")))
        around = stack.enter_context(home(folder, seed))
        one = Soak(folder, hours, broker=around.broker, clock=clock, sleep=sleep, seed=seed)

        def look(gone_s: float) -> None:
            memory_mb.append(round(process.memory_info().rss / 1e6, 2))
            said = f"{gone_s / 3600:.2f} h, {memory_mb[-1]:.1f} MB, {one.tally.walk_count} walks"
            print(said, file=sys.stderr, flush=True)

        for name in (signal.SIGINT, signal.SIGTERM):
            stack.callback(signal.signal, name, signal.signal(name, one.end))
        refusals = request_realtime() if real_time else []
        began_s, stolen_s = time.perf_counter(), _stolen_s()
        lost = one.run(around.state, often_s, look)
        took_s, load = time.perf_counter() - began_s, os.getloadavg()
        around.make_peace()
        waiting = one.settle()
        stored, doubled = around.stored()
    happened, heard, surplus = one.tally.stumbles(one.clock())
    states = ("quiet", "trouble") if real_time else ()
    return {
        "hours": round(one.seconds / 3600.0, 3),
        "real_time": real_time,
        "seed": seed,
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "sternway": __version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load_average": [round(value, 1) for value in load],
        "stolen_s": round(_stolen_s() - stolen_s, 1),
        "took_s": round(took_s),
        "samples": {
            "made": one.tally.sample_count + lost,
            "arrived": one.tally.sample_count,
            "lost": lost,
            "gaps": one.tally.gap_count - 1,
        },
        "failures": {failure.value: count for failure, count in one.clip.failures.items()},
        "walks": {"begun": one.press_count, "reported": one.tally.walk_count},
        "stumbles": {"happened": happened, "heard": heard, "surplus": surplus, "surplus_at_s": one.tally.surplus_s},
        "events": dict(one.tally.events),
        "buzz_count": one.tally.buzz_count,
        "records": {
            "made": one.publisher.offered_count,
            "stored": stored,
            "doubled": doubled,
            "waiting": waiting,
        },
        "memory_mb": memory_mb,
        "grown_mb": round(memory_mb[-1] - memory_mb[0], 2) if memory_mb else 0.0,
        "refused": refusals,
        "timing": {state: one.tally.timing(state) for state in states},
    }


def _stolen_s() -> float:
    """Return how long, so far, the host of a virtual machine kept its processors for itself."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()
        return int(first[8]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def verdict(figures: dict[str, object]) -> dict[str, bool]:
    """Say what holds. What was late is the machine's matter, what was surplus the detector's: both are only told."""
    samples, records = figures["samples"], figures["records"]
    return {
        "no sample lost": samples["lost"] == 0 and samples["gaps"] == 0,
        "every record stored once": records["made"] == records["stored"] and not records["doubled"],
        "memory flat (less than 1 MB)": figures["grown_mb"] < 1.0,
        "every stumble heard": figures["stumbles"]["happened"] == figures["stumbles"]["heard"],
        "every walk reported": figures["walks"]["begun"] - figures["walks"]["reported"] in (0, 1),
    }


def show(figures: dict[str, object]) -> None:
    """Print the figures and the verdict as a table."""
    for name, value in figures.items():
        parts = value if isinstance(value, dict) else {"": value}
        for part, figure in parts.items():
            print(f"{name + ' ' + part:24} {figure}")
    for promise, holds in verdict(figures).items():
        print(f"{promise:32} {'holds' if holds else 'DOES NOT HOLD'}")


def main() -> int:
    """Soak, print, and return 1 where something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0, help="how long the clip is worn (default: 24)")
    parser.add_argument("--real-time", action="store_true", help="on the real clock")
    parser.add_argument("--seed", type=int, default=1, help="another number is another walker")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    figures = soak(arguments.hours, arguments.real_time, arguments.seed)
    show(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(not all(verdict(figures).values()))


if __name__ == "__main__":
    sys.exit(main())
