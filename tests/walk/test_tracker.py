import json

import pytest
from msgspec import structs

from sternway.events import Cause, Kind, Press
from sternway.motion.gait import Direction, Step
from sternway.records import Phase, RecordKind
from sternway.walk.tracker import SessionTracker, TrackerSettings
from sternway.walk.walk import REASON_WORDS, Reason
from sternway.wire.commands import Haptics
from sternway.wire.plan import WalkPlan
from sternway.wire.values import Cue

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
SHORT = WalkPlan(2, 0.5, 10.0, 0.25, 0.25, lane_steps=12, version="test")


def lanes(walker, seconds, lane_s=7.0):
    """Walk backward in lanes with turns between, for ``seconds`` in all."""
    while seconds > 0:
        part = min(lane_s, seconds)
        walker.walk(part)
        seconds -= part
        if seconds > 0:
            turning = min(3.0, seconds)
            walker.turn(turning)
            seconds -= turning
    return walker


# --- a whole walk ----------------------------------------------------------------------------------------------


def test_a_whole_walk_is_led_by_cues_alone(walker):
    walker.started()
    assert walker.tracker.phase is Phase.WARM_UP
    walker.walk(15.0, FORWARD)
    assert walker.tracker.phase is Phase.BACKWARD
    lanes(walker, 30.0)
    assert walker.tracker.phase is Phase.REST
    walker.stand(10.01)
    lanes(walker, 30.0)
    assert walker.tracker.phase is Phase.COOL_DOWN
    walker.walk(15.0, FORWARD)
    assert walker.tracker.phase is Phase.READY
    assert walker.names() == ["start", "change", *["turn"] * 3, "change", "change", *["turn"] * 3, "change", "end"]
    assert (walker.report["reason"], walker.report["complete"]) == ("done", True)


def test_a_walk_with_a_stumble_a_pause_a_kill_and_a_resume_gives_one_exact_report(new_walker):
    """The decisive walk: start, warm-up, lanes, a stumble, pause, kill -9, resume, end."""
    walker = new_walker(SHORT, recognised_after_s=1.5)
    walker.tracker.describe(versions={"software": "1"})
    walker.command("start", check={"place": "hall", "pain_before": 2})
    walker.stand(10.01)
    walker.walk(15.0, FORWARD)
    lanes(walker, 20.0)
    walker.event(Kind.STUMBLE, 0.6, after_s=2.0)
    walker.walk(4.0)
    walker.press()
    walker.stand(12.0)
    walker.killed(away_s=7.0)
    walker.stand(5.0)
    walker.press()
    walker.walk(6.0)
    walker.stand(10.01)
    lanes(walker, 30.0)
    walker.walk(15.0, FORWARD)

    ((kind, report),) = walker.reports
    assert kind is RecordKind.SESSION
    dose = report["dose"]
    assert dose["backward_s"] == pytest.approx(walker.seconds[BACKWARD], abs=1.0)
    assert dose["forward_s"] == pytest.approx(walker.seconds[FORWARD], abs=1.0)
    assert dose["steps_backward"] == pytest.approx(walker.steps[BACKWARD], rel=0.02)
    assert dose["steps_forward"] == pytest.approx(walker.steps[FORWARD], rel=0.02)
    assert report["events"]["count"] == {"stumble": 1}
    assert [event["kind"] for event in report["events"]["list"]] == ["stumble"]
    assert report["paused_s"] == pytest.approx(17.0, abs=0.1)
    assert (report["restart_count"], report["unseen_s"]) == (1, 0.0)
    assert report["cadence_spm"]["backward"] == pytest.approx(120.0)
    assert report["versions"] == {"software": "1"}
    assert report["plan"]["version"] == "test"
    answers = {"place": "hall", "surface": "not answered", "footwear": "not answered"}
    assert report["answers"] == {**answers, "support": "not answered", "pain_before": 2}


def test_a_kill_at_any_moment_loses_nothing_counted(new_walker):
    whole, cut = new_walker(SHORT), new_walker(SHORT)
    for walker in (whole, cut):
        walker.started()
        for _ in range(10):
            walker.walk(2.3)
            if walker is cut:
                walker.killed(away_s=0.0)
        walker.press(Press.LONG)
    assert cut.report["restart_count"] == 10
    for part in ("dose", "cadence_spm", "softness", "cues", "phases", "posture"):
        assert cut.report[part] == whole.report[part]


