import copy
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.detect.stability import StabilityDetector
from sternway.events import Kind
from sternway.motion.gait import Direction
from sternway.motion.regularity import GaitStretch
from sternway.motion.straight import DatedStretch
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, Stand, Walk
from sternway.simulate.walker import BELT, Walker, WalkerSettings

BACK, AHEAD = Direction.BACKWARD, Direction.FORWARD


def stretches(count, *, spread=1.0, ml=1.0, cadence_spm=100.0, seed=1, start_s=0.0, way=BACK):
    """Return measured stretches of a person whose spread of step times is ``spread`` times the usual one."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        noise = rng.normal(0.0, 0.02, 5)
        # Regularity falls with jitter as it does in people: x1.8 costs about a tenth.
        loss = 0.12 * (spread - 1.0)
        end_s = start_s + 5.0 * (i + 1)
        measured = GaitStretch(
            step_time_s=60.0 / cadence_spm,
            stride_changes_s=tuple(rng.normal(0.0, 0.02 * spread * np.exp(noise[0]), 7).tolist()),
            step_regularity=float(0.85 - loss + noise[1]),
            stride_regularity=float(0.85 - loss + noise[2]),
            vertical_variance=4.0,
            mediolateral_variance=float((ml * np.exp(noise[3])) ** 2),
            harmonic_ratio=float(3.0 * np.exp(noise[4])),
            sway_radps=0.3,
        )
        yield DatedStretch(end_s, end_s + 0.5, way, measured)


def listen(detector, *parts):
    return [event for part in parts for dated in part for event in detector.compare(dated)]


def taught(count=36, **kind):
    detector = StabilityDetector()
    listen(detector, stretches(count, **kind))
    return detector


def test_learning_is_a_state_of_its_own():
    detector = StabilityDetector()
    assert detector.learning
    assert detector.level == "unknown"
    assert listen(detector, stretches(4)) == []
    assert detector.learning
    listen(detector, stretches(10, start_s=20.0))
    assert not detector.learning
    assert detector.level == "steady"


def test_steady_walking_gives_no_cue():
    assert [event.level for event in listen(taught(), stretches(200, seed=2, start_s=1000.0))] == []


def test_the_score_grows_with_the_perturbation():
    def highest(spread):
        detector = taught()
        best = 0.0
        for dated in stretches(12, spread=spread, seed=3, start_s=200.0):
            detector.compare(dated)
            best = max(best, detector.score)
        return best

    scores = [highest(spread) for spread in (1.0, 1.2, 1.4, 1.8, 2.5)]
    assert scores == sorted(scores)


def test_jitter_is_found_within_a_minute_and_its_end_is_told():
    detector = taught()
    events = listen(detector, stretches(12, spread=2.0, seed=4, start_s=200.0), stretches(24, seed=5, start_s=260.0))
    levels = [event.level for event in events]
    assert levels[0] in ("raised", "high")
    assert events[0].kind is Kind.STABILITY
    assert events[0].decided_at_s < 260.0
    assert events[0].severity > 0.0
    assert events[0].evidence["step_time_spread_s_z"] > 1.0
    assert levels[-1] == "steady"
    assert events[-1].severity == 0.0


def test_hysteresis_keeps_the_level_from_chattering():
    detector = taught()
    events = listen(detector, stretches(60, spread=1.5, seed=6, start_s=200.0))
    assert len(events) <= 4


def test_sideways_sway_counts_apart_from_timing():
    detector = taught()
    events = listen(detector, stretches(24, ml=1.5, seed=7, start_s=200.0))
    assert [event.level for event in events][:1] == ["raised"]
    assert events[0].evidence["ml_ratio_z"] > 3.0
    assert abs(events[0].evidence["step_time_spread_s_z"]) < 2.5


def test_scores_are_two_sided():
    """Walking that becomes far more regular than usual is remarkable too (Brach 2005), but needs more."""
    detector = taught(spread=3.0)
    events = listen(detector, stretches(24, spread=0.4, seed=8, start_s=200.0))
    assert [event.level for event in events][:1] == ["raised"]
    assert events[0].evidence["step_time_spread_s_z"] < -2.0


def test_another_cadence_is_not_unsteadiness():
    """Slower walking is less regular in everybody: the same change counts for less at another cadence."""
    same, slower = taught(), taught()
    listen(same, stretches(12, spread=1.8, seed=9, start_s=200.0))
    listen(slower, stretches(12, spread=1.8, seed=9, start_s=200.0, cadence_spm=80.0))
    assert slower.score < 0.5 * same.score


def test_each_direction_and_variation_has_a_normal_of_its_own():
    detector = taught()
    listen(detector, stretches(20, way=AHEAD, start_s=200.0))
    detector.variation = "treadmill"
    listen(detector, stretches(20, start_s=400.0))
    assert set(detector.baselines) == {"backward/flat", "forward/flat", "backward/treadmill"}


def test_a_normal_survives_a_restart_as_plain_data():
    first = taught()
    kept = json.loads(json.dumps(first.baselines))
    second = StabilityDetector(baselines=kept)
    listen(second, stretches(2, start_s=200.0))
    assert not second.learning
    assert second.baselines["backward/flat"] == first.baselines["backward/flat"]
    assert kept["backward/flat"]["epochs"] > 2.0


@pytest.mark.parametrize(
    "damage", [{}, {"epochs": "many"}, {"epochs": float("nan")}, {"epochs": -3.0}, {"means": {}}]
)
def test_a_damaged_normal_is_learned_anew(damage):
    plain = {"backward/flat": {**taught().baselines["backward/flat"], **damage}} if damage else {"backward/flat": {}}
    detector = StabilityDetector(baselines=plain)
    listen(detector, stretches(2))
    assert detector.learning


def test_unsteady_walking_never_becomes_the_normal():
    detector = taught()
    before = detector.baselines["backward/flat"]
    listen(detector, stretches(100, spread=3.0, seed=10, start_s=200.0))
    after = detector.baselines["backward/flat"]["means"]
    assert after["step_time_spread_s"] - before["means"]["step_time_spread_s"] < 0.1


def test_steady_walking_joins_the_normal_later():
    detector = taught()
    before = detector.baselines["backward/flat"]["epochs"]
    listen(detector, stretches(60, seed=11, start_s=200.0))
    assert detector.baselines["backward/flat"]["epochs"] > before + 10


def test_forgetting_leaves_nothing_of_the_person():
    detector = taught()
    detector.forget()
    assert detector.baselines == {}
    assert detector.learning


def test_growing_less_steady_over_a_walk_is_fatigue_and_told_once():
    detector = taught()
    slow = [part for i in range(20) for part in stretches(6, spread=1.0 + 0.05 * i, seed=i, start_s=200.0 + 30.0 * i)]
    fatigue = [event for event in listen(detector, slow) if event.kind is Kind.FATIGUE]
    assert len(fatigue) == 1
    assert fatigue[0].evidence["drift"] > 1.0
    steady = listen(taught(), stretches(120, seed=12, start_s=200.0))
    assert [event for event in steady if event.kind is Kind.FATIGUE] == []


def test_short_lanes_add_up_to_an_epoch_and_long_pauses_do_not():
    detector = StabilityDetector()
    lanes = [part for i in range(12) for part in stretches(1, seed=i, start_s=30.0 * i)]
    listen(detector, lanes)
    assert not detector.learning
    paused = StabilityDetector()
    listen(paused, [part for i in range(12) for part in stretches(1, seed=i, start_s=90.0 * i)])
    assert paused.learning


def walk(script, seed=1, cut_count=1, settings=None):
    walker = Walker(script, seed, settings=settings)
    tracker, detector, events = TrunkTracker(mounting=BELT), StabilityDetector(), []
    times_s = np.arange(0.0, walker.truth.duration_s, 1 / 104)
    for part in np.array_split(np.arange(len(times_s)), cut_count):
        for trunk in tracker.update(Block(times_s[part], *walker.at(times_s[part]), float(times_s[part][-1]))):
            events += detector.update(trunk)
    return detector, events


def test_on_a_walk_the_level_comes_goes_and_is_unknown_after_a_rest():
    script = (Stand(2.0), Walk(150.0, BACKWARD), Walk(60.0, BACKWARD, jitter=5.0), Stand(70.0))
    detector, events = walk(script)
    assert list(detector.baselines) == ["backward/flat"]
    levels = [event.level for event in events]
    assert levels[0] == "steady"
    assert {"raised", "high"} & set(levels)
    assert levels[-1] == detector.level == "unknown"
    found = next(event for event in events if event.level in ("raised", "high"))
    assert 152.0 < found.time_s < 214.0
    assert found.time_s <= found.decided_at_s


@settings(max_examples=3, deadline=None)
@given(cut_count=st.integers(2, 700))
def test_where_the_stream_is_cut_changes_nothing(cut_count):
    script = (Stand(2.0), Walk(45.0, BACKWARD), Walk(12.0, BACKWARD, jitter=4.0))
    whole, events = walk(script)
    cut, cut_events = walk(script, cut_count=cut_count)
    assert events == cut_events
    assert whole.baselines == cut.baselines


def test_a_copy_goes_on_alike():
    detector = taught()
    copies = [copy.deepcopy(detector), pickle.loads(pickle.dumps(detector))]
    later = list(stretches(40, spread=2.0, seed=13, start_s=200.0))
    events = listen(detector, later)
    assert events
    assert all(listen(other, later) == events for other in copies)


def test_the_walkers_own_jitter_setting_is_seen():
    calm, _ = walk((Walk(60.0, BACKWARD),), settings=WalkerSettings(jitter=0.5))
    wild, _ = walk((Walk(60.0, BACKWARD),), settings=WalkerSettings(jitter=3.0))
    spread = [detector.baselines["backward/flat"]["means"]["step_time_spread_s"] for detector in (calm, wild)]
    assert spread[1] - spread[0] > 0.5
