"""Steps of very slow gait: 25 to 65 a minute, counted from their rhythm, one each period."""

import math

import numpy as np

from sternway.motion.gait import Step
from sternway.motion.rhythm import ROW_S, Rhythm, without_drift
from sternway.samples import Floats

MIN_STEP = 0.6
"""A step follows the one before it by this share of the usual step time at least."""

EDGE_STEP = 0.35
"""A crest is placed well enough this share of a step time before now."""

USUAL_PERCENT = 80.0
"""Of the crests of the last ten seconds: the walk may have begun only in the last four of them."""

MIN_CREST = 0.5
"""The share of the usual size below which a crest is a halt and no step."""

CONTACT_LAG_S = 0.04
"""From initial contact to the crest of the step frequency (median of IPOL slowed to 30 to 60 steps a minute)."""


class SlowSteps:
    """Places one step at each crest of the step frequency in the vertical acceleration of the last ten seconds.

    Trunk motion slowed down is full of overtones, so that rises of a fixed band count double. The phase of the step
    frequency alone passes its crest once a step.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the steps before."""
        self._last_s = -math.inf

    def stepped(self, time_s: float) -> None:
        """Know of a step that was counted otherwise."""
        self._last_s = max(self._last_s, time_s)

    def find(self, time_s: float, rows: Floats, rhythm: Rhythm, ending: bool = False) -> list[Step]:
        """Return the new steps in ``rows`` (n, 4) that end at ``time_s``; the walk may be ``ending``."""
        crests_s, sizes = _crests(time_s, rows, rhythm.step_s)
        usual = float(np.percentile(sizes, USUAL_PERCENT)) if len(sizes) else 0.0
        latest_s = time_s - (0.0 if ending else EDGE_STEP * rhythm.step_s)
        found = []
        for crest_s, size in zip(crests_s.tolist(), sizes.tolist(), strict=True):
            since_s = crest_s - CONTACT_LAG_S - self._last_s
            if since_s > MIN_STEP * rhythm.step_s and crest_s < latest_s and size > MIN_CREST * usual:
                self._last_s = crest_s - CONTACT_LAG_S
                found.append(Step(self._last_s, time_s, since_s if since_s < 2.0 * rhythm.step_s else None))
        return found


def _crests(time_s: float, rows: Floats, step_s: float) -> tuple[Floats, Floats]:
    """Return when the part of vertical acceleration at the step frequency is highest, and how large it is there."""
    times_s = time_s - ROW_S * (np.arange(len(rows))[::-1] + 0.4)
    vertical = without_drift(rows[:, :1], round(2.0 * step_s / ROW_S))[:, 0]
    carrier = np.exp(2j * np.pi * times_s / step_s)
    width = round(step_s / ROW_S)
    window = np.hanning(2 * width + 1)
    wave = np.convolve(vertical * carrier.conj(), window / window.sum(), "same")
    phase = np.maximum.accumulate(np.unwrap(np.angle(wave * carrier))) / (2.0 * np.pi)
    whole = np.arange(math.ceil(phase[0]), math.floor(phase[-1]) + 1)
    crests_s = np.interp(whole, phase, times_s)
    return crests_s, np.interp(crests_s, times_s, np.abs(wave))
