"""What a monitor makes of a sensor that lies: each kind of broken data in the middle of a simulated walk.

``python -m sternway.evaluate.data_faults`` prints the table of docs/validation/reliability.md.
"""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sternway.events import Cause, Event, Kind
from sternway.monitor import Monitor
from sternway.samples import GRAVITY_MPS2, Block, Floats
from sternway.simulate.script import BACKWARD, Stand, Turn, Walk
from sternway.simulate.walker import BELT, Walker

RATE_HZ = 208.0
SCRIPT = (Stand(3.0), Walk(24.0, BACKWARD), Turn(), Walk(24.0, BACKWARD))
BEGIN_S, END_S, STOP_S = 22.0, 34.0, 42.0
"""When the data go bad, four and a half seconds before a turn; when they are good again; when the run ends."""

ALARMS = (Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL)
RAIL_MPS2 = 16.0 * GRAVITY_MPS2
RAIL_RADPS = np.deg2rad(2000.0)

Signals = tuple[Floats, Floats]
Distortion = Callable[[Floats, Floats, Floats, np.random.Generator], Signals]
"""From seconds since the fault began (n,), specific force (n, 3) and angular rate (n, 3) to what a chip says."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of broken data: it must be a FAULT within ``most_s``; ``None`` where ``why`` it cannot be told."""

    name: str
    distort: Distortion
    most_s: float | None = 2.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What one shape led to: seconds to the FAULT, from the last bad sample to its end, and to each false alarm."""

    shape: Shape
    fault_after_s: float | None
    cause: Cause | None
    over_after_s: float | None
    alarms: tuple[tuple[Kind, float], ...]

    @property
    def holds(self) -> bool:
        """Return whether the FAULT came in time, and no fall nor, once it was said, a fall about to happen."""
        told = self.shape.most_s is None or (
            self.fault_after_s is not None and self.fault_after_s <= self.shape.most_s
        )
        said_s = self.fault_after_s if self.fault_after_s is not None else 0.0
        false = [kind for kind, after_s in self.alarms if kind is not Kind.STUMBLE and after_s >= said_s]
        return told and not false and (Kind.FALL not in dict(self.alarms))


def _axes(accel: Callable[[Floats], Floats] = np.copy, gyro: Callable[[Floats], Floats] = np.copy) -> Distortion:
    return lambda t, a, g, random: (accel(a), gyro(g))


def _axis(axis: int, change: Callable[[Floats], Floats | float]) -> Callable[[Floats], Floats]:
    def changed(rows: Floats) -> Floats:
        rows = rows.copy()
        rows[:, axis] = change(rows[:, axis])
        return rows

    return changed


def _spikes(share: float, accel: float, gyro: float, axes: Sequence[int] = (0, 1, 2)) -> Distortion:
    """Replace a share of samples by values anywhere up to a limit."""

    def distort(t: Floats, a: Floats, g: Floats, random: np.random.Generator) -> Signals:
        a, g = a.copy(), g.copy()
        hit = random.random(len(t)) < share
        for rows, limit in ((a, accel), (g, gyro)):
            if limit:
                for axis in axes:
                    rows[hit, axis] = random.uniform(-limit, limit, int(hit.sum()))
        return a, g

    return distort


def _held(count: int) -> Distortion:
    """Give every sample ``count`` times, and only every ``count``-th."""

    def distort(t: Floats, a: Floats, g: Floats, random: np.random.Generator) -> Signals:
        rows = np.arange(len(t)) // count * count
        return a[rows], g[rows]

    return distort


def _stretched(speed: float) -> Distortion:
    """Play the motion at another speed, as a chip at a rate nobody asked for."""

    def distort(t: Floats, a: Floats, g: Floats, random: np.random.Generator) -> Signals:
        at = np.arange(len(t)) * speed % (len(t) - 1.0)
        table = np.column_stack([np.interp(at, np.arange(len(t)), column) for column in (*a.T, *g.T)])
        return table[:, :3], table[:, 3:]

    return distort


def _zeros(t: Floats, a: Floats, g: Floats, random: np.random.Generator) -> Signals:
    kept = (random.random(len(t)) > 0.1)[:, None]
    return a * kept, g * kept


def _drift(rate: float) -> Distortion:
    return lambda t, a, g, random: (a, g + (rate * t)[:, None] * np.array((1.0, 0.0, 0.0)))


def _noise(accel: float, gyro: float) -> Distortion:
    return lambda t, a, g, random: (
        a + random.normal(0.0, 1.0, a.shape) * accel,
        g + random.normal(0.0, 1.0, g.shape) * gyro,
    )


def _swapped_bytes(t: Floats, a: Floats, g: Floats, random: np.random.Generator) -> Signals:
    """Read every number with its bytes the wrong way round."""
    out = []
    for rows, rail in ((a, RAIL_MPS2), (g, RAIL_RADPS)):
        counts = np.clip(rows / rail * 32768.0, -32768, 32767).astype(np.int16)
        out.append(counts.byteswap().astype(float) * rail / 32768.0)
    return out[0], out[1]


def _without_gravity(t: Floats, a: Floats, g: Floats, random: np.random.Generator) -> Signals:
    return a - a.mean(axis=0), g


def _loop(t: Floats, a: Floats, g: Floats, random: np.random.Generator) -> Signals:
    rows = np.arange(len(t)) % int(RATE_HZ)
    return a[rows], g[rows]


def _late_gyroscope(t: Floats, a: Floats, g: Floats, random: np.random.Generator) -> Signals:
    return a, np.roll(g, int(0.2 * RATE_HZ), axis=0)


_UP, _FORWARD, _LEFT = (int(np.argmax(np.abs(axis))) for axis in (BELT.up, BELT.forward, BELT.left))
_NAMES = {_UP: "upright", _FORWARD: "forward", _LEFT: "sideways"}
_LEVEL = "gravity is not on this axis and walking is symmetric enough: sizes stay right, so every detector goes on"
_GYRO = "while the trunk hardly tips, the accelerometer knows which way is up whatever the gyroscope says"
_SLOW = "a slower or faster walker would look the same"


def shapes() -> tuple[Shape, ...]:
    """Return every kind of broken data of the table."""
    flip: Callable[[Floats], Floats] = np.negative
    found = [Shape(f"accelerometer, {_NAMES[i]} axis dead at 0", _axes(_axis(i, lambda v: 0.0))) for i in range(3)]
    found += [
        Shape(f"accelerometer, {_NAMES[i]} axis pinned at 2 g", _axes(_axis(i, lambda v: 2.0 * GRAVITY_MPS2)))
        for i in range(3)
    ]
    found += [
        Shape("accelerometer, upright axis pinned at its limit", _axes(_axis(_UP, lambda v: RAIL_MPS2))),
        Shape("accelerometer dead: noise about 0", lambda t, a, g, r: (r.normal(0.0, 0.05, a.shape), g)),
        Shape("accelerometer frozen", _axes(lambda a: np.tile(a[0], (len(a), 1)))),
        Shape(
            "both sensors frozen", _axes(lambda a: np.tile(a[0], (len(a), 1)), lambda g: np.tile(g[0], (len(g), 1)))
        ),
    ]
    found += [Shape(f"gyroscope, {_NAMES[i]} axis dead at 0", _axes(gyro=_axis(i, lambda v: 0.0))) for i in range(3)]
    found += [
        Shape("gyroscope dead at 0", _axes(gyro=np.zeros_like)),
        Shape("gyroscope dead: noise about 0", lambda t, a, g, r: (a, r.normal(0.0, 0.001, g.shape))),
        Shape("gyroscope, one axis pinned at its limit", _axes(gyro=_axis(0, lambda v: RAIL_RADPS))),
        Shape(
            "axes of both permuted (x to y to z)",
            _axes(lambda a: np.roll(a, 1, axis=1), lambda g: np.roll(g, 1, axis=1)),
        ),
        Shape("accelerometer, upright and forward swapped", _axes(lambda a: _swap(a, _UP, _FORWARD))),
        Shape("accelerometer, upright and sideways swapped", _axes(lambda a: _swap(a, _UP, _LEFT))),
        Shape(
            "accelerometer, forward and sideways swapped", _axes(lambda a: _swap(a, _FORWARD, _LEFT)), None, _LEVEL
        ),
        Shape("accelerometer, upright axis flipped", _axes(_axis(_UP, flip))),
        Shape("accelerometer, forward axis flipped", _axes(_axis(_FORWARD, flip)), None, _LEVEL),
        Shape("accelerometer, sideways axis flipped", _axes(_axis(_LEFT, flip)), None, _LEVEL),
        Shape("accelerometer, all axes flipped", _axes(flip)),
        Shape("gyroscope, all axes flipped", _axes(gyro=flip), None, _GYRO),
        Shape("gyroscope, axes permuted", _axes(gyro=lambda g: np.roll(g, 1, axis=1)), None, _GYRO),
        Shape("a tenth of the samples spikes, accelerometer", _spikes(0.1, RAIL_MPS2, 0.0)),
        Shape("a tenth of the samples spikes, one axis of it", _spikes(0.1, RAIL_MPS2, 0.0, (_LEFT,))),
        Shape("a tenth of the samples spikes, gyroscope", _spikes(0.1, 0.0, RAIL_RADPS)),
        Shape("a tenth of the samples spikes, both", _spikes(0.1, RAIL_MPS2, RAIL_RADPS)),
        Shape("one sample in fifty a spike, both", _spikes(0.02, RAIL_MPS2, RAIL_RADPS), 10.0),
        Shape("a tenth of the samples 0 on all axes", _zeros, 10.0),
        Shape("accelerometer in g, not m/s2", _axes(lambda a: a / GRAVITY_MPS2)),
        Shape("accelerometer times 9.8", _axes(lambda a: a * GRAVITY_MPS2)),
        Shape("accelerometer times 2 (wrong range)", _axes(lambda a: 2.0 * a)),
        Shape("accelerometer times 0.5 (wrong range)", _axes(lambda a: 0.5 * a)),
        Shape("accelerometer times 1.3", _axes(lambda a: 1.3 * a), 10.0),
        Shape("gyroscope in deg/s, not rad/s", _axes(gyro=np.rad2deg)),
        Shape("gyroscope in rad/s, taken for deg/s", _axes(gyro=np.deg2rad)),
        Shape("gyroscope times 2 (wrong range)", _axes(gyro=lambda g: 2.0 * g), None, _GYRO),
        Shape("half rate, every sample twice", _held(2)),
        Shape("third of the rate, every sample three times", _held(3)),
        Shape("held for 0.1 s at a time", _held(21)),
        Shape("half speed", _stretched(0.5), None, _SLOW),
        Shape("double speed", _stretched(2.0), None, _SLOW),
        Shape(
            "the same second again and again", _loop, None, "it is walking, and nothing in it is false but its age"
        ),
        Shape(
            "clipped at 2 g",
            _axes(lambda a: np.clip(a, -2.0 * GRAVITY_MPS2, 2.0 * GRAVITY_MPS2)),
            None,
            "walking stays below it",
        ),
        Shape(
            "clipped at 1.1 g",
            _axes(lambda a: np.clip(a, -1.1 * GRAVITY_MPS2, 1.1 * GRAVITY_MPS2)),
            None,
            "the mean stays near 1 g",
        ),
        Shape("gyroscope drifts by 0.1 rad/s each second", _drift(0.1), 10.0),
        Shape("gyroscope off by 1 rad/s", _axes(gyro=_axis(_LEFT, lambda v: v + 1.0)), 10.0),
        Shape("gyroscope late by 0.2 s", _late_gyroscope, None, _GYRO),
        Shape("accelerometer with 8 m/s2 of noise", _noise(8.0, 0.0)),
        Shape("gyroscope with 3 rad/s of noise", _noise(0.0, 3.0)),
        Shape("accelerometer off by 4 m/s2, upright", _axes(_axis(_UP, lambda v: v - 4.0)), 10.0),
        Shape(
            "accelerometer off by 4 m/s2, forward",
            _axes(_axis(_FORWARD, lambda v: v + 4.0)),
            None,
            "it looks like a trunk that leans, slowly enough to be one",
        ),
        Shape("bytes swapped", _swapped_bytes),
        Shape("gravity taken off", _without_gravity),
        Shape("accelerometer and gyroscope exchanged", lambda t, a, g, r: (g, a)),
    ]
    return tuple(found)


def _swap(rows: Floats, one: int, other: int) -> Floats:
    rows = rows.copy()
    rows[:, [one, other]] = rows[:, [other, one]]
    return rows


class Bench:
    """One walk, watched until the data go bad; each shape goes on from there."""

    def __init__(self) -> None:
        walker = Walker(SCRIPT, seed=2)
        self._time_s = np.arange(0.0, STOP_S, 1.0 / RATE_HZ)
        self._accel, self._gyro = walker.at(self._time_s)
        random = np.random.default_rng(1)
        self._accel = self._accel + random.normal(0.0, 0.007, self._accel.shape)
        self._gyro = self._gyro + random.normal(0.0, 0.0006, self._gyro.shape)
        self._begin, self._end = (int(np.searchsorted(self._time_s, at_s)) for at_s in (BEGIN_S, END_S))
        monitor = Monitor(memory={"mounting": BELT.body()})
        self._watch(monitor, self._accel, self._gyro, 0, self._begin)
        self._kept = pickle.dumps(monitor)

    def try_shape(self, shape: Shape) -> Result:
        """Return what ``shape`` leads to."""
        accel, gyro = self._accel.copy(), self._gyro.copy()
        rows = slice(self._begin, self._end)
        since_s = self._time_s[rows] - BEGIN_S
        accel[rows], gyro[rows] = shape.distort(since_s, accel[rows], gyro[rows], np.random.default_rng(3))
        monitor: Monitor = pickle.loads(self._kept)
        events = self._watch(monitor, accel, gyro, self._begin, len(accel))
        faults = [event for event in events if event.kind is Kind.FAULT]
        first = next((event for event in faults if event.severity), None)
        last = next((event for event in reversed(faults) if not event.severity), None)
        return Result(
            shape,
            None if first is None else first.decided_at_s - BEGIN_S,
            None if first is None else first.cause,
            None if last is None else last.decided_at_s - END_S,
            tuple((event.kind, event.decided_at_s - BEGIN_S) for event in events if event.kind in ALARMS),
        )

    def _watch(self, monitor: Monitor, accel: Floats, gyro: Floats, start: int, stop: int) -> list[Event]:
        events: list[Event] = []
        for row in range(start, stop, 4):
            rows = slice(row, min(row + 4, stop))
            time_s = self._time_s[rows]
            events += monitor.update(Block(time_s, accel[rows], gyro[rows], float(time_s[-1]) + 0.005)).events
        return events


def table(results: Sequence[Result]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [
        "| broken data | FAULT after | cause | over after the last bad sample | false alarms |",
        "|---|---|---|---|---|",
    ]
    for result in results:
        after = "not told" if result.fault_after_s is None else f"{result.fault_after_s:.2f} s"
        over = "" if result.over_after_s is None else f"{max(0.0, result.over_after_s):.1f} s"
        alarms = ", ".join(f"{kind} at {after_s:.2f} s" for kind, after_s in result.alarms) or "none"
        note = f": {result.shape.why}" if result.fault_after_s is None and result.shape.why else ""
        lines.append(f"| {result.shape.name} | {after}{note} | {result.cause or ''} | {over} | {alarms} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table; end with 1 where a promise is broken."""
    bench = Bench()
    results = [bench.try_shape(shape) for shape in shapes()]
    print(table(results))
    broken = [result.shape.name for result in results if not result.holds]
    if broken:
        raise SystemExit("against the promise: " + "; ".join(broken))


if __name__ == "__main__":
    main()
