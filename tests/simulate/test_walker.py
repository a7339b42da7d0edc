import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.events import Kind
from sternway.motion.gait import Direction
from sternway.motion.mounting import Mounting
from sternway.samples import GRAVITY_MPS2
from sternway.simulate.script import BACKWARD, SCRIPTS, Fall, Lie, Sit, Stand, Stumble, TakeOff, Turn, Walk
from sternway.simulate.walker import Walker, WalkerSettings

QUIET = WalkerSettings(
    gyro_bias_radps=(0.0, 0.0, 0.0), accel_noise_mps2=0.0, gyro_noise_radps=0.0, looseness_mps2=0.0
)
UPRIGHT = Mounting(up=(0.0, 0.0, 1.0), forward=(1.0, 0.0, 0.0), confidence=1.0)


def grid(duration_s, rate_hz=100.0):
    return np.arange(int(duration_s * rate_hz)) / rate_hz


def turned_by(rate_radps, period_s):
    """Integrate angular rate (n, 3) to the rotation of chip axes into the first pose, one matrix a sample."""
    pose, poses = np.eye(3), []
    for x, y, z in rate_radps:
        poses.append(pose)
        angle = np.sqrt(x * x + y * y + z * z) * period_s
        axis = np.array([x, y, z]) / (np.sqrt(x * x + y * y + z * z) + 1e-15)
        cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
        pose = pose @ (np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
    return np.array(poses)


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 2000), max_size=12), seed=st.integers(0, 3))
def test_where_requests_are_cut_changes_no_bit(cuts, seed):
    times_s = grid(20.0)
    whole = np.hstack(Walker("stumble", seed).at(times_s))
    walker = Walker("stumble", seed)
    pieces = [np.hstack(walker.at(part)) for part in np.split(times_s, sorted(cuts))]
    assert np.array_equal(whole, np.concatenate(pieces))


