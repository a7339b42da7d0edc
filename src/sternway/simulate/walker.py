"""A simulated person with a clip on the belt: stands, walks both ways, turns, sits, stumbles, falls."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sternway.motion.gait import Direction
from sternway.motion.mounting import Mounting
from sternway.samples import GRAVITY_MPS2, Floats
from sternway.simulate.choreography import STILLNESS, Bout, Choreographer, Contact, Happening
from sternway.simulate.script import SCRIPTS, Act, Script
from sternway.simulate.vehicle import Vehicle
from sternway.simulate.waveform import POINT_COUNT, stride_table

GRID_HZ = 400
_TILE_ROWS = 8 * GRID_HZ
_ENVELOPE_S = 0.3
LEAST_TURNING = 0.49
"""The trunk's angles shrink no further than this in slow gait: the hips still sway over each foot."""

# On the right hip, chip x backward and z to the right, tipped a little: nothing may depend on how the clip sits.
BELT = Mounting(up=(0.0, 0.9659258262890683, 0.25881904510252074), forward=(-1.0, 0.0, 0.0), confidence=1.0)


@dataclass(frozen=True, slots=True)
class WalkerSettings:
    """How the walker and the clip differ from the ideal.

    ``jitter`` multiplies the step-time variability of the whole script. Gyro bias and the white noise of both sensors
    are those of small MEMS chips at 208 Hz (LSM6DSOX data sheet, tables 2 and 3). ``looseness_mps2`` is the motion
    that no two strides share: 0.8-1.0 m/s2 in people at 1.2 m/s, less when slower.
    """

    jitter: float = 1.0
    gyro_bias_radps: tuple[float, float, float] = (0.008, -0.012, 0.005)
    accel_noise_mps2: float = 0.012
    gyro_noise_radps: float = 0.0015
    looseness_mps2: float = 0.75


@dataclass(frozen=True, slots=True)
class Truth:
    """What the walker truly did. ``acts`` are (start s, end s, act) in order."""

    duration_s: float
    contacts: Sequence[Contact]
    happenings: Sequence[Happening]
    acts: Sequence[tuple[float, float, Act]]

    def direction_at(self, time_s: float) -> Direction:
        """Return which way the walker steps at ``time_s``; unknown where no step was within 0.8 s on both sides."""
        times = [contact.time_s for contact in self.contacts]
        after = int(np.searchsorted(times, time_s))
        if after in (0, len(times)) or times[after] - times[after - 1] > 0.8:
            return Direction.UNKNOWN
        return self.contacts[after].direction


