import pytest

from sternway.evaluate import report
from sternway.evaluate.pipeline import Alarm, TrialResult
from sternway.evaluate.score import scores
from sternway.evaluate.trial import Activity
from sternway.events import Kind

WALK = Activity("W", "walking", is_walking=True)
SIT = Activity("S", "sitting down")
STUMBLE = Activity("X", "stumbling", is_stumble=True)
FALL = Activity("F", "falling", is_fall=True, from_gait=True)


BOTH = frozenset({"always", "walk"})


def alarm(kind, decided_at_s, *, time_s=None, sessions=BOTH, walking=False, activity="X"):
    return Alarm(kind, decided_at_s if time_s is None else time_s, decided_at_s, sessions, walking, activity, {})


def outcome(activity, *alarms, seconds=60.0, name="trial", **known):
    known = {"impact_s": None, "onset_s": None, "alert_s": None, **known}
    walked = seconds if activity.is_walking else 0.0
    return TrialResult(
        name, "A", activity, seconds, walked, seconds_of={activity.code: seconds}, alarms=alarms, **known
    )


def test_a_stumble_counts_from_half_a_second_before_its_label_to_a_second_after():
    found = [
        outcome(STUMBLE, alarm(Kind.STUMBLE, at_s), alert_s=(10.0, 11.0)) for at_s in (9.4, 9.6, 10.2, 11.9, 12.1)
    ]
    score = scores("x", "none", found)["stumble"]
    assert (score["trials"], score["detected"], score["sensitivity"]) == (5, 3, 0.6)
    assert score["detected_anywhere"] == 5
    assert score["latency_s"]["p50"] == pytest.approx(0.2)


def test_without_a_label_a_stumble_anywhere_counts_and_has_no_latency():
    score = scores("x", "none", [outcome(STUMBLE, alarm(Kind.STUMBLE, 3.0))])["stumble"]
    assert score["detected"] == 1
    assert score["latency_s"]["p50"] is None


def test_a_fall_is_foreseen_only_before_its_impact_and_within_two_seconds():
    found = [outcome(FALL, alarm(Kind.PRE_IMPACT, at_s), impact_s=10.0) for at_s in (7.9, 9.6, 9.9, 10.0, 10.5)]
    score = scores("x", "none", found)["pre_impact"]
    assert score["detected"] == 2
    assert score["lead_s"]["mean"] == pytest.approx(0.25)
    assert score["detected_150_ms_before"] == 1
    assert score["from_gait"]["trials"] == 5


def test_a_fall_is_placed_near_its_impact_and_delay_runs_to_the_decision():
    found = [outcome(FALL, alarm(Kind.FALL, 13.0, time_s=at_s), impact_s=10.0) for at_s in (7.0, 9.5, 12.5)]
    score = scores("x", "none", found)["fall"]
    assert score["detected"] == 1
    assert score["delay_s"]["p50"] == pytest.approx(3.0)


def test_false_alarms_are_per_trial_and_per_hour_and_per_hour_of_walking():
    found = [
        outcome(WALK, alarm(Kind.STUMBLE, 5.0, walking=True, activity="W"), seconds=1800.0),
        outcome(SIT, alarm(Kind.STUMBLE, 5.0), alarm(Kind.STUMBLE, 9.0), seconds=1800.0),
        outcome(SIT, seconds=1800.0),
        outcome(STUMBLE, seconds=1800.0),
    ]
    score = scores("x", "none", found)["stumble"]
    assert score["false_alarms_per_hour_walking"] == pytest.approx(2.0)
    assert score["walking_hours"] == pytest.approx(0.5)
    assert score["false_alarms_per_hour"] == pytest.approx(2.0)
    assert (score["adl_trials"], score["adl_trials_with_alarm"]) == (3, 2)
    assert score["specificity"] == pytest.approx(1 / 3)


def test_a_stumble_trial_is_daily_life_for_falls_but_not_for_stumbles():
    figures = scores("x", "none", [outcome(STUMBLE, alarm(Kind.FALL, 5.0))])
    assert figures["fall"]["adl_trials_with_alarm"] == 1
    assert figures["stumble"]["adl_trials"] == 0
    assert figures["stumble"]["specificity"] is None


