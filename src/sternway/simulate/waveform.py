"""The shape of a stride at the lower back: accelerations and trunk angles against stride phase."""

import numpy as np

from sternway.motion.gait import Direction
from sternway.samples import Floats

POINT_COUNT = 1024
REFERENCE_SPEED_MPS = 1.2
REFERENCE_CADENCE_SPM = 110.0

# Amplitude and phase of each harmonic of the stride (left contact at phase 0). Rounded group means of healthy adults
# at a comfortable pace, lower back: vertical and forward live at the step frequency and its multiples (even harmonics
# of the stride), sideways at the stride's odd ones (Menz 2003). Accelerations in m/s2, angular rates in rad/s.
_FORWARD = {2: (1.5, 1.24), 4: (0.87, 0.94), 6: (0.89, 0.18), 8: (0.47, -0.12), 10: (0.22, 0.3), 12: (0.14, 0.3)}
_FORWARD |= {14: (0.17, 0.4), 16: (0.14, 0.5), 18: (0.11, 0.6), 20: (0.08, 0.7)}
_LEFT = {1: (0.25, 1.88), 3: (0.48, -2.58), 5: (0.72, 2.0), 7: (0.42, 0.32), 9: (0.33, -0.4), 11: (0.3, -0.67)}
_LEFT |= {13: (0.2, -1.0), 15: (0.16, -1.3), 17: (0.12, -1.6)}
_UP = {2: (2.4, -0.7), 4: (0.31, 0.71), 6: (0.84, -0.02), 8: (0.75, -1.66), 10: (0.63, -2.64), 12: (0.31, -3.07)}
_UP |= {14: (0.24, 2.8), 16: (0.19, 2.3), 18: (0.14, 1.8), 20: (0.1, 1.3)}
_ROLL = {1: (0.21, -0.43), 3: (0.37, -1.6), 5: (0.1, -2.52)}
_PITCH = {2: (0.1, 2.9), 4: (0.07, 1.82), 6: (0.16, -1.46), 8: (0.08, -2.2)}
_YAW = {1: (0.27, -2.29), 3: (0.08, -0.36), 5: (0.05, -1.5), 9: (0.07, 1.7)}

# The other foot leaves the ground 0.12 of a stride after a contact; run backwards in time that is a contact of the
# reversed walk (Thorstensson 1986). The toe takes the load later than a heel would: 0.03 of a stride more.
_REVERSED_CONTACT = 0.5 + 0.12 + 0.03
# Toe-first landing is softer: each harmonic of the step beyond the first keeps this share of the one before.
_TOE_SOFTNESS = 0.75


def stride_table(direction: Direction) -> Floats:
    """Return forward, left, up (m/s2) and roll, pitch, yaw (rad) against stride phase, (POINT_COUNT + 1, 6).

    For the reference speed and cadence, as a sensor at the lower back feels them; the last row repeats the first.
    Backward walking is the forward one run backwards in time, landing later and softer.
    """
    phase = np.arange(POINT_COUNT + 1) / POINT_COUNT
    softness = 1.0
    if direction is Direction.BACKWARD:
        phase, softness = _REVERSED_CONTACT - phase, _TOE_SOFTNESS
    accels = [_wave(table, phase, softness) for table in (_FORWARD, _LEFT, _UP)]
    angles = [_wave(_integral(table), phase, 1.0) for table in (_ROLL, _PITCH, _YAW)]
    return np.column_stack(accels + angles)


def _wave(table: dict[int, tuple[float, float]], phase: Floats, softness: float) -> Floats:
    total = np.zeros_like(phase)
    for harmonic, (amplitude, angle) in table.items():
        kept = softness ** max(0.0, harmonic / 2 - 1.0)
        total += kept * amplitude * np.cos(2.0 * np.pi * harmonic * phase + angle)
    return total


def _integral(table: dict[int, tuple[float, float]]) -> dict[int, tuple[float, float]]:
    stride_radps = np.pi * REFERENCE_CADENCE_SPM / 60.0
    return {k: (amplitude / (k * stride_radps), angle - np.pi / 2) for k, (amplitude, angle) in table.items()}
