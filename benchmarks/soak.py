"""Wear the clip for hours: does anything get lost, grow, or fall behind?

    python benchmarks/soak.py --hours 24                 virtual time: as fast as this machine goes
    python benchmarks/soak.py --hours 1 --real-time      real time, beside a broker that freezes and dies at random

The whole loop runs, from the emulated chip's FIFO to motor, records, traces and an outbox on a real disk. A simulated
person sits, stands, and goes for a walk with a stumble every twenty minutes; the button is pressed at its beginning.
In virtual time only waiting is left out, so nothing is said of timing.
"""

import argparse
import contextlib
import json
import logging
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import psutil

from sternway.config import BrokerSettings, ClipSettings, OutboxSettings, RecordingSettings, Settings
from sternway.demo.broker import free_port
from sternway.device.clip import Clip
from sternway.device.emulated import EmulatedBus, EmulatedLsm6dsox, EmulatedMotor, VirtualClock, emulated_pins
from sternway.device.haptics import Haptics, wired_motor
from sternway.device.realtime import be_punctual
from sternway.events import Kind
from sternway.loop import Loop
from sternway.memory import Memory
from sternway.publish.clock import Clock
from sternway.publish.publisher import Publisher
from sternway.recording.recorder import Recorder
from sternway.recording.script import BACKWARD, Act, Sit, Stand, Stumble, Turn, Walk
from sternway.recording.walker import Walker
from sternway.records import RecordKind
from sternway.samples import Block
from sternway.session.outcome import Press
from sternway.session.plan import WalkPlan

PLAN = WalkPlan(stretches=2, stretch_min=1.0, rest_s=10.0, warm_up_min=0.3, cool_down_min=0.2, reason="Soak.")
LANES: tuple[Act, ...] = (Walk(15.0, BACKWARD), Turn()) * 7
CYCLE: tuple[Act, ...] = (
    *(Stand(16.0), Walk(20.0), Turn(), Stand(1.5)),
    *(*LANES, Walk(15.0, BACKWARD), Stumble(), Walk(20.0, BACKWARD), Turn(), Walk(20.0), Stand(5.0)),
    *(Sit(900.0), Stand(20.0)),
)
FRAME_BYTES = 14
POLL_S = 0.02
SETTLED_S = 5.0


class Tally:
    """Counts, in bounded memory, what came and how long each turn took (in bins of 0.1 ms up to 3 s)."""

    def __init__(self) -> None:
        self.sample_count = self.gap_count = self.stumble_count = self.walk_count = self.buzz_count = 0
        self.turns = {"quiet": np.zeros(30_000, np.int64), "trouble": np.zeros(30_000, np.int64)}

    def turn(self, block: Block, outcome: object, took_s: float, name: str) -> None:
        self.sample_count += len(block)
        self.gap_count += block.after_gap
        self.stumble_count += sum(event.kind is Kind.STUMBLE for event in outcome.events)
        self.walk_count += sum(kind is RecordKind.SESSION for kind, _ in outcome.reports)
        self.buzz_count += len(outcome.patterns)
        self.turns[name][min(29_999, int(took_s * 1e4))] += 1

    def timing(self, name: str) -> dict[str, float]:
        bins = self.turns[name]
        total = int(bins.sum())
        if not total:
            return {"turn_count": 0}
        share = np.cumsum(bins) / total
        late = int(bins[int(POLL_S * 1e4) :].sum())
        return {
            "turn_count": total,
            "p99_ms": float(np.searchsorted(share, 0.99)) / 10,
            "max_ms": float(np.flatnonzero(bins)[-1]) / 10,
            "late_count": late,
            "late_per_100000": round(1e5 * late / total, 2),
        }


