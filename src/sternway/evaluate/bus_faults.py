"""What bad transfers do to a clip: bursts that break off, bytes lost or added, counts that lie; in virtual time.

``python -m sternway.evaluate.bus_faults [--draws 1000] [--chip MPU-6050] [--seed 1]`` prints one line a chip.
"""

import argparse
import errno
import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from sternway.device.clip import Clip
from sternway.device.emulated import (
    BrokenBurst,
    EmulatedBus,
    EmulatedBusRecovery,
    EmulatedChip,
    EmulatedLsm6dsox,
    EmulatedMpu6050,
    ShiftedBurst,
    VirtualClock,
)
from sternway.evaluate.progress import progress
from sternway.events import Event, Kind
from sternway.monitor import Monitor
from sternway.simulate.script import BACKWARD, Fall, Stand, Stumble, Walk
from sternway.simulate.walker import BELT, Walker

SCRIPT = (Stand(3.0), Walk(24.0, BACKWARD), Stumble(), Walk(4.0, BACKWARD), Fall(lie_s=20.0))
"""Walk until the fault comes, stumble two to four seconds after it, fall in the end."""

FAULT_FROM_S, FAULT_TO_S = 22.0, 24.5
END_S = 39.0
SPOKEN_WITHIN_S, OVER_WITHIN_S = 2.0, 5.0
ALARMS = (Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL)
BUS_ERRNOS = (errno.EREMOTEIO, errno.ENXIO, errno.EIO, errno.ETIMEDOUT, errno.EAGAIN, errno.EBUSY)
_SAME_S = 0.3  # an alarm of the undisturbed run is found again within this

CHIPS: dict[str, Callable[[Walker, VirtualClock], tuple[int, EmulatedChip]]] = {
    "MPU-6050": lambda walker, clock: (0x68, EmulatedMpu6050(walker, clock)),
    "MPU-9250": lambda walker, clock: (0x68, EmulatedMpu6050(walker, clock, identity=0x71)),
    "LSM6DSOX": lambda walker, clock: (0x6A, EmulatedLsm6dsox(walker, clock)),
}
FRAME_BYTES = {"MPU-6050": 14, "MPU-9250": 14, "LSM6DSOX": 14}


class Scene:
    """A simulated walker wears an emulated clip, watched by a monitor; all of it can be pickled and run on twice."""

    def __init__(self, chip: str) -> None:
        self.clock = VirtualClock(100.0)
        walker = Walker(SCRIPT, seed=5)
        address, self.chip = CHIPS[chip](walker, self.clock)
        self.bus = EmulatedBus({address: self.chip}, self.clock, self.clock.sleep)
        recovery = EmulatedBusRecovery(self.bus)
        self.clip = Clip(self.bus, clock=self.clock, sleep=self.clock.sleep, bus_recovery=recovery)
        self.monitor = Monitor(memory={"mounting": BELT.body()})
        self.events: list[Event] = []
        self.start_s = self.clock()

    @property
    def now_s(self) -> float:
        """Return the seconds since the walker began."""
        return self.clock() - self.start_s

    def run(self, until_s: float, before_turn: Callable[[], object] = lambda: None) -> None:
        """Let time pass until ``until_s``; ``before_turn`` is called before each poll."""
        for block in self.clip:
            outcome = self.monitor.update(block, self.clip.cause)
            self.clip.fast_polling = self.monitor.alarm_near
            self.events += outcome.events
            if self.now_s >= until_s:
                return
            before_turn()


@dataclass(frozen=True, slots=True)
class Result:
    """How a run with a fault ended: what was missed, what was false, and when a FAULT began and ended."""

    name: str
    missed: tuple[Kind, ...]
    false: tuple[Kind, ...]
    fault_after_s: float | None
    over_after_s: float | None

    @property
    def holds(self) -> bool:
        """Return whether everything was found and nothing false; or a FAULT was said in time and was soon over."""
        if not self.missed and not self.false:
            return True
        spoken = self.fault_after_s is not None and self.fault_after_s <= SPOKEN_WITHIN_S
        return spoken and self.over_after_s is not None and self.over_after_s <= OVER_WITHIN_S and not self.false


Fault = Callable[[Scene], object]


def prepared(chip: str) -> tuple[bytes, list[Event]]:
    """Return a pickled scene shortly before faults begin, and the events of its undisturbed run."""
    scene = Scene(chip)
    scene.run(FAULT_FROM_S)
    kept = pickle.dumps(scene)
    scene.run(END_S)
    return kept, scene.events


