import numpy as np
import pytest

from sternway.detect.gate import WalkingGate
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import GRAVITY_MPS2, Block
from sternway.simulate.walker import Walker

RATE_HZ = 100.0


def gate_after(vertical_mps2, after_gap=False, gate=None):
    time_s = np.arange(len(vertical_mps2)) / RATE_HZ
    accel = np.column_stack((np.zeros((len(time_s), 2)), GRAVITY_MPS2 + vertical_mps2))
    gate, tracker = gate or WalkingGate(), TrunkTracker()
    for trunk in tracker.update(Block(time_s, accel, np.zeros_like(accel), time_s[-1], after_gap)):
        gate.update(trunk)
    return gate


def steps(seconds, rate_hz=1.8, size_mps2=2.0, before_s=5.0):
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = size_mps2 * (np.sin(2 * np.pi * rate_hz * time_s) + 0.3 * np.sin(np.pi * rate_hz * time_s))
    return np.concatenate((np.zeros(round(before_s * RATE_HZ)), wave))


def first_open_s(gate, until_s=60.0):
    return next((t for t in np.arange(0.0, until_s, 0.05) if gate.open_at(t)), None)


@pytest.mark.parametrize("cadence_hz", [1.2, 1.5, 1.8, 2.2])
def test_the_gate_locks_on_within_two_seconds_of_walking(cadence_hz):
    opened_s = first_open_s(gate_after(steps(10.0, cadence_hz)))
    assert opened_s is not None
    assert 5.0 < opened_s <= 7.1


def test_it_holds_for_some_seconds_after_the_last_step_and_closes_then():
    gate = gate_after(np.concatenate((steps(10.0), np.zeros(1000))))
    assert gate.open_at(17.0)
    assert not gate.open_at(20.5)


def test_who_asks_may_hold_it_shorter():
    gate = gate_after(np.concatenate((steps(10.0), np.zeros(1000))))
    times = np.arange(10.0, 22.0, 0.05)
    long_s = max(time_s for time_s in times if gate.open_at(time_s))
    short_s = max(time_s for time_s in times if gate.open_at(time_s, hold_s=0.7))
    assert long_s - short_s == pytest.approx(3.0 - 0.7, abs=0.06)
    assert all(gate.open_at(time_s, hold_s=0.7) for time_s in times if time_s < 15.0)


def test_standing_and_slow_bending_stay_outside():
    time_s = np.arange(3000) / RATE_HZ
    assert first_open_s(gate_after(0.1 * np.sin(2 * np.pi * 1.8 * time_s))) is None
    assert first_open_s(gate_after(1.5 * np.sin(2 * np.pi * 0.2 * time_s))) is None


def test_one_jolt_is_not_a_rhythm():
    jolt = np.zeros(2000)
    jolt[1000:1020] = 20.0
    jolt[1060:1080] = 8.0
    assert first_open_s(gate_after(jolt)) is None


def test_a_simulated_walk_is_inside_whichever_way_it_goes():
    time_s = np.arange(2000) / RATE_HZ + 20.0
    accel, gyro = Walker("walk", seed=2).at(time_s)
    gate = WalkingGate()
    for trunk in TrunkTracker().update(Block(time_s, accel, gyro, time_s[-1])):
        gate.update(trunk)
    assert np.mean([gate.open_at(t) for t in np.arange(24.0, 40.0, 0.5)]) > 0.9


def test_what_was_open_stays_known_over_a_reset_for_a_minute():
    gate = gate_after(steps(10.0))
    gate.reset()
    assert gate.open_at(10.0)
    late = gate_after(steps(100.0, before_s=0.0))
    assert late.open_at(99.0)
