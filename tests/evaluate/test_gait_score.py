from dataclasses import replace

import numpy as np
import pytest

from sternway.evaluate.gait_score import gait_figures, gait_table, matched, split_bouts, window_answers
from sternway.evaluate.gait_trial import GaitOutcome, moving, reversed_gait, reversed_in_time, run_gait
from sternway.evaluate.trial import Activity, GaitReference, Trial
from sternway.motion.gait import Step
from sternway.simulate.script import Stand, Walk
from sternway.simulate.walker import BELT, Walker

WALK = Activity("walk", "walking", is_walking=True)


def outcome(contacts, told, direction=None, bouts=((0.0, 10.0),), way=1):
    gait = GaitReference(np.array(contacts, float), bouts_s=bouts, direction=way)
    time_s = np.arange(0.005, 12.0, 0.01)
    answers = np.ones(len(time_s)) if direction is None else np.array([direction(t) for t in time_s])
    steps = tuple(Step(t, t + 0.1) for t in told)
    return GaitOutcome("t", "p", "walk", gait, bouts, (), steps, time_s, answers.astype(np.int8), None)


def simulated():
    walker = Walker((Stand(3.0), Walk(14.0), Stand(2.0)), seed=6)
    time_s = np.arange(0.0, 19.0, 0.01)
    accel, gyro = walker.at(time_s)
    contacts = np.array([contact.time_s for contact in walker.truth.contacts])
    gait = GaitReference(
        contacts, bouts_s=((3.0, 17.0),), foot_offs_s=contacts + 0.1, up=BELT.up, forward=BELT.forward
    )
    walking = (time_s > 3.0) & (time_s < 17.0)
    return Trial("sim", "p", WALK, 100.0, time_s, accel, gyro, walking, gait=gait)


def test_pairs_are_one_to_one_and_the_nearest_first():
    assert matched(np.array([1.0, 2.0, 3.0]), np.array([1.3, 1.9, 2.1]), 0.5) == [(0, 0), (1, 1)]


def test_missed_false_and_late_steps_are_counted():
    steps = gait_figures("x", [outcome([1, 2, 3, 4, 11], [1.02, 2.02, 3.1, 6.0])])["steps"]
    assert (steps["reference"], steps["detected"], steps["matched"]) == (4, 4, 3)
    assert steps["recall"] == steps["precision"] == steps["f1"] == 0.75
    assert steps["abs_error_s"]["p50"] == pytest.approx(0.02)
    assert steps["decided_after_contact_s"]["p50"] == pytest.approx(0.12)


def test_a_hole_in_the_reference_splits_a_bout():
    one = outcome([1, 1.5, 2, 4.5, 5, 5.5], [1, 1.5, 2, 2.7, 3.3, 3.9, 4.5, 5, 5.5])
    assert split_bouts(one) == ((1.0, 2.0), (4.5, 5.5))
    figures = gait_figures("x", [one])
    assert figures["steps"]["precision"] == pytest.approx(6 / 9)
    assert figures["steps_split"]["precision"] == 1.0


def test_cadence_is_compared_bout_by_bout():
    figures = gait_figures("x", [outcome(np.arange(1, 9, 0.5), np.arange(1, 9, 0.505))])
    assert figures["cadence"]["abs_error_steps_per_min_p50"] == pytest.approx(120 - 60 / 0.505)


def test_windows_are_right_wrong_or_unknown_and_accuracy_is_of_the_decided():
    told = lambda t: 0 if t < 3 else 1 if t < 7 else -1  # noqa: E731
    assert window_answers(outcome([], [], told)) == [0, 1, 1, -1]
    direction = gait_figures("x", [outcome([], [], told)])["direction"]
    assert direction["accuracy"] == pytest.approx(2 / 3)
    assert direction["unknown_fraction"] == 0.25
    assert direction["decision_time_s"]["p50"] == pytest.approx(3.0, abs=0.02)


def test_a_clip_counts_once_as_right_unknown_or_wrong():
    clips = [outcome([], []), outcome([], [], way=-1), outcome([], [], lambda t: 0)]
    direction = gait_figures("x", clips)["direction"]
    assert (direction["clips"], direction["clips_right"], direction["clips_unknown"]) == (3, 1, 1)


def test_a_clip_that_is_too_short_is_not_judged():
    one = outcome([], [])
    assert gait_figures("x", [replace(one, gait=replace(one.gait, usable=False))])["direction"]["clips"] == 0


def test_in_the_reversed_film_a_foot_off_is_a_contact_and_turning_changes_sign():
    trial = simulated()
    back = reversed_in_time(trial)
    assert np.array_equal(back.accel_mps2[::-1], trial.accel_mps2)
    assert np.array_equal(back.gyro_radps[::-1], -trial.gyro_radps)
    gait = reversed_gait(trial.gait, 20.0)
    assert gait.contacts_s == pytest.approx(20.0 - trial.gait.foot_offs_s[::-1])
    assert gait.bouts_s == ((3.0, 17.0),)
    assert gait.direction == -1
    assert reversed_in_time(back).time_s == pytest.approx(trial.time_s)


def test_steps_told_while_standing_are_counted_and_those_well_inside_apart():
    one = replace(outcome([], [1.0, 5.0, 20.0]), still_s=(("A05", 0.0, 10.0),))
    standing = gait_figures("x", [one])["still"]["standing"]
    assert (standing["steps"], standing["steps_inside"]) == (2, 1)
    assert standing["steps_per_10_min"] == pytest.approx(120.0)


def test_the_most_steps_in_ten_still_minutes_of_one_recording_are_counted():
    still = (("A05", 0.0, 400.0), ("A01", 400.0, 900.0), ("A04", 900.0, 1500.0))
    one = replace(outcome([], [1.0, 399.0, 500.0, 1000.0, 1400.0]), still_s=still)
    assert gait_figures("x", [one, outcome([], [])])["still_most_in_10_min"] == 3
    assert gait_figures("x", [outcome([], [])])["still_most_in_10_min"] is None


def test_a_walk_begins_with_its_first_motion_and_not_with_the_label():
    trial = replace(simulated(), gait=None)
    start_s, end_s = moving(trial, (0.0, 19.0))
    assert 2.8 < start_s < 3.8
    assert 16.0 < end_s < 17.8
    told = run_gait(replace(trial, walking=np.ones(len(trial.time_s), bool)))
    assert told.labelled_s == ((0.0, pytest.approx(18.99)),)
    direction = gait_figures("sim", [told])["direction"]
    wait = direction["as_labelled"]["decision_time_s"]["p50"] - direction["decision_time_s"]["p50"]
    assert wait == pytest.approx(told.walks_s[0][0], abs=0.02)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_simulated_walk_is_scored_from_end_to_end(reverse):
    told = run_gait(simulated(), reverse=reverse)
    figures = gait_figures("sim", [told], reverse=reverse)
    assert figures["steps"]["f1"] > 0.9
    assert figures["direction"]["accuracy"] == 1.0
    assert figures["mounting"]["accepted_first_try"] == 1.0
    assert figures["mounting"]["wrong_polarity"] == 0
    table = gait_table(figures)
    assert ("reversed" in table) is reverse
    assert "1 right" in table
