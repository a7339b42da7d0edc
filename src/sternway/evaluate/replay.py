"""Play a recording through the same monitor that runs on the clip."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sternway.alert.patterns import Pattern
from sternway.events import Event
from sternway.monitor import Monitor
from sternway.motion.resample import RATE_HZ
from sternway.samples import Block


@dataclass(slots=True)
class Played:
    """What one recording led to. ``bad_count`` samples were not finite and were skipped."""

    duration_s: float = 0.0
    walking_s: float = 0.0
    step_count: int = 0
    bad_count: int = 0
    events: list[Event] = field(default_factory=list)
    patterns: list[Pattern] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return how many events of each kind began."""
        return dict(Counter(event.kind.value for event in self.events if event.severity > 0.0))

    def plain(self) -> dict[str, Any]:
        """Return this as plain data for JSON."""
        return {
            "duration_s": round(self.duration_s, 2),
            "walking_s": round(self.walking_s, 2),
            "steps": self.step_count,
            "bad_samples": self.bad_count,
            "events": [
                {
                    "kind": event.kind.value,
                    "time_s": round(event.time_s, 3),
                    "decided_at_s": round(event.decided_at_s, 3),
                    "severity": round(event.severity, 3),
                    "cause": event.cause,
                    "level": event.level,
                    "evidence": {name: round(value, 4) for name, value in event.evidence.items()},
                }
                for event in self.events
            ],
            "buzzes": [pattern.name for pattern in self.patterns],
        }


def replay(blocks: Iterable[Block], *, gated: bool = False) -> Played:
    """Stream ``blocks`` through a fresh monitor, as a clip just switched on would live them.

    ``gated`` lets stumbles and pre-impact falls count only in gait, as on a walk.
    """
    monitor, played = Monitor(gated=gated), Played()
    for block in blocks:
        if not len(block):
            continue
        finite = np.isfinite(np.column_stack((block.time_s, block.accel_mps2, block.gyro_radps))).all(axis=1)
        played.bad_count += int(np.count_nonzero(~finite))
        outcome = monitor.update(block)
        for trunk in outcome.trunk:
            played.duration_s += len(trunk) / RATE_HZ
            played.walking_s += np.count_nonzero(trunk.walking) / RATE_HZ
            played.step_count += len(trunk.steps)
        played.events += outcome.events
        played.patterns += outcome.patterns
    return played
