"""The tables of the perturbation bench: what is heard by family and size, by part of a walk and phase of gait."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sternway.evaluate.intervals import poisson_rate, wilson
from sternway.evaluate.perturbation_bench import PARTS, SIZES_G, Probe
from sternway.evaluate.perturbation_families import DECISIVE, FAMILIES

PHASES = ("first quarter", "second quarter", "third quarter", "last quarter")
Counts = dict[str, dict[str, list[int]]]
"""Of each row and each size: how many were tried, heard by the gross channel, and heard by either."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One perturbation, and how long after its begin each channel heard it, ``None`` where it did not."""

    probe: Probe
    backwards: bool
    gross_s: float | None
    small_s: float | None

    @property
    def first_s(self) -> float | None:
        """Return when it was first heard."""
        return min((s for s in (self.gross_s, self.small_s) if s is not None), default=None)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Walking without perturbations: seconds and alarms of each channel in each kind of walking."""

    backwards: bool
    seconds: dict[str, float]
    alarms: dict[str, dict[str, int]]


def figures_of(heard: Sequence[Heard], quiet: Sequence[Quiet]) -> dict[str, Any]:
    """Return all counts, as plain data."""
    ways = {"forward": False, "reversed": True}
    return {
        "steady": {
            way: counts_of(
                [h for h in heard if h.backwards is backwards and h.probe.part == "steady"],
                lambda h: h.probe.family,
                FAMILIES,
            )
            for way, backwards in ways.items()
        },
        "part": counts_of(heard, lambda h: h.probe.part, PARTS),
        "phase": counts_of([h for h in heard if h.probe.part == "steady"], _phase_of, PHASES),
        "latency_ms": {name: _latency_ms(heard, name) for name in ("gross", "small", "first")},
        "walking": {way: _walking([q for q in quiet if q.backwards is backwards]) for way, backwards in ways.items()},
    }


def counts_of(heard: Sequence[Heard], row_of: Callable[[Heard], str | None], rows: Sequence[str]) -> Counts:
    """Return the counts of each row and size."""
    counts: Counts = {row: {f"{size_g:g}": [0, 0, 0] for size_g in SIZES_G} for row in rows}
    for one in heard:
        row = row_of(one)
        if row is not None:
            cell = counts[row][f"{one.probe.size_g:g}"]
            cell[0] += 1
            cell[1] += one.gross_s is not None
            cell[2] += one.first_s is not None
    return counts


def mean_share(counts: Counts, size: str, which: int, families: Sequence[str] = DECISIVE) -> float | None:
    """Return the mean over families of the share heard at ``size``, ``None`` where no family was tried.

    >>> mean_share({"a": {"1": [4, 1, 3]}, "b": {"1": [2, 0, 1]}}, "1", 2, ("a", "b"))
    0.625
    """
    shares = [counts[f][size][which] / counts[f][size][0] for f in families if f in counts and counts[f][size][0]]
    return sum(shares) / len(shares) if shares else None


def _phase_of(one: Heard) -> str | None:
    return None if one.probe.phase is None else PHASES[min(3, int(4.0 * one.probe.phase))]


def _latency_ms(heard: Sequence[Heard], name: str) -> dict[str, float | None]:
    found = [s for one in heard if (s := getattr(one, f"{name}_s")) is not None]
    if not found:
        return {"p50": None, "p90": None}
    return {f"p{percent}": round(1000.0 * float(np.percentile(found, percent))) for percent in (50, 90)}


def _walking(quiet: Sequence[Quiet]) -> dict[str, Any]:
    kinds = {kind for one in quiet for kind in one.seconds}
    return {
        kind: {
            "hours": round(sum(one.seconds[kind] for one in quiet) / 3600.0, 3),
            **{name: sum(one.alarms[kind][name] for one in quiet) for name in ("gross", "small")},
        }
        for kind in sorted(kinds)
    }


def words_of(name: str, figures: Mapping[str, Any]) -> str:
    """Return the tables as text."""
    lines = [
        f"{name}: perturbations in steady walking; heard by the gross channel alone -> by either, of those tried"
    ]
    for way, counts in figures["steady"].items():
        lines += ["", *_table(counts, f"walking {way}")]
        for which, words in ((1, "mean of the families but pulses, gross"), (2, "the same, either channel")):
            shares = [mean_share(counts, f"{size_g:g}", which) for size_g in SIZES_G]
            lines.append(_row(words, ["-" if share is None else f"{100 * share:.0f} %" for share in shares]))
    lines += [
        "",
        *_table(figures["part"], "part of a walk"),
        "",
        *_table(figures["phase"], "phase of a step (steady)"),
    ]
    for channel, latency in figures["latency_ms"].items():
        lines.append(f"latency, {channel}: median {latency['p50']} ms, 90 % within {latency['p90']} ms")
    return "\n".join([*lines, "", *_rates(figures["walking"])]) + "\n"


def _table(counts: Counts, title: str) -> list[str]:
    head = _row(title, [f"{size_g:g} g" for size_g in SIZES_G])
    return [head, *(_row(row, [_cell(*cell) for cell in sizes.values()]) for row, sizes in counts.items())]


def _row(title: str, cells: Sequence[str]) -> str:
    return f"{title:40}" + "".join(f"{cell:>15}" for cell in cells)


def _cell(tried: int, gross: int, either: int) -> str:
    return f"{gross}->{either}/{tried}" if tried else "-"


def share_words(hits: int, tried: int) -> str:
    """Return a share with Wilson's interval.

    >>> share_words(9, 10)
    '90 % (60-98)'
    """
    interval = wilson(hits, tried)
    return (
        "-" if interval is None else f"{100 * hits / tried:.0f} % ({100 * interval[0]:.0f}-{100 * interval[1]:.0f})"
    )


def _rates(walking: Mapping[str, Any]) -> list[str]:
    lines = ["alarms in the same walking without perturbations; each recording once, reversed ones not added"]
    for way, kinds in walking.items():
        for kind, row in kinds.items():
            if row["hours"]:
                count = row["gross"] + row["small"]
                low, high = poisson_rate(count, row["hours"]) or (0.0, 0.0)
                lines.append(
                    f"{way:10}{kind:26}{row['gross']:3} gross, {row['small']:3} small in {row['hours']:.2f} h: "
                    f"{count / row['hours']:.1f} an hour ({low:.1f} to {high:.1f})"
                )
    return lines
