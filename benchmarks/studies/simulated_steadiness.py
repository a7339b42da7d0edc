"""How often the simulated walker, who is steady, is called unsteady.

Each simulated person walks for an hour: a minute forward, then backward in lanes of half a minute with a turn after
each and a rest every ten minutes. Step times wander as people's do. Nobody is told where the hour ends: the next
person begins with no normal.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np

from sternway.detect.stability import StabilityDetector
from sternway.evaluate.intervals import poisson_rate
from sternway.events import Event, Kind
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, FORWARD, Act, Stand, Turn, Walk
from sternway.simulate.walker import BELT, Walker

RATE_HZ = 104.0
PIECE_S = 30.0
CUES = ("raised", "high")


def hour(minutes: float = 60.0) -> tuple[Act, ...]:
    """Return what one person does."""
    ten = (Stand(20.0), *(Walk(30.0, BACKWARD), Turn()) * 18)
    return (Stand(10.0), Walk(60.0, FORWARD), *ten * round(minutes / 10.0))


def events_of(seed: int, minutes: float = 60.0) -> Iterator[Event]:
    """Yield what the detector says about one simulated person."""
    walker = Walker(hour(minutes), seed)
    tracker, detector = TrunkTracker(mounting=BELT), StabilityDetector()
    for start_s in np.arange(0.0, walker.truth.duration_s, PIECE_S):
        times_s = start_s + np.arange(round(PIECE_S * RATE_HZ)) / RATE_HZ
        for trunk in tracker.update(Block(times_s, *walker.at(times_s), float(times_s[-1]))):
            yield from detector.update(trunk)


def main(words: Sequence[str] | None = None) -> int:
    """Print the cues of so many simulated hours."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--hours", type=int, default=10)
    hours = parser.parse_args(words).hours
    counts = {"steadiness": 0, "fatigue": 0}
    for seed in range(hours):
        for event in events_of(seed):
            counts["fatigue"] += event.kind is Kind.FATIGUE
            counts["steadiness"] += event.level in CUES
        print(
            f"person {seed + 1}: {counts['steadiness']} false steadiness cues, {counts['fatigue']} fatigue cues",
            flush=True,
        )
    for name, count in counts.items():
        low, high = poisson_rate(count, float(hours)) or (0.0, 0.0)
        print(f"{name}: {count / hours / 2:.2f} false cues in 30 min (95 % {low / 2:.2f}-{high / 2:.2f}), {hours} h")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