def test_a_session_leaves_out_what_does_not_count_in_it():
    found = [outcome(SIT, alarm(Kind.STUMBLE, 5.0, sessions=frozenset({"walk"}), activity="S"))]
    assert scores("x", "none", found)["stumble"]["adl_trials_with_alarm"] == 1
    assert scores("x", "walk", found)["stumble"]["adl_trials_with_alarm"] == 1
    always = scores("x", "always", found)
    assert (always["gate"], always["session"]) == ("walking", "always")
    assert always["stumble"]["adl_trials_with_alarm"] == 0
    assert always["per_activity"]["S"]["stumble"]["alarms"] == 0


def test_a_stumble_that_only_its_peak_places_counts_around_it_and_is_timed_from_it():
    found = [outcome(STUMBLE, alarm(Kind.STUMBLE, at_s), peak_s=10.0) for at_s in (8.4, 8.6, 9.9, 10.9, 11.1)]
    score = scores("x", "none", found)["stumble"]
    assert (score["detected"], score["detected_anywhere"]) == (3, 5)
    assert score["after_peak_s"] == {"p50": pytest.approx(-0.1), "p90": pytest.approx(0.7), "count": 3}
    assert score["latency_s"]["count"] == 0


def test_what_a_recording_ends_before_is_censored_and_neither_heard_nor_missed():
    found = [
        outcome(FALL, alarm(Kind.FALL, 12.9, time_s=10.0), impact_s=10.0, end_s=13.0, name="heard"),
        outcome(FALL, impact_s=10.0, end_s=13.4, name="short"),
        outcome(FALL, impact_s=10.0, end_s=13.6, name="missed"),
        outcome(FALL, impact_s=10.0, end_s=9.9, name="cut off"),
        outcome(STUMBLE, alert_s=(10.0, 11.0), end_s=10.9),
        outcome(STUMBLE, alert_s=(10.0, 11.0), end_s=11.1),
        outcome(STUMBLE, peak_s=10.0, end_s=10.9),
        outcome(STUMBLE, end_s=1.0),
    ]
    figures = scores("x", "none", found)
    fall, stumble = figures["fall"], figures["stumble"]
    assert (fall["trials"], fall["detected"], fall["censored"], fall["missed"]) == (4, 1, 2, 1)
    assert (fall["sensitivity"], fall["sensitivity_settled"]) == (0.25, 0.5)
    assert (stumble["trials"], stumble["censored"], stumble["missed"]) == (4, 2, 2)
    assert figures["pre_impact"]["censored"] == 1
    assert figures["worst"]["fall"]["missed"] == ["missed"]
    assert figures["worst"]["fall"]["censored"] == ["short", "cut off"]
    assert "fall ended before it could be settled: short, cut off" in report.table([figures], {})
    assert "2; of the others 50.0 %" in report.table([figures], {})


def test_the_keys_that_others_read_are_there():
    figures = scores("x", "none", [outcome(FALL, impact_s=1.0), outcome(STUMBLE), outcome(WALK)])
    assert {"dataset", "gate", "subjects", "hours", "stumble", "pre_impact", "fall", "per_activity"} <= set(figures)
    assert {
        "trials",
        "detected",
        "sensitivity",
        "latency_s",
        "false_alarms_per_hour_walking",
        "walking_hours",
    } <= set(figures["stumble"])
    assert {"lead_s", "false_alarms_per_hour_walking", "adl_trials", "adl_trials_with_alarm", "specificity"} <= set(
        figures["pre_impact"]
    )
    assert {"mean", "p10", "p50"} <= set(figures["pre_impact"]["lead_s"])
    assert {
        "trials",
        "detected",
        "sensitivity",
        "adl_trials",
        "adl_trials_with_alarm",
        "specificity",
        "delay_s",
    } <= set(figures["fall"])


def test_the_table_names_what_was_missed_and_what_was_loud():
    found = [
        outcome(FALL, impact_s=1.0, name="F_missed"),
        outcome(SIT, alarm(Kind.FALL, 5.0, activity="S"), name="S_loud"),
    ]
    text = report.table([scores("x", gate, found) for gate in ("none", "always")], {"F": FALL, "S": SIT})
    assert "fall missed: F_missed" in text
    assert "fall false alarms: S_loud (1)" in text
    assert "0/1 = 0.0 %" in text
    assert "no such trials" in text