def test_steps_decided_together_and_a_restart_in_the_same_moment_lose_nothing(walker):
    walker.started()
    at_s = walker.now_s
    together = [Step(at_s + 0.5 * n, at_s + 2.0, 0.5) for n in range(1, 4)]
    walker.coming += together
    walker.stand(2.5, walking=True, direction=int(FORWARD), accel=11.5)
    walker.sample -= 3
    walker.killed(away_s=0.0).press(Press.LONG)
    assert (walker.report["reason"], walker.report["dose"]["steps_forward"]) == ("long_press", 3)


def test_time_that_nobody_watched_is_said_and_not_counted(walker):
    walker.started().walk(5.0, FORWARD)
    walker.killed(away_s=8.0)
    walker.walk(5.0, FORWARD).press(Press.LONG)
    assert walker.report["unseen_s"] == pytest.approx(8.0, abs=0.1)
    assert walker.report["dose"]["forward_s"] == 10.0


def test_where_the_stream_is_cut_changes_nothing(new_walker):
    def walk(block):
        walker = new_walker(SHORT, block=block, recognised_after_s=1.2)
        walker.started().walk(15.0, FORWARD)
        walker.event(Kind.STUMBLE, after_s=3.217)
        lanes(walker, 30.0)
        walker.stand(10.01)
        lanes(walker, 30.0)
        walker.walk(15.0, FORWARD)
        return walker.cues, walker.reports

    assert walk(1) == walk(37) == walk(100_000)


def test_a_walk_left_on_another_boot_is_reported_as_it_was(walker):
    walker.tracker.describe(origin={"boot_id": "before", "monotonic_s": 1.0, "wall_time": "2026-05-04T18:00:00Z"})
    walker.started().walk(8.0, FORWARD)
    ended_s = walker.now_s
    walker.killed(away_s=60.0, same_boot=False)
    assert (walker.report["reason"], walker.report["origin"]["boot_id"]) == ("switched_off", "before")
    assert walker.report["dose"]["forward_s"] == 8.0
    assert walker.report["ended_s"] == pytest.approx(ended_s, abs=0.02)
    assert walker.tracker.phase is Phase.READY
    assert walker.names() == ["start"]


def test_a_walk_left_long_ago_is_ended_too(walker):
    walker.started().walk(8.0, FORWARD).killed(away_s=3600.0)
    assert walker.report["reason"] == "switched_off"


@pytest.mark.parametrize("spoilt", [{}, {"plan": 3}, {"plan": {}, "facts": {}, "walk": {"started_s": 1}}])
def test_a_spoilt_snapshot_is_refused_and_the_clip_is_ready(spoilt):
    tracker = SessionTracker()
    answer = tracker.restore(spoilt, 10.0).answer
    assert not answer.accepted
    assert "cannot be read" in answer.words
    assert tracker.phase is Phase.READY


def test_a_snapshot_is_plain_json_in_every_phase(walker):
    for act in (lambda: None, walker.press, walker.started, lambda: walker.walk(16.0), walker.press):
        act()
        snapshot = walker.tracker.snapshot()
        assert json.loads(json.dumps(snapshot)) == snapshot


# --- the standing check -----------------------------------------------------------------------------------------


def test_the_standing_check_waits_for_stillness_then_gives_up(walker):
    walker.press()
    walker.stand(12.0, accel=12.0)
    assert walker.tracker.phase is Phase.STANDING_CHECK
    walker.stand(3.0)
    assert walker.names() == ["start"]

    walker.press(Press.LONG)
    walker.press()
    walker.stand(61.0, accel=12.0)
    assert walker.names()[-1] == "trouble"
    assert walker.tracker.view.reason == "not_still"
    assert len(walker.reports) == 1, "a check that failed is no walk"


def test_a_motor_that_is_not_felt_stops_the_start(walker):
    walker.press()
    walker.stand(3.0)
    walker.take(walker.tracker.motor_felt(False, walker.now_s))
    assert walker.names() == ["trouble"]
    assert "motor" in walker.tracker.view.words
    assert walker.tracker.phase is Phase.READY


@pytest.mark.parametrize("felt", [True, None])
def test_a_motor_that_is_felt_or_not_there_lets_the_walk_begin(walker, felt):
    walker.press()
    walker.take(walker.tracker.motor_felt(felt, walker.now_s))
    walker.stand(10.01).walk(3.0).press(Press.LONG)
    assert walker.report["sensor"]["motor_felt"] is felt