def tried(kept: bytes, reference: Sequence[Event], name: str, at_s: float, fault: Fault) -> Result:
    """Return what ``fault`` at ``at_s`` led to."""
    scene: Scene = pickle.loads(kept)
    scene.run(at_s)
    began_s = scene.clock()
    fault(scene)
    scene.run(END_S)
    return judged(name, reference, scene.events, began_s)


def judged(name: str, reference: Sequence[Event], events: Sequence[Event], began_s: float) -> Result:
    """Compare the alarms of a disturbed run with those of the undisturbed one."""
    wanted = [e for e in reference if e.kind in ALARMS and e.time_s >= began_s + SPOKEN_WITHIN_S]
    got = [e for e in events if e.kind in ALARMS and e.decided_at_s >= began_s]
    known = [e for e in reference if e.kind in ALARMS]
    missed = tuple(e.kind for e in wanted if not _is_among(e, got))
    false = tuple(e.kind for e in got if not _is_among(e, known))
    faults = [e for e in events if e.kind is Kind.FAULT and e.decided_at_s >= began_s]
    first = next((e.decided_at_s - began_s for e in faults if e.severity), None)
    over = next((e.decided_at_s - began_s for e in reversed(faults) if not e.severity), None)
    return Result(name, missed, false, first, over)


def _is_among(event: Event, others: Sequence[Event]) -> bool:
    return any(e.kind is event.kind and abs(e.time_s - event.time_s) <= _SAME_S for e in others)


def broken(after_bytes: int, number: int) -> Fault:
    """Return a fault: the next burst breaks off after so many bytes."""
    return lambda scene: setattr(scene.bus, "burst_fault", BrokenBurst(after_bytes, number))


def shifted(place: int, added: bytes = b"") -> Fault:
    """Return a fault: in the next burst a byte is lost or ``added`` on the way to the host."""
    return lambda scene: setattr(scene.bus, "burst_fault", ShiftedBurst(place, added))


def lost_in_fifo(place: int, count: int) -> Fault:
    """Return a fault: ``count`` bytes are lost inside the chip's FIFO."""
    return lambda scene: scene.chip.lose(place, count)


def added_in_fifo(place: int, data: bytes) -> Fault:
    """Return a fault: ``data`` gets into the chip's FIFO."""
    return lambda scene: scene.chip.add(place, data)


def lying_count(error: int, turns: int) -> Fault:
    """Return a fault: for ``turns`` polls the FIFO's count is off by ``error``."""

    def begin(scene: Scene) -> None:
        scene.chip.count_error = error
        for _ in range(turns):
            scene.run(scene.now_s + 0.001)
        scene.chip.count_error = 0

    return begin


def drawn(random: Random, frame_bytes: int) -> tuple[str, float, Fault]:
    """Return the name, the time and the doing of one random fault."""
    at_s = random.uniform(FAULT_FROM_S, FAULT_TO_S)
    place = random.randrange(4 * frame_bytes)
    data = random.randbytes(random.randint(1, 3))
    kind = random.choice(("broken", "lost on the way", "added on the way", "lost in FIFO", "added in FIFO", "count"))
    faults: dict[str, Callable[[], Fault]] = {
        "broken": lambda: broken(place, random.choice(BUS_ERRNOS)),
        "lost on the way": lambda: shifted(place),
        "added on the way": lambda: shifted(place, data),
        "lost in FIFO": lambda: lost_in_fifo(place, len(data)),
        "added in FIFO": lambda: added_in_fifo(place, data),
        "count": lambda: lying_count(random.randint(-60, 60), random.randint(1, 100)),
    }
    return kind, at_s, faults[kind]()


def draws(chip: str, count: int, seed: int = 1) -> list[Result]:
    """Return the results of ``count`` random faults."""
    kept, reference = prepared(chip)
    random = Random(seed)
    return [tried(kept, reference, *drawn(random, FRAME_BYTES[chip])) for _ in progress(range(count), count)]


def line(chip: str, results: Sequence[Result]) -> str:
    """Return one line about all ``results`` of ``chip``, and one for each kind of failure."""
    fine = sum(not result.missed and not result.false for result in results)
    bad = Counter((result.name, result.missed, result.false) for result in results if not result.holds)
    against = sum(bad.values())
    words = (
        f"{chip}: {len(results)} faults; {fine} as undisturbed, {len(results) - fine - against} with a FAULT in "
        f"time, {against} against the promise"
    )
    lines = [f"{count} x {name}: missed {missed}, false {false}" for (name, missed, false), count in bad.items()]
    return "\n  ".join((words, *lines))


def main() -> None:
    """Print a line for each chip."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--chip", choices=tuple(CHIPS), action="append")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for chip in arguments.chip or CHIPS:
        print(line(chip, draws(chip, arguments.draws, arguments.seed)), flush=True)


if __name__ == "__main__":
    main()
