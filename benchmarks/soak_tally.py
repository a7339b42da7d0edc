"""What a soak counts, in bounded memory."""

from collections import Counter

import numpy as np

from sternway.events import Event, Kind
from sternway.records import RecordKind
from sternway.samples import Block

POLL_S = 0.02
BIN_S = 1e-4
BIN_COUNT = 30_000
HEARD_S = (-0.5, 3.0)
"""A stumble counts as heard when it is said to have happened within these seconds of the true moment."""


class Tally:
    """Counts what came, what was heard, and how long each turn took (in bins of 0.1 ms up to 3 s)."""

    def __init__(self, stumbles_s: list[float]) -> None:
        self.sample_count = self.gap_count = self.walk_count = self.buzz_count = 0
        self.events: Counter[str] = Counter()
        self.stumbles_s = np.array(stumbles_s)
        self._heard = np.zeros(len(stumbles_s), bool)
        self.surplus_s: list[float] = []
        self._turns = {name: np.zeros(BIN_COUNT, np.int64) for name in ("quiet", "trouble")}
        self._own_work: Counter[str] = Counter()

    def turn(self, block: Block, outcome: object) -> None:
        self.sample_count += len(block)
        self.gap_count += block.after_gap
        self.walk_count += sum(kind is RecordKind.SESSION for kind, _ in outcome.reports)
        self.buzz_count += len(outcome.patterns)
        for event in outcome.events:
            self.events[event.kind.value] += 1
            if event.kind is Kind.STUMBLE:
                self._match(event)

    def time(self, took_s: float, worked_s: float, state: str) -> None:
        """Take how long a turn took by the clock on the wall and by the loop's own work."""
        self._turns[state][min(BIN_COUNT - 1, int(took_s / BIN_S))] += 1
        self._own_work[state] += worked_s > POLL_S

    def stumbles(self, until_s: float) -> tuple[int, int, int]:
        """Return how many stumbles happened up to ``until_s``, how many were heard, and how many heard were none."""
        due = self.stumbles_s < until_s - HEARD_S[1]
        return int(due.sum()), int(self._heard[due].sum()), len(self.surplus_s)

    def timing(self, state: str) -> dict[str, float]:
        bins = self._turns[state]
        total = int(bins.sum())
        if not total:
            return {"turn_count": 0}
        late = int(bins[round(POLL_S / BIN_S) :].sum())
        return {
            "turn_count": total,
            "p99_ms": float(np.searchsorted(np.cumsum(bins) / total, 0.99)) / 10,
            "max_ms": float(np.flatnonzero(bins)[-1]) / 10,
            "late_count": late,
            "late_by_own_work_count": self._own_work[state],
            "late_per_100000": round(1e5 * late / total, 2),
        }

    def _match(self, event: Event) -> None:
        since_s = event.time_s - self.stumbles_s
        near = np.flatnonzero((since_s >= HEARD_S[0]) & (since_s <= HEARD_S[1]))
        if len(near):
            self._heard[near] = True
        else:
            self.surplus_s.append(round(event.time_s, 2))