def test_the_motor_shaking_the_clip_is_not_moving(walker):
    walker.press()
    walker.stand(10.01, accel=15.0, motor_on=True)
    assert walker.names() == ["start"]


# --- lanes and clocks -------------------------------------------------------------------------------------------


def test_the_end_of_a_lane_comes_after_its_steps_and_a_turn_begins_the_next(new_walker):
    walker = new_walker(structs.replace(SHORT, warm_up_min=0.0, stretch_min=2.0))
    walker.started().walk(5.0)
    walker.turn()
    walker.walk(5.9)
    assert walker.names() == ["start"], "9 and 11 steps are no lane"
    assert walker.tracker.view.lane == 2
    walker.walk(1.0)
    assert walker.names() == ["start", "turn"]
    assert walker.tracker.view.lane == 3


def test_walking_forward_between_lanes_begins_the_lane_anew(new_walker):
    walker = new_walker(structs.replace(SHORT, warm_up_min=0.0, stretch_min=2.0))
    walker.started().walk(5.0).walk(5.0, FORWARD).walk(5.0)
    assert walker.names() == ["start"]


def test_lanes_by_time(new_walker):
    walker = new_walker(structs.replace(SHORT, warm_up_min=0.0, lane_steps=0, lane_s=8.0))
    begun_s = walker.started().now_s
    walker.walk(20.0)
    assert [round(t - begun_s) for t, name in walker.cues if name == "turn"] == [8, 16]


def test_one_long_stretch_has_a_half_way_cue_and_no_lanes_on_a_treadmill(new_walker):
    plan = structs.replace(SHORT, stretches=1, stretch_min=1.0, warm_up_min=0.0, lane_steps=0)
    walker = new_walker(plan)
    begun_s = walker.started().now_s
    walker.walk(61.0)
    assert [(round(t - begun_s), name) for t, name in walker.cues[1:]] == [(30, "change"), (60, "change")]


def test_standing_about_does_not_use_up_the_minutes(walker):
    walker.started().walk(10.0, FORWARD).stand(15.0).walk(2.0, FORWARD)
    assert walker.tracker.phase is Phase.WARM_UP
    walker.walk(2.0, FORWARD)
    assert walker.tracker.phase is Phase.BACKWARD


def test_standing_pauses_and_walking_on_resumes(walker):
    walker.started().walk(5.0, FORWARD).stand(21.0)
    assert (walker.tracker.phase, walker.tracker.view.reason) == (Phase.PAUSED, "standing")
    walker.walk(1.0, FORWARD)
    assert walker.tracker.phase is Phase.WARM_UP
    assert walker.names() == ["start"]


def test_handling_the_clip_pauses_until_it_is_worn_and_walks_again(walker):
    walker.started().walk(5.0, FORWARD)
    walker.event(Kind.NOT_WORN).walk(3.0, FORWARD, truth=False)
    assert (walker.tracker.phase, walker.tracker.view.reason) == (Phase.PAUSED, "not_worn")
    walker.event(Kind.NOT_WORN, 0.0).walk(1.0, FORWARD)
    assert walker.tracker.phase is Phase.WARM_UP


def test_a_long_pause_ends_the_walk(new_walker):
    walker = new_walker(SHORT, TrackerSettings(pause_limit_s=60.0))
    walker.started().walk(5.0, FORWARD).press()
    walker.stand(59.0)
    assert walker.reports == []
    walker.stand(2.0)
    assert (walker.report["reason"], walker.names()[-1]) == ("paused_too_long", "end")


def test_steps_before_the_direction_is_known_are_counted_with_it_and_hesitation_is_unknown(new_walker):
    walker = new_walker(SHORT, recognised_after_s=2.0)
    walker.started().walk(8.0, FORWARD)
    walker.stand(3.0)
    walker.walk(1.5, FORWARD, truth=False)
    walker.stand(7.0)
    walker.press(Press.LONG)
    dose = walker.report["dose"]
    assert (dose["forward_s"], dose["unknown_s"]) == (8.0, 1.5)
    assert (dose["steps_forward"], dose["steps_unknown"]) == (walker.steps[FORWARD], 3)


# --- stop rules -------------------------------------------------------------------------------------------------


def stop_long(walker):
    walker.press(Press.LONG)


def stop_page(walker):
    walker.command("stop")


def stop_pain(walker):
    walker.command("pain")


def stop_stumbles(walker):
    walker.event(Kind.STUMBLE).walk(1.0).event(Kind.STUMBLE)


