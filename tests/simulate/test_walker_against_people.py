"""The simulated walker beside real people: spectra and step statistics must lie where people's do."""

import os
from pathlib import Path

import numpy as np
import pytest

from sternway.motion.mounting import Mounting
from sternway.motion.regularity import pool
from sternway.motion.straight import StraightWalking
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block
from sternway.simulate.script import Stand, Walk
from sternway.simulate.walker import BELT, Walker

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif("STERNWAY_DATA" not in os.environ, reason="needs the recordings of STERNWAY_DATA"),
]
BANDS_HZ = ((0.5, 3.0), (3.0, 6.0), (6.0, 12.0), (12.0, 25.0))


def spectrum(signal):
    """Return the share of power in each band."""
    windows = np.lib.stride_tricks.sliding_window_view(signal, 400)[::200]
    power = np.mean(
        np.abs(np.fft.rfft((windows - windows.mean(axis=1, keepdims=True)) * np.hanning(400))) ** 2, axis=0
    )
    rates_hz = np.fft.rfftfreq(400, 0.01)
    parts = [power[(rates_hz >= low) & (rates_hz < high)].sum() for low, high in BANDS_HZ]
    return np.array(parts) / power[rates_hz >= BANDS_HZ[0][0]].sum()


def statistics(block, mounting):
    """Return named figures of one walk."""
    trunks = TrunkTracker(mounting=mounting).update(block)
    straight = StraightWalking()
    quality = pool([dated.measured for trunk in trunks for dated in straight.update(trunk)])
    trunk = max(trunks, key=len)
    walking = trunk.walking
    signals = {
        "vertical": trunk.vertical_mps2[walking],
        "forward": trunk.anteroposterior_mps2[walking],
        "sideways": trunk.mediolateral_mps2[walking],
    }
    figures = {
        f"{name} {low:g}-{high:g} Hz": share
        for name, signal in signals.items()
        for (low, high), share in zip(BANDS_HZ, spectrum(signal), strict=True)
    }
    figures |= {f"{name} rms": float(signal.std()) for name, signal in signals.items()}
    figures["step-time spread / step"] = quality.step_time_spread_s * quality.cadence_spm / 60.0
    figures["step regularity"] = quality.step_regularity
    figures["stride regularity"] = quality.stride_regularity
    figures["harmonic ratio"] = quality.harmonic_ratio
    figures["trunk sway"] = quality.sway_radps
    return figures


def people():
    """Return the figures of everyone walking slowly and quickly (SisFall D01 and D02)."""
    from sternway.evaluate.datasets import dataset

    sisfall = dataset("sisfall")
    rows = []
    for file in sisfall.find(Path(os.environ["STERNWAY_DATA"]) / "sisfall"):
        if file.activity in ("D01", "D02") and file.subject in ("SA01", "SA05", "SA10", "SE01", "SE03", "SE04"):
            trial = sisfall.read(file)
            up = trial.accel_mps2.mean(axis=0)
            up /= np.linalg.norm(up)
            ahead = np.array([0.0, 0.0, 1.0]) - up * up[2]
            mounting = Mounting(tuple(up.tolist()), tuple((ahead / np.linalg.norm(ahead)).tolist()), 1.0)
            rows.append(statistics(trial.block(), mounting))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def test_walking_lies_within_what_people_do():
    walker = Walker((Stand(2.0), Walk(60.0), Stand(2.0)), 3)
    times_s = np.arange(0.0, walker.truth.duration_s, 1 / 208)
    simulated = statistics(Block(times_s, *walker.at(times_s), float(times_s[-1])), BELT)
    outside = {}
    for name, values in people().items():
        # A margin of a quarter of the range on each side: twelve walks do not show the widest.
        margin = 0.25 * (values.max() - values.min())
        if not values.min() - margin <= simulated[name] <= values.max() + margin:
            outside[name] = (round(simulated[name], 3), round(values.min(), 3), round(values.max(), 3))
    assert outside == {}
