"""The worked examples of the contributing pages, executed."""

import pickle

import numpy as np
import pytest

from sternway.device import clip as clip_module
from sternway.device.chips import find_chip
from sternway.device.clip import Clip
from sternway.device.emulated import EmulatedBus, VirtualClock
from sternway.device.recovery import Failure
from sternway.errors import RecordingError
from sternway.evaluate.pipeline import run
from sternway.events import Kind
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import GRAVITY_MPS2, Block
from sternway.simulate.script import Stand, Walk
from sternway.simulate.walker import Walker


@pytest.fixture(scope="module")
def chip_example(loaded):
    return loaded("docs/examples/add_a_chip.py")


@pytest.fixture
def belt(chip_example, monkeypatch):
    """A clip whose only candidate is the example's chip, worn by somebody who walks."""
    monkeypatch.setattr(clip_module, "CANDIDATES", (chip_example.CANDIDATE,))
    clock = VirtualClock()
    chip = chip_example.EmulatedEx200(
        Walker((Stand(2.0), Walk(60.0)), seed=1), clock, identity=chip_example.IDENTITY, rate_error=0.01
    )
    bus = EmulatedBus({0x30: chip}, clock, clock.sleep)
    return Clip(bus, clock=clock, sleep=clock.sleep), chip, bus, clock


def stream(clip, clock, seconds):
    end_s = clock() + seconds
    blocks = []
    for block in clip:
        blocks.append(block)
        if clock() >= end_s:
            return blocks
    return blocks


def test_the_new_chip_streams_a_walk_without_losing_or_doubling_a_sample(belt):
    clip, chip, _, clock = belt
    stream(clip, clock, 1.0)
    before = chip.sample_count
    blocks = stream(clip, clock, 5.0)
    assert abs(sum(map(len, blocks)) - (chip.sample_count - before)) <= 5
    assert not any(block.after_gap for block in blocks)
    assert clip.rate_hz == pytest.approx(202.0, rel=0.01)
    norms = np.concatenate([np.linalg.norm(block.accel_mps2, axis=1) for block in blocks])
    assert np.mean(norms) == pytest.approx(GRAVITY_MPS2, rel=0.05)


def test_a_full_fifo_of_the_new_chip_is_a_gap(belt):
    clip, _, bus, clock = belt
    stream(clip, clock, 1.0)
    bus.stall_s = 1.5
    blocks = stream(clip, clock, 3.0)
    assert any(block.after_gap for block in blocks)
    assert clip.failures[Failure.OVERFLOW] + clip.failures[Failure.LOST_FRAMES] >= 1


def test_a_new_chip_that_lost_power_is_set_up_again(belt):
    clip, chip, _, clock = belt
    stream(clip, clock, 1.0)
    chip.brown_out()
    blocks = stream(clip, clock, 4.0)
    assert clip.failures
    assert clip.cause is None
    assert len(blocks[-1]) > 0


def test_the_new_chip_feels_fast_for_the_motors_sake(chip_example, belt):
    _, _, bus, clock = belt
    chip = find_chip(bus, (chip_example.CANDIDATE,))
    assert chip.configure(fast=True) == []
    clock.sleep(0.1)
    assert chip.pending().frames >= 95


def test_the_new_detector_keeps_the_stream_contract(loaded):
    contract = loaded("tests/contract/test_stream_contract.py")
    example = loaded("docs/examples/add_a_detector.py")
    contract.STAGES["free fall"] = lambda: contract.on_trunk(example.FreeFallDetector())
    laws = [law for name, law in vars(contract).items() if name.startswith("test_")]
    assert len(laws) >= 7
    for law in laws:
        law(name="free fall")


def dropped_after(seconds, drop_s):
    """Standing still, then no weight for a while, then lying."""
    time_s = np.arange(round((seconds + drop_s + 1.0) * 100)) / 100
    weight = np.where((time_s >= seconds) & (time_s < seconds + drop_s), 0.5, GRAVITY_MPS2)
    accel = np.column_stack((np.zeros_like(weight), np.zeros_like(weight), weight))
    return Block(time_s, accel, np.zeros_like(accel), float(time_s[-1]))


@pytest.mark.parametrize(("drop_s", "expected"), [(0.3, 1), (0.1, 0)])
def test_the_new_detector_hears_a_drop_and_no_hop(loaded, drop_s, expected):
    detector = loaded("docs/examples/add_a_detector.py").FreeFallDetector()
    events = [e for trunk in TrunkTracker().update(dropped_after(3.0, drop_s)) for e in detector.update(trunk)]
    assert [event.kind for event in events] == [Kind.PRE_IMPACT] * expected
    for event in events:
        assert event.time_s == pytest.approx(3.0, abs=0.03)
        assert event.decided_at_s == pytest.approx(3.15, abs=0.03)


def write_walk(folder, name="p01_walk.csv"):
    times = np.arange(round(12.0 * 50)) / 50
    accel, gyro = Walker((Stand(1.0), Walk(20.0)), seed=4).at(times)
    table = np.column_stack((times, accel / GRAVITY_MPS2, np.rad2deg(gyro)))
    np.savetxt(folder / name, table, delimiter=",", header="time_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps")


def test_the_new_data_set_is_read_in_si_and_runs_through_the_monitor(loaded, tmp_path):
    reader = pickle.loads(pickle.dumps(loaded("docs/examples/add_a_data_set.py").PlainCsv()))
    write_walk(tmp_path)
    (file,) = reader.find(tmp_path)
    trial = reader.read(file)
    assert (trial.subject, trial.activity.code, trial.walking.all()) == ("p01", "walk", True)
    assert np.mean(np.linalg.norm(trial.accel_mps2, axis=1)) == pytest.approx(GRAVITY_MPS2, rel=0.05)
    assert run(trial).alarms == ()


def test_the_new_data_set_says_what_is_wrong_with_a_file(loaded, tmp_path):
    reader = loaded("docs/examples/add_a_data_set.py").PlainCsv()
    with pytest.raises(RecordingError, match="no files such as"):
        reader.find(tmp_path)
    (tmp_path / "p01_walk.csv").write_text("time\n1,2\n")
    with pytest.raises(RecordingError, match="must hold 7"):
        reader.read(reader.find(tmp_path)[0])


def test_the_wiring_drawing_is_that_of_the_default_pins(loaded, docs):
    wiring = loaded("docs/build/make_wiring.py")
    assert (docs / "build" / "wiring.svg").read_text(encoding="utf-8") == wiring.draw()