@pytest.mark.parametrize(
    ("stop", "reason", "asks"),
    [
        (stop_long, "long_press", True),
        (stop_page, "page_stop", True),
        (stop_pain, "pain", True),
    ],
)
def test_a_stop_rule_ends_the_walk_at_once_with_trouble_and_its_reason(walker, stop, reason, asks):
    walker.started().walk(4.0, FORWARD)
    stop(walker)
    assert walker.cues[-1] == (pytest.approx(walker.now_s, abs=0.1), "trouble")
    assert walker.tracker.phase is Phase.READY
    assert (walker.report["reason"], walker.report["stopped"]) == (reason, True)
    assert bool(walker.report["asks"]) is asks
    assert REASON_WORDS[Reason(walker.report["reason"])] == walker.tracker.view.words


def test_two_stumbles_stop_the_walk_at_once_and_it_is_over_when_no_fall_came_of_them(walker):
    walker.started().walk(4.0, FORWARD)
    stop_stumbles(walker)
    assert walker.cues[-1] == (pytest.approx(walker.now_s, abs=0.1), "trouble")
    assert (walker.tracker.phase, walker.tracker.view.reason) == (Phase.PAUSED, "two_stumbles")
    steps = walker.tracker.view.steps
    walker.walk(3.0, FORWARD, truth=False).fault(Cause.FROZEN_SENSOR).fault(Cause.FROZEN_SENSOR, 0.0)
    answer = walker.press()
    assert (answer.accepted, "rest for today" in answer.words) == (False, True)
    assert (walker.tracker.view.steps, walker.reports) == (steps, [])
    walker.stand(10.0)
    assert (walker.report["reason"], walker.report["stopped"], walker.report["asks"]) == ("two_stumbles", True, [])
    assert walker.names().count("trouble") == 2, "at the second stumble, and to the press"


def test_a_fall_that_began_as_the_second_stumble_is_why_the_walk_ended(walker):
    walker.started().walk(4.0, FORWARD)
    stop_stumbles(walker)
    walker.stand(9.0).event(Kind.FALL).stand(20.0).event(Kind.FALL_CONFIRMED)
    assert walker.report["reason"] == "fall"
    assert walker.report["events"]["count"] == {"stumble": 2, "fall": 1, "fall_confirmed": 1}


def test_two_stumbles_in_a_long_pause_wait_for_a_fall_too(walker):
    walker.started().walk(4.0, FORWARD)
    walker.press()
    walker.stand(40.0)
    stop_stumbles(walker)
    walker.stand(9.0).event(Kind.FALL).event(Kind.FALL_CONFIRMED)
    assert walker.report["reason"] == "fall"


def test_power_lost_right_after_two_stumbles_leaves_them_the_reason(walker):
    walker.started().walk(4.0, FORWARD)
    stop_stumbles(walker)
    walker.killed(same_boot=False)
    assert (walker.report["reason"], walker.report["stopped"]) == ("two_stumbles", True)


def test_a_stop_after_two_stumbles_ends_the_walk_for_the_stumbles(walker):
    walker.started().walk(4.0, FORWARD)
    stop_stumbles(walker)
    walker.press(Press.LONG)
    assert (walker.tracker.phase, walker.report["reason"]) == (Phase.READY, "two_stumbles")


def test_one_stumble_does_not_stop_and_good_news_about_one_does_not_count(walker):
    walker.started().walk(4.0, FORWARD)
    walker.event(Kind.STUMBLE).event(Kind.STUMBLE, severity=0.0)
    assert walker.tracker.phase is Phase.WARM_UP


@pytest.mark.parametrize(
    ("before", "level", "stops"), [(2, 3, False), (2, 4, True), (5, 6, False), (None, 3, False), (None, 4, True)]
)
def test_pain_with_a_number_stops_when_it_grew_by_two_or_is_over_three_unasked(walker, before, level, stops):
    walker.command("start", **({} if before is None else {"check": {"pain_before": before}}))
    walker.stand(10.01).walk(3.0, FORWARD)
    walker.command("pain", level=level, place="left knee")
    assert (walker.tracker.phase is Phase.READY) is stops
    walker.press(Press.LONG)
    assert walker.report["pains"][0]["level"] == level