class Walker:
    """Trunk motion in chip axes for any times, repeatable from its seed.

    The person's angles (yaw, then pitch, then roll) and accelerations are functions of time on a 400 Hz grid; angular
    rates are the angles' own slopes, and gravity is turned with them, so orientation integrates to the gyro and the
    accelerometer agrees with it. Times between grid points are met on the straight line, so that neither the order
    nor the size of requests changes a bit. After the script the walker stays as it ended.
    """

    def __init__(
        self,
        script: Script | str,
        seed: int = 0,
        *,
        mounting: Mounting = BELT,
        settings: WalkerSettings | None = None,
    ) -> None:
        self._settings = settings or WalkerSettings()
        self._seed = seed
        rng = np.random.default_rng(seed)
        acts = SCRIPTS[script] if isinstance(script, str) else script
        plan = Choreographer(rng, self._settings.jitter).play(acts)
        self.truth = Truth(plan.duration_s, plan.contacts, plan.happenings, plan.acts)
        self._axes = np.array([mounting.forward, mounting.left, mounting.up])
        self._tables = {way: stride_table(way) for way in (Direction.FORWARD, Direction.BACKWARD)}
        self._sway = rng.uniform(0.0, 2.0 * np.pi, (3, 4)), rng.uniform(0.8, 1.25, (3, 4))
        self._bouts = [_GaitBout(bout) for bout in plan.bouts]
        self._rides = [Vehicle(start_s, end_s, ride, seed) for start_s, end_s, ride in plan.rides]
        self._pushes = _Spans(plan.pushes)
        self._moves = _Spans(plan.moves)
        self._tile_index = -1
        self._tile = np.empty((0, 6))

    def at(self, times_s: Floats) -> tuple[Floats, Floats]:
        """Return specific force (n, 3) in m/s2 and angular rate (n, 3) in rad/s, chip axes, at ``times_s`` (n,).

        Times are seconds since the script began; going back in time is allowed, only slower.
        """
        times_s = np.asarray(times_s, dtype=np.float64)
        place = np.maximum(times_s, 0.0) * GRID_HZ
        row = np.floor(place).astype(np.int64)
        out = np.empty((len(times_s), 6))
        tiles = row // _TILE_ROWS
        for tile in np.unique(tiles).tolist():
            chosen = np.flatnonzero(tiles == tile)
            rows = self._load(tile)
            low = rows[row[chosen] - tile * _TILE_ROWS]
            high = rows[row[chosen] - tile * _TILE_ROWS + 1]
            weight = (place[chosen] - row[chosen])[:, None]
            out[chosen] = low + weight * (high - low)
        return out[:, :3], out[:, 3:]

    def _load(self, tile: int) -> Floats:
        if tile != self._tile_index:
            self._tile, self._tile_index = self._make(tile), tile
        return self._tile

    def _make(self, tile: int) -> Floats:
        """Return one tile of chip readings (_TILE_ROWS + 1, 6); its last row is the next one's first."""
        rows = np.arange(-1, _TILE_ROWS + 2) + tile * _TILE_ROWS
        motion = self._body_motion(rows / GRID_HZ, tile)
        accel, roll, pitch = motion[1:-1, :3], motion[1:-1, 3], motion[1:-1, 4]
        slopes = (motion[2:, 3:6] - motion[:-2, 3:6]) * (0.5 * GRID_HZ)
        force, rate = _feel(accel, roll, pitch), _body_rate(roll, pitch, slopes)
        noise = self._noise(tile)
        accel_chip = force @ self._axes + self._settings.accel_noise_mps2 * noise[:, :3]
        bias = np.array(self._settings.gyro_bias_radps)
        gyro_chip = rate @ self._axes + bias + self._settings.gyro_noise_radps * noise[:, 3:]
        return np.column_stack((accel_chip, gyro_chip))

    def _noise(self, tile: int) -> Floats:
        here = np.random.default_rng((self._seed, 1, tile)).standard_normal((_TILE_ROWS, 6))
        following = np.random.default_rng((self._seed, 1, tile + 1)).standard_normal((1, 6))
        return np.concatenate((here, following))

    def _body_motion(self, times_s: Floats, tile: int) -> Floats:
        """Return forward, left, up (m/s2, level axes turning with the heading), roll, pitch, yaw (rad), stillness."""
        motion = np.zeros((len(times_s), 7))
        effort = np.zeros(len(times_s))
        for bout in self._bouts:
            if bout.start_s < times_s[-1] and bout.end_s > times_s[0]:
                bout.add_to(motion, effort, times_s, self._tables[bout.direction])
        # The tables hold what a sensor feels; gravity comes back when the trunk's angles turn it.
        motion[:, 0] += GRAVITY_MPS2 * np.sin(motion[:, 4])
        motion[:, 1] -= GRAVITY_MPS2 * np.sin(motion[:, 3])
        motion[:, :3] += self._looseness(times_s, tile) * effort[:, None]
        for ride in self._rides:
            ride.add_to(motion, times_s)
        self._pushes.add_pushes(motion, times_s)
        self._moves.add_moves(motion, times_s)
        motion[:, 3:6] += self._wander(times_s) * ((0.2 + effort) * (1.0 - motion[:, STILLNESS]))[:, None]
        return motion

    def _looseness(self, times_s: Floats, tile: int) -> Floats:
        """Return noise of some 8 Hz width (n, 3) in m/s2: knots every 50 ms, joined by straight lines."""
        knots_hz = 20
        count = _TILE_ROWS * knots_hz // GRID_HZ
        parts = [np.random.default_rng((self._seed, 2, index)).standard_normal((count, 3)) for index in _around(tile)]
        knots_s = (np.arange(len(parts) * count) + (tile - 1) * count) / knots_hz
        knots = np.concatenate(parts)
        scale = self._settings.looseness_mps2 * 1.2
        return scale * np.column_stack([np.interp(times_s, knots_s, knots[:, i]) for i in range(3)])

    def _wander(self, times_s: Floats) -> Floats:
        """Return the trunk's own slow sway (n, 3) in rad: a few unrelated sines between 0.1 and 2 Hz."""
        phases, stretch = self._sway
        sizes = ((0.006, 0.13), (0.005, 0.31), (0.006, 0.7), (0.005, 1.7))
        total = np.zeros((len(times_s), 3))
        for axis in range(3):
            for i, (size_rad, rate_hz) in enumerate(sizes):
                total[:, axis] += size_rad * np.sin(
                    2 * np.pi * rate_hz * stretch[axis, i] * times_s + phases[axis, i]
                )
        return total


