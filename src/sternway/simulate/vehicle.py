"""What a seat or a floor does to a person who rides: vibration with the spectrum of a car, a bus or a train."""

import numpy as np

from sternway.samples import Floats
from sternway.simulate.script import Ride

LOWEST_HZ, HIGHEST_HZ, SINE_COUNT = 0.4, 20.0, 48
RAMP_S = 2.0

# Resonances in Hz with their widths and shares of power. A sprung body bounces at 1 to 2 Hz, its wheels hop at 8 to
# 12 (ISO 2631-1 and ISO 8608; Griffin, Handbook of Human Vibration, 1990).
_RESONANCES = {
    "car": ((1.4, 0.3, 0.6), (4.5, 1.5, 0.2), (11.0, 2.0, 0.2)),
    "bus": ((1.1, 0.25, 0.65), (3.5, 1.5, 0.15), (9.5, 1.5, 0.2)),
    "train": ((1.2, 0.2, 0.45), (2.2, 0.4, 0.3), (8.0, 3.0, 0.25)),
}
# Forward, left and up against up; roll and pitch rate in rad/s for each m/s2 up.
_SHARES = {"car": (0.35, 0.4, 1.0), "bus": (0.3, 0.45, 1.0), "train": (0.25, 0.9, 1.0)}
_ROCKING_RADPS = 0.05


class Vehicle:
    """One ride: unrelated sines for each axis, repeatable from the seed, faded in and out."""

    def __init__(self, start_s: float, end_s: float, ride: Ride, seed: int) -> None:
        self._start_s, self._end_s = start_s, end_s
        random = np.random.default_rng((seed, 3, round(1000.0 * start_s)))
        edges_hz = np.geomspace(LOWEST_HZ, HIGHEST_HZ, SINE_COUNT + 1)
        self._rates_hz = random.uniform(edges_hz[:-1], edges_hz[1:], (5, SINE_COUNT))
        self._phases = random.uniform(0.0, 2.0 * np.pi, (5, SINE_COUNT))
        power = np.zeros((5, SINE_COUNT))
        for centre_hz, width_hz, share in _RESONANCES[ride.vehicle]:
            bell = np.exp(-0.5 * ((self._rates_hz - centre_hz) / width_hz) ** 2) * np.diff(edges_hz)
            power += share * bell / bell.sum(axis=1, keepdims=True)
        sizes = np.sqrt(2.0 * power) * ride.level_mps2
        sizes[:3] *= np.array(_SHARES[ride.vehicle])[:, None]
        sizes[3:] *= _ROCKING_RADPS / (2.0 * np.pi * self._rates_hz[3:])
        self._sizes = sizes

    def add_to(self, motion: Floats, times_s: Floats) -> None:
        """Add the shaking to ``motion`` (n, 7): forward, left, up in m/s2, roll, pitch in rad, two more."""
        if times_s[-1] < self._start_s or times_s[0] > self._end_s:
            return
        edge_s = np.minimum(times_s - self._start_s, self._end_s - times_s)
        part = np.clip(edge_s / RAMP_S, 0.0, 1.0)[:, None]
        angles = 2.0 * np.pi * self._rates_hz * times_s[:, None, None] + self._phases
        motion[:, :5] += part * (self._sizes * np.sin(angles)).sum(axis=2)