def test_a_fall_pauses_at_once_and_ends_the_walk_when_it_is_settled(walker):
    walker.started().walk(4.0, FORWARD)
    walker.event(Kind.FALL)
    assert (walker.tracker.phase, walker.tracker.view.reason) == (Phase.PAUSED, "fall")
    walker.stand(5.0).event(Kind.FALL_CANCELLED, 0.0)
    assert (walker.report["reason"], walker.names()[-1]) == ("fall", "trouble")
    assert walker.report["events"]["count"] == {"fall": 1, "fall_cancelled": 1}


def test_during_a_fall_countdown_the_button_belongs_to_it(walker):
    walker.started().walk(4.0, FORWARD)
    walker.event(Kind.FALL).stand(1.0)
    assert walker.press(Press.LONG).words == "Sent now."
    assert walker.press(Press.SHORT).words == "I'm OK."
    assert not walker.command("resume").accepted
    assert walker.tracker.phase is Phase.PAUSED
    assert walker.reports == []


def test_no_walk_begins_while_a_fall_is_open(walker):
    walker.event(Kind.FALL)
    assert "fall" in walker.command("start").words
    walker.event(Kind.FALL_CANCELLED, 0.0)
    assert walker.command("start").accepted


def test_a_fault_pauses_and_the_walk_goes_on_only_when_the_clip_sees_again(walker):
    walker.started().walk(4.0, FORWARD)
    walker.fault(Cause.FROZEN_SENSOR)
    assert (walker.tracker.phase, walker.tracker.view.reason) == (Phase.PAUSED, "fault")
    answer = walker.press()
    assert (answer.accepted, walker.names()[-1]) == (False, "trouble")
    assert "frozen_sensor" in answer.words
    walker.fault(Cause.FROZEN_SENSOR, 0.0).walk(2.0, FORWARD, truth=False)
    assert walker.tracker.phase is Phase.PAUSED, "only the walker decides to go on after a fault"
    walker.press()
    assert walker.tracker.phase is Phase.WARM_UP


def test_a_silent_sensor_lets_a_long_pause_end(walker):
    walker.started().walk(4.0, FORWARD)
    walker.fault().silence(700.0)
    assert (walker.report["reason"], walker.names()[-1]) == ("fault", "trouble")


def test_a_fault_in_the_standing_check_begins_no_walk(walker):
    walker.press()
    walker.stand(2.0).fault()
    assert (walker.tracker.phase, walker.reports) == (Phase.READY, [])
    assert "fault" in walker.press().words


# --- button and commands ----------------------------------------------------------------------------------------


def test_a_bouncing_button_is_one_press(walker):
    walker.press()
    walker.stand(0.1)
    assert not walker.press().accepted
    walker.stand(10.01).walk(3.0, FORWARD).press()
    walker.stand(0.2).press()
    assert walker.tracker.phase is Phase.PAUSED


def test_pressing_again_in_the_standing_check_changes_nothing(walker):
    walker.press()
    walker.stand(4.0)
    assert not walker.press().accepted
    walker.stand(6.01)
    assert walker.tracker.phase is Phase.WARM_UP


def test_a_double_start_is_refused_in_words(walker):
    assert walker.command("start").accepted
    assert walker.command("start").words == "A walk is already under way (standing check)."
    walker.stand(10.01).walk(1.0).press()
    assert walker.command("start").words == "A walk is already under way (paused: resume or stop it)."


def test_a_short_press_in_the_cool_down_ends_the_walk(walker):
    walker.started().walk(15.0, FORWARD).walk(30.0).stand(10.01).walk(30.0).walk(2.0, FORWARD).press()
    assert (walker.report["reason"], walker.names()[-1]) == ("done", "end")


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("start", {"clip_id": "clip-9"}, "unknown key start.clip_id"),
        ("start", {"chek": {}}, "unknown key start.chek; did you mean start.check?"),
        ("start", {"check": {"pain_before": 11}}, "start.check.pain_before must be between 0 and 10"),
        ("start", {"variation": "stairs"}, "start.variation must be one of flat, uphill, treadmill"),
        ("dance", {}, "there is no command 'dance'"),
        ("pause", {}, "No walk is under way."),
        ("resume", {}, "Nothing is paused."),
        ("stop", {}, "No walk is under way."),
        ("ok", {}, "No fall is being asked about."),
        ("pain", {}, "How much does it hurt, 0 to 10?"),
        ("pain", {"level": True}, "pain.level must be a whole number, not True"),
        ("haptics", {}, "haptics.on is missing"),
        ("haptics", {"on": "yes"}, "haptics.on must be true or false, not 'yes'"),
        ("buzz", {"cue": "loud"}, "buzz.cue must be one of start"),
    ],
)
def test_a_command_that_cannot_be_is_answered_in_words_and_changes_nothing(walker, name, body, words):
    before = walker.tracker.snapshot()
    answer = walker.command(name, **body)
    assert not answer.accepted
    assert words in answer.words
    assert walker.tracker.snapshot() == before
    assert walker.cues == []