class _GaitBout:
    """One bout's contacts as a smooth stride phase, and how much of a stride there is at each moment."""

    def __init__(self, bout: Bout) -> None:
        knots_s = np.array(bout.knots_s)
        slopes = 1.0 / np.diff(knots_s)
        inner = 2.0 / (1.0 / slopes[:-1] + 1.0 / slopes[1:])
        self.direction = bout.direction
        self._sizes = np.array((1.0, 1.0, bout.rise))
        self._usual = float(np.median(bout.amplitudes))
        self.start_s, self.end_s = float(knots_s[0]), float(knots_s[-1]) + _ENVELOPE_S
        self._knots_s = np.append(knots_s, 2.0 * knots_s[-1] - knots_s[-2])
        self._slopes = np.concatenate((slopes[:1], inner, slopes[-1:], slopes[-1:]))
        self._amplitudes = np.array([*bout.amplitudes, bout.amplitudes[-1]])
        self._first_s = float(knots_s[1])

    def add_to(self, motion: Floats, effort: Floats, times_s: Floats, table: Floats) -> None:
        inside = slice(*np.searchsorted(times_s, (self.start_s, self.end_s)).tolist())
        now_s = times_s[inside]
        knot = np.clip(np.searchsorted(self._knots_s, now_s, side="right") - 1, 0, len(self._knots_s) - 2)
        span_s = self._knots_s[knot + 1] - self._knots_s[knot]
        part = (now_s - self._knots_s[knot]) / span_s
        phase = 0.5 * (knot + _hermite(part, self._slopes[knot] * span_s, self._slopes[knot + 1] * span_s))
        size = self._amplitudes[knot] + part * (self._amplitudes[knot + 1] - self._amplitudes[knot])
        size *= _smooth((now_s - self.start_s) / (self._first_s - self.start_s))
        size *= _smooth((self.end_s - now_s) / _ENVELOPE_S)
        place = (phase - np.floor(phase)) * POINT_COUNT
        row = np.minimum(place.astype(np.int64), POINT_COUNT - 1)
        wave = table[row] + (place - row)[:, None] * (table[row + 1] - table[row])
        turning = np.maximum(size, LEAST_TURNING * np.minimum(size / np.maximum(self._usual, 1e-9), 1.0))
        motion[inside, :3] += size[:, None] * wave[:, :3] * self._sizes
        motion[inside, 3:6] += turning[:, None] * wave[:, 3:6]
        effort[inside] += size


class _Spans:
    """Pushes or moves in order of time, to find the few that touch a tile."""

    def __init__(self, spans: Sequence[tuple[int, float, float, float]]) -> None:
        table = np.array(sorted(spans, key=lambda span: span[1]), dtype=np.float64).reshape(-1, 4)
        self._channel = table[:, 0].astype(np.int64)
        self._start_s, self._duration_s, self._size = table[:, 1], table[:, 2], table[:, 3]
        self._end_s = self._start_s + self._duration_s

    def add_pushes(self, motion: Floats, times_s: Floats) -> None:
        for i in self._touching(times_s):
            part = (times_s - self._start_s[i]) / self._duration_s[i]
            wave = np.sin(np.pi * np.clip(part, 0.0, 1.0))
            motion[:, self._channel[i]] += self._size[i] * np.maximum(wave, 0.0)

    def add_moves(self, motion: Floats, times_s: Floats) -> None:
        over = self._end_s < times_s[0]
        motion += np.bincount(self._channel[over], self._size[over], minlength=motion.shape[1])
        for i in self._touching(times_s):
            part = (times_s - self._start_s[i]) / self._duration_s[i]
            motion[:, self._channel[i]] += self._size[i] * _minimum_jerk(part)

    def _touching(self, times_s: Floats) -> list[int]:
        touching = (self._start_s <= times_s[-1]) & (self._end_s >= times_s[0])
        return [int(i) for i in np.flatnonzero(touching)]


def _around(tile: int) -> tuple[int, int, int]:
    return (abs(tile - 1), tile, tile + 1)


def _smooth(part: Floats) -> Floats:
    part = np.clip(part, 0.0, 1.0)
    return part * part * (3.0 - 2.0 * part)


def _minimum_jerk(part: Floats) -> Floats:
    """Return the path from 0 to 1 that people's movements follow (Flash and Hogan 1985)."""
    part = np.clip(part, 0.0, 1.0)
    return part**3 * (10.0 - 15.0 * part + 6.0 * part * part)


def _hermite(part: Floats, slope_in: Floats, slope_out: Floats) -> Floats:
    """Return the cubic from 0 to 1 with these slopes: a step's phase, without a kink at the contacts."""
    return part * (slope_in + part * ((3.0 - 2.0 * slope_in - slope_out) + part * (slope_in + slope_out - 2.0)))


def _feel(accel: Floats, roll: Floats, pitch: Floats) -> Floats:
    """Return specific force in body axes from level acceleration (n, 3) and the trunk's angles."""
    up = accel[:, 2] + GRAVITY_MPS2
    forward = accel[:, 0] * np.cos(pitch) - up * np.sin(pitch)
    up = accel[:, 0] * np.sin(pitch) + up * np.cos(pitch)
    left = accel[:, 1] * np.cos(roll) + up * np.sin(roll)
    return np.column_stack((forward, left, up * np.cos(roll) - accel[:, 1] * np.sin(roll)))


def _body_rate(roll: Floats, pitch: Floats, slopes: Floats) -> Floats:
    """Return angular rate in body axes from the slopes (n, 3) of roll, pitch and yaw."""
    d_roll, d_pitch, d_yaw = slopes[:, 0], slopes[:, 1], slopes[:, 2]
    level = d_yaw * np.cos(pitch)
    return np.column_stack(
        (
            d_roll - d_yaw * np.sin(pitch),
            d_pitch * np.cos(roll) + level * np.sin(roll),
            level * np.cos(roll) - d_pitch * np.sin(roll),
        )
    )