def test_the_seed_decides_everything():
    times_s = grid(20.0)
    first, again, other = (Walker("walk", seed).at(times_s)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_standing_reads_one_g_along_up():
    accel, gyro = Walker((Stand(10.0),), mounting=UPRIGHT, settings=QUIET).at(grid(10.0))
    assert np.abs(accel - (0.0, 0.0, GRAVITY_MPS2)).max() < 0.2
    assert np.abs(gyro).max() < 0.03


@pytest.mark.parametrize("act", [Walk(10.0), Walk(10.0, BACKWARD), Turn(), Sit(4.0), Lie(4.0), Fall(lie_s=5.0)])
def test_orientation_integrates_to_the_gyro(act):
    """Specific force turned back by the integrated gyro holds gravity alone before and after the act."""
    script = (Stand(3.0), act, Stand(3.0))
    walker = Walker(script, 4, mounting=UPRIGHT, settings=QUIET)
    times_s = grid(walker.truth.duration_s, 400.0)
    accel, gyro = walker.at(times_s)
    level = np.einsum("nij,nj->ni", turned_by(gyro, 1 / 400.0), accel)
    before, after = level[:800].mean(axis=0), level[-800:].mean(axis=0)
    assert before == pytest.approx(after, abs=0.15)


def test_what_goes_up_comes_to_rest():
    """Vertical speed gained in sitting, stumbling and falling is given back."""
    for act in (Sit(4.0), Fall(lie_s=4.0)):
        walker = Walker((Stand(3.0), act, Stand(3.0)), 4, mounting=UPRIGHT, settings=QUIET)
        times_s = grid(walker.truth.duration_s, 400.0)
        accel, gyro = walker.at(times_s)
        level = np.einsum("nij,nj->ni", turned_by(gyro, 1 / 400.0), accel)
        assert (level[:, 2] - level[:800, 2].mean()).sum() / 400.0 == pytest.approx(0.0, abs=0.4)


def test_mounting_only_turns_the_axes():
    times_s = grid(15.0)
    mounting = Mounting(up=(0.0, -1.0, 0.0), forward=(0.0, 0.0, 1.0), confidence=1.0)
    body = Walker("walk", mounting=UPRIGHT, settings=QUIET).at(times_s)
    chip = Walker("walk", mounting=mounting, settings=QUIET).at(times_s)
    axes = np.array([mounting.forward, mounting.left, mounting.up])
    for seen, felt in zip(chip, body, strict=True):
        assert np.allclose(seen, felt @ axes)


def test_backward_is_slower_and_softer_with_shorter_steps():
    walker = Walker((Stand(2.0), Walk(20.0), Stand(2.0), Walk(20.0, BACKWARD)), mounting=UPRIGHT, settings=QUIET)
    contacts = walker.truth.contacts
    length_m = {way: np.mean([c.length_m for c in contacts if c.direction is way]) for way in Direction if way}
    assert length_m[BACKWARD] < 0.7 * length_m[Direction.FORWARD]
    times_s = grid(walker.truth.duration_s)
    up = walker.at(times_s)[0][:, 2]
    jerk = np.abs(np.diff(up))
    forward, backward = jerk[400:2000].max(), jerk[2900:].max()
    assert backward < 0.5 * forward


def test_the_phase_between_up_and_forward_flips_with_direction():
    """Inverted pendulum: forward walking brakes while the trunk rises, backward walking pushes on."""
    for act, sign in ((Walk(20.0), -1), (Walk(20.0, BACKWARD), 1)):
        accel, _ = Walker((act,), 5, mounting=UPRIGHT, settings=QUIET).at(grid(20.0)[200:1800])
        rising = np.cumsum(accel[:, 2] - accel[:, 2].mean()) / 100.0
        rising -= np.convolve(rising, np.ones(101) / 101, "same")
        assert sign * np.corrcoef(rising[100:-100], accel[100:-100, 0])[0, 1] > 0.3


def test_jitter_spreads_step_times_in_proportion():
    def spread(jitter):
        walker = Walker((Walk(300.0, jitter=jitter),), 6)
        steps_s = np.diff([c.time_s for c in walker.truth.contacts])
        return np.median(np.abs(np.diff(steps_s, 2)))

    assert spread(2.0) == pytest.approx(2.0 * spread(1.0), rel=0.1)


def test_a_stumble_is_a_jolt_and_a_fall_ends_lying():
    stumble = Walker((Walk(10.0, BACKWARD), Stumble(), Walk(5.0, BACKWARD)), 7, mounting=UPRIGHT)
    (event,) = stumble.truth.happenings
    norm = np.linalg.norm(stumble.at(grid(20.0))[0], axis=1)
    near = np.abs(grid(20.0) - event.time_s - 0.7) < 0.7
    assert event.kind is Kind.STUMBLE
    assert 2.5 * GRAVITY_MPS2 < norm[near].max() < 7 * GRAVITY_MPS2
    assert norm[200:900].max() < 1.6 * GRAVITY_MPS2
    fall = Walker((Walk(10.0, BACKWARD), Fall(lie_s=10.0)), 7, mounting=UPRIGHT)
    (event,) = fall.truth.happenings
    accel, gyro = fall.at(event.time_s + grid(8.0))
    before, _ = fall.at(event.time_s - 0.5 + grid(0.5))
    assert np.linalg.norm(before, axis=1).min() < 0.6 * GRAVITY_MPS2
    assert np.linalg.norm(accel[:20], axis=1).max() > 4 * GRAVITY_MPS2
    assert np.abs(accel[300:, 0]).min() > 0.9 * GRAVITY_MPS2
    assert np.linalg.norm(gyro[300:], axis=1).max() < 0.05


def test_a_clip_taken_off_lies_still_and_comes_back_to_its_place():
    walker = Walker((Stand(5.0), TakeOff(20.0), Stand(5.0)), 8, mounting=UPRIGHT, settings=QUIET)
    accel, gyro = walker.at(grid(walker.truth.duration_s))
    assert np.abs(gyro[1000:2500]).max() < 1e-9
    assert np.abs(gyro[500:800]).max() > 1.0
    assert accel[-300:].mean(axis=0) == pytest.approx((0.0, 0.0, GRAVITY_MPS2), abs=0.2)


def test_truth_knows_which_way_the_walker_goes():
    walker = Walker((Stand(5.0), Walk(10.0), Walk(10.0, BACKWARD), Stand(5.0)))
    assert [walker.truth.direction_at(t) for t in (2.0, 10.0, 22.0, 30.0)] == [
        Direction.UNKNOWN,
        Direction.FORWARD,
        Direction.BACKWARD,
        Direction.UNKNOWN,
    ]


@pytest.mark.parametrize("name", SCRIPTS)
def test_named_scripts_play(name):
    walker = Walker(name)
    accel, gyro = walker.at(grid(walker.truth.duration_s, 50.0))
    assert np.isfinite(accel).all()
    assert np.isfinite(gyro).all()
    assert walker.truth.contacts
    wanted = {"stumble": Kind.STUMBLE, "fall": Kind.FALL, "fault": Kind.NOT_WORN}.get(name)
    assert wanted in {None, *(h.kind for h in walker.truth.happenings)}