def test_pain_between_walks_is_a_journal_entry(walker):
    assert walker.command("pain", level=4, place="right knee", when="next_morning").accepted
    assert walker.reports == [
        (
            RecordKind.JOURNAL,
            {"kind": "pain", "body": {"value": 4, "when": "next_morning", "place": "right knee"}},
        )
    ]


def test_buzz_plays_the_cue_asked_for_and_haptics_asks_for_the_motor(walker):
    walker.command("buzz", cue="turn")
    assert walker.names() == ["turn"]
    outcome = walker.tracker.command(Haptics(on=False), walker.now_s)
    assert (outcome.haptics, outcome.answer.accepted) == (False, True)
    assert "cannot warn" in outcome.answer.words


def test_the_plan_of_a_walk_under_way_does_not_change(walker):
    walker.started()
    walker.tracker.take_plan(WalkPlan(version="next"))
    walker.walk(3.0).press(Press.LONG)
    assert walker.report["plan"]["version"] == "test"
    assert walker.tracker.plan.version == "next"


def test_the_variation_and_support_of_today_may_be_chosen_at_the_start(walker):
    walker.command("start", variation="uphill", support="rail")
    walker.stand(10.01).walk(3.0).press(Press.LONG)
    assert (walker.report["plan"]["variation"], walker.report["plan"]["support"]) == ("uphill", "rail")


def test_a_sample_clock_that_stands_still_or_goes_back_counts_nothing(walker):
    walker.started().walk(5.0, FORWARD)
    walker.sample -= 300
    walker.walk(3.0, FORWARD, truth=False)
    walker.walk(2.0, FORWARD).press(Press.LONG)
    assert walker.report["dose"]["forward_s"] == pytest.approx(walker.seconds[FORWARD])


def test_the_view_shows_what_is_known_now_and_how_the_last_walk_ended(walker):
    assert walker.tracker.view.plan_progress is None
    walker.started().walk(15.0, FORWARD).stand(0.1).walk(5.0)
    view = walker.tracker.view
    assert (view.phase, view.direction, view.lane, view.stretch) == (Phase.BACKWARD, BACKWARD, 1, 1)
    assert (view.cadence_spm, view.backward_s) == (pytest.approx(120.0), pytest.approx(3.5, abs=0.6))
    assert view.backward_s + view.backward_provisional_s == pytest.approx(5.0, abs=0.1)
    assert view.plan_progress == pytest.approx(5 / 60, abs=0.01)
    walker.stand(1.0).press(Press.LONG)
    view = walker.tracker.view
    assert (view.phase, view.direction, view.cadence_spm) == (Phase.READY, Direction.UNKNOWN, None)
    assert (view.reason, view.steps_backward) == ("long_press", walker.steps[BACKWARD])


def test_steadiness_and_posture_are_reported_with_the_baseline(walker):
    walker.tracker.describe(baseline={"epochs": 40})
    walker.started().walk(15.0, FORWARD)
    walker.event(Kind.STABILITY, 0.0, level="steady").walk(10.0)
    walker.event(Kind.STABILITY, 0.5, level="raised").walk(5.0, up=(0.0, 0.1, 0.995)).press(Press.LONG)
    steadiness, posture = walker.report["steadiness"], walker.report["posture"]
    assert (steadiness["steady_s"], steadiness["raised_s"]) == (pytest.approx(10.0, abs=0.05), pytest.approx(5.0))
    assert (steadiness["level"], steadiness["baseline"]) == ("raised", {"epochs": 40})
    assert posture["lean_rad"] == pytest.approx(0.1 / 3, rel=0.05)
    assert walker.report["softness"]["ratio"] == pytest.approx(1.0)


def test_every_cue_falls_due_at_the_sample_that_caused_it(walker):
    begun_s = walker.now_s
    walker.started()
    assert walker.cues == [(pytest.approx(begun_s + 10.0, abs=0.02), Cue.START)]
    walker.walk(15.0, FORWARD)
    assert walker.cues[1] == (pytest.approx(begun_s + 25.0, abs=0.02), Cue.CHANGE)