class Soak:
    """One clip, its wearer and its home."""

    def __init__(self, folder: Path, hours: float, *, broker: BrokerSettings, clock, sleep, seed: int) -> None:
        self.clock, self.seconds = clock, 3600.0 * hours
        cycle_s = Walker(CYCLE, seed=seed).truth.duration_s
        cycle_count = int(self.seconds / cycle_s) + 1
        walker = Walker(CYCLE * cycle_count, seed=seed)
        self.starts_s = [start for start, _, act in walker.truth.acts if act == CYCLE[0]]
        motor = EmulatedMotor(clock)
        self.chip = EmulatedLsm6dsox(walker, clock, rate_error=0.008, motor=motor)
        self.clip = Clip(EmulatedBus({0x6A: self.chip}, clock, sleep), clock=clock, sleep=sleep)
        settings = Settings(clip=ClipSettings(id="soak", state_dir=str(folder)), broker=broker)
        self.haptics = Haptics(
            wired_motor(settings.pins, settings.haptics, emulated_pins(motor, settings.pins.motor))
        )
        memory, recorder = Memory(folder / "memory.json"), Recorder(RecordingSettings())
        stamps = Clock("soak", monotonic=clock)
        self.publisher = Publisher(
            settings.clip, broker, OutboxSettings(max_bytes=20_000_000), clock=stamps, chores=(memory.chore,)
        )
        self.presses: SimpleQueue[tuple[Press, float]] = SimpleQueue()
        self.loop = Loop(
            self.clip,
            self.haptics,
            self.publisher,
            clock=stamps,
            plan=PLAN,
            memory=memory,
            recorder=recorder,
            presses=self.presses,
        )

    def run(self, tally: Tally, state: Callable[[], str], each_hour: Callable[[float], None]) -> int:
        """Run to the end; return the samples lost, counted from when the stream had settled."""
        self.haptics.start()
        self.publisher.start()
        started_s = self.clock()
        due, next_hour, made = list(self.starts_s), 1.0, None
        for block in self.clip:
            elapsed_s = self.clock() - started_s
            if due and elapsed_s >= due[0] + 1.0:
                due.pop(0)
                self.presses.put((Press.SHORT, self.clock()))
            name, before_s = state(), time.perf_counter()
            outcome = self.loop.turn(block)
            tally.turn(block, outcome, time.perf_counter() - before_s, name)
            if made is None and elapsed_s > SETTLED_S:
                made = self._read() - tally.sample_count
            if elapsed_s >= 3600.0 * next_hour:
                each_hour(next_hour)
                next_hour += 1.0
            if elapsed_s >= self.seconds:
                break
        lost = self._read() - tally.sample_count - (made or 0)
        self.haptics.close()
        self.publisher.close()
        return lost

    def _read(self) -> int:
        """Return how many samples have left the chip's FIFO."""
        return self.chip.sample_count - len(self.chip.fifo) // FRAME_BYTES


class Trouble:
    """A mosquitto that is frozen or shot at random and comes back; ``state`` says which it is now."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.port = free_port()
        self._state = "quiet"
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self._random = random.Random(seed)
        self._end = threading.Event()
        self._process = self._start()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def state(self) -> str:
        return self._state

    def close(self) -> None:
        self._end.set()
        self._thread.join()
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGCONT)
        self._process.kill()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["mosquitto", "-c", self._config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _work(self) -> None:
        while not self._end.wait(self._random.uniform(5.0, 30.0)):
            self._state = "trouble"
            frozen = self._random.random() < 0.5
            self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGKILL)
            self._end.wait(self._random.uniform(5.0, 30.0))
            if frozen:
                self._process.send_signal(signal.SIGCONT)
            else:
                self._process.wait()
                self._process = self._start()
            self._state = "quiet"


@contextlib.contextmanager
def troubled_broker(folder: Path, seed: int) -> Iterator[Trouble]:
    """Give a broker in trouble."""
    trouble = Trouble(folder, seed)
    try:
        yield trouble
    finally:
        trouble.close()


def main() -> int:
    """Soak, print, and return 1 where something was lost or grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0, help="how long the clip is worn (default: 24)")
    parser.add_argument("--real-time", action="store_true", help="on the real clock, beside a broker in trouble")
    parser.add_argument("--seed", type=int, default=1, help="another number is another walker")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    figures = soak(arguments.hours, arguments.real_time, arguments.seed)
    print(json.dumps(figures, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(figures["lost_sample_count"] != 0 or figures["grown_mb"] > 1.0)


def soak(hours: float, real_time: bool, seed: int) -> dict[str, object]:
    """Return the figures of one soak."""
    tally, memory_mb, process = Tally(), [], psutil.Process()

    def each_hour(hour: float) -> None:
        memory_mb.append(round(process.memory_info().rss / 1e6, 2))
        print(f"{hour:.0f} h, {memory_mb[-1]:.1f} MB, {tally.walk_count} walks", file=sys.stderr, flush=True)

    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sternway-soak-")))
        clock: Callable[[], float] = VirtualClock()
        sleep, broker, state = clock.sleep, BrokerSettings(), lambda: "quiet"
        if real_time:
            clock, sleep = time.monotonic, time.sleep
            trouble = stack.enter_context(troubled_broker(folder, seed))
            broker, state = BrokerSettings(host="127.0.0.1", port=trouble.port, tls=False), trouble.state
        one = Soak(folder, hours, broker=broker, clock=clock, sleep=sleep, seed=seed)
        refusals = be_punctual() if real_time else []
        started_s = time.perf_counter()
        lost = one.run(tally, state, each_hour)
        took_s = time.perf_counter() - started_s
    memory_mb.append(round(process.memory_info().rss / 1e6, 2))
    return {
        "hours": hours,
        "real_time": real_time,
        "took_s": round(took_s),
        "sample_count": tally.sample_count,
        "lost_sample_count": lost,
        "gap_count": tally.gap_count - 1,
        "failures": {failure.value: count for failure, count in one.clip.failures.items()},
        "walk_count": tally.walk_count,
        "stumble_count": tally.stumble_count,
        "buzz_count": tally.buzz_count,
        "memory_mb": memory_mb,
        "grown_mb": round(memory_mb[-1] - memory_mb[0], 2),
        "refused": refusals,
        "timing": {name: tally.timing(name) for name in (("quiet", "trouble") if real_time else ("quiet",))},
    }


if __name__ == "__main__":
    sys.exit(main())
