"""The whole path in virtual time: emulated chip, production driver, monitor, motor and records."""

import errno
import json
import logging
from dataclasses import dataclass, field
from itertools import pairwise
from queue import SimpleQueue

import pytest

from sternway.alert.patterns import Pattern
from sternway.clock import Clock
from sternway.commands import calibrate
from sternway.config import RecordingSettings
from sternway.conversion import plain
from sternway.detect.stumble import StumbleDetector
from sternway.device.clip import Clip
from sternway.device.emulated import EmulatedBus, EmulatedBusRecovery, EmulatedLsm6dsox, VirtualClock
from sternway.errors import MessageError
from sternway.events import Cause, Kind, Press
from sternway.loop import Loop, LoopHooks, LoopParts
from sternway.memory import Memory
from sternway.motion.speed import SpeedEstimator
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.power import Power
from sternway.recording.files import Recording
from sternway.recording.recorder import Recorder
from sternway.records import Phase, Record, RecordKind
from sternway.simulate.script import BACKWARD, FORWARD, Fall, Stand, Stumble, Turn, Walk, lanes
from sternway.simulate.walker import BELT, Walker
from sternway.walk.calibration import Fitting, FittingPhase
from sternway.wire.messages import Command, Plan, decode_plan, read_command
from sternway.wire.plan import PlannedWalk, WalkPlan
from sternway.wire.state import State

WALK = (Stand(13.0), Walk(40.0))
PLAN = WalkPlan(warm_up_min=0.2)


@dataclass
class FakeRecordSink:
    """Keeps what it is given, or refuses everything."""

    records: list[Record] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    answers: list[tuple[str, bool, str]] = field(default_factory=list)
    plan: Plan | None = None
    fault: Cause | None = None
    broken: bool = False

    def offer(self, record):
        if self.broken:
            raise RuntimeError("the disk is on fire")
        self.records.append(record)

    def show(self, state):
        self.states.append(state)

    def take_commands(self):
        commands, self.commands = self.commands, []
        return commands

    def answer(self, command, ok, words):
        self.answers.append((command.name, ok, words))

    def bodies(self, kind):
        return [plain(record.body) for record in self.records if record.kind is kind]

    def events(self, kind):
        return [body for body in self.bodies(RecordKind.EVENT) if body["kind"] == kind]


@dataclass
class FakeMotor:
    clock: VirtualClock
    played: list[tuple[float, Pattern]] = field(default_factory=list)
    idle: bool = True
    present: bool = True
    failure: str = ""

    def play(self, pattern):
        self.played.append((self.clock(), pattern))

    @property
    def names(self):
        return [pattern.name for _, pattern in self.played]


class Wearer:
    """A simulated person with an emulated clip, in time that moves only with the samples."""

    def __init__(self, folder, script, clock=None, record=False, plan=PLAN):
        self.clock = clock or VirtualClock(100.0)
        self.chip = EmulatedLsm6dsox(Walker(script, seed=3), self.clock, rate_error=0.01)
        self.bus = EmulatedBus({0x6A: self.chip}, self.clock, self.clock.sleep)
        self.plan = plan
        self.record_sink, self.motor = FakeRecordSink(), FakeMotor(self.clock)
        self.presses = SimpleQueue()
        self.memory = Memory(folder / "memory.json")
        self.recorder = Recorder(RecordingSettings(enabled=record, directory=str(folder / "walks")))
        self.alive_count = 0
        self.power = Power()
        self.felt, self.feel_count = None, 0
        self.collected = []
        self.start()

    def start(self):
        self.clip = Clip(
            self.bus, clock=self.clock, sleep=self.clock.sleep, bus_recovery=EmulatedBusRecovery(self.bus)
        )
        clock = Clock("clip-1", synced=lambda: True, monotonic=self.clock)
        self.loop = Loop(
            LoopParts(self.clip, self.motor, self.record_sink, clock, self.memory, self.recorder),
            self.presses,
            plan=self.plan,
            hooks=LoopHooks(
                alive=self.live,
                run_motor_test=self.feel,
                power=lambda: self.power,
                collect_garbage=lambda: self.collected.append((self.clock(), self.clip.fast_polling)),
            ),
        )

    def live(self):
        self.alive_count += 1

    def feel(self):
        self.feel_count += 1
        return self.felt

    def run(self, seconds):
        end_s = self.clock() + seconds
        for block in self.clip:
            self.loop.turn(block)
            self.memory.chore()
            self.recorder.chore()
            if self.clock() >= end_s:
                return self
        return self

    def press(self, press=Press.SHORT):
        self.presses.put((press, self.clock()))
        return self

    @property
    def state(self):
        return self.record_sink.states[-1]


@pytest.fixture
def wearer(tmp_path):
    def make(script=WALK, **choices):
        return Wearer(tmp_path, script, **choices)

    return make


def test_a_stumble_is_felt_before_it_is_written_and_both_say_the_same(wearer):
    walk = wearer((Stand(13.0), Walk(20.0), Stumble(), Walk(10.0))).press().run(46.0)
    stumbles = walk.record_sink.events(Kind.STUMBLE)
    assert len(stumbles) == 1
    felt_s = [at_s for at_s, pattern in walk.motor.played if pattern.name == "attention"]
    assert len(felt_s) == 1
    assert 0.0 <= felt_s[0] - stumbles[0]["decided_at_s"] <= 0.06
    assert stumbles[0]["evidence"]
    assert walk.state.last_event_kind == "stumble"
    assert walk.state.event_count == 1
    traces = walk.record_sink.bodies(RecordKind.TRACE)
    assert [trace["event_kind"] for trace in traces] == ["stumble"]
    assert traces[0]["sample_count"] == pytest.approx(500, abs=2)


def test_while_a_stumble_may_be_near_the_chip_is_read_so_often_that_the_warning_waits_for_no_poll(wearer):
    steps = [part for _ in range(6) for part in (Walk(11.37), Stumble())]
    walk = wearer((Stand(13.0), *steps, Walk(5.0))).press().run(100.0)
    decided_s = [event["decided_at_s"] for event in walk.record_sink.events(Kind.STUMBLE)]
    felt_s = [
        at_s for at_s, pattern in walk.motor.played if pattern.name in ("attention", "trouble", "attention_again")
    ]
    assert len(decided_s) == len(felt_s) == 6
    # Half a cell of the grid, a sample and a hurried poll; at the usual poll it would be up to 30 ms.
    assert max(felt - decided for felt, decided in zip(felt_s, decided_s, strict=True)) < 0.015


def test_the_collector_is_called_once_a_minute(wearer):
    walk = wearer((Stand(200.0),)).run(190.0)
    times_s = [at_s for at_s, _ in walk.collected]
    assert len(times_s) == 4
    assert all(60.0 <= later - sooner < 60.1 for sooner, later in pairwise(times_s))


def test_the_collector_is_called_even_when_nothing_can_be_passed_on(wearer, monkeypatch):
    monkeypatch.setattr(FakeRecordSink, "show", lambda *_: 1 / 0)
    monkeypatch.setattr("sternway.loop.STATE_S", 0.0)
    assert len(wearer((Stand(200.0),)).run(130.0).collected) == 3


def test_while_a_stumble_may_be_near_the_collector_waits(wearer, monkeypatch):
    monkeypatch.setattr("sternway.loop.COLLECT_S", 0.0)
    walk = wearer((Stand(13.0), Walk(5.0), Stumble(), Walk(5.0))).press().run(24.0)
    assert walk.record_sink.events(Kind.STUMBLE)
    hurries = [hurry for _, hurry in walk.collected]
    assert len(hurries) > 500
    assert not any(hurries)


def test_a_fall_during_the_buzz_of_a_stumble_is_still_a_fall(wearer):
    walk = wearer((Stand(13.0), Walk(20.0), Stumble(), Walk(0.3), Fall("backward", lie_s=40.0))).press().run(65.0)
    assert len(walk.record_sink.events(Kind.STUMBLE)) >= 1
    assert len(walk.record_sink.events(Kind.FALL)) == 1
    assert len(walk.record_sink.events(Kind.FALL_CONFIRMED)) == 1
    assert walk.motor.names.count("attention_again") >= 8


def test_a_press_within_the_countdown_cancels_the_fall(wearer):
    walk = wearer((Stand(13.0), Walk(20.0), Fall("forward", lie_s=40.0))).press().run(45.0)
    assert len(walk.record_sink.events(Kind.FALL)) == 1
    walk.press().run(25.0)
    assert len(walk.record_sink.events(Kind.FALL_CANCELLED)) == 1
    assert not walk.record_sink.events(Kind.FALL_CONFIRMED)
    assert walk.state.phase is Phase.READY, "the press meant the fall: no walk begins for one who lies there"


def test_after_a_restart_the_wearer_is_still_reminded_of_a_fall_and_the_press_still_means_it(wearer):
    walk = wearer((Stand(5.0), Fall("forward", lie_s=40.0))).run(13.0)
    assert len(walk.record_sink.events(Kind.FALL)) == 1
    walk.start()
    walk.motor.played.clear()
    walk.run(6.0)
    assert walk.motor.names.count("attention_again") >= 2
    walk.press().run(15.0)
    assert [len(walk.record_sink.events(kind)) for kind in (Kind.FALL_CANCELLED, Kind.FALL_CONFIRMED)] == [1, 0]
    assert walk.state.phase is Phase.READY


def test_the_clip_says_that_it_is_ready(wearer):
    assert wearer().run(3.0).motor.names == ["start"]


def test_unplugged_at_the_start_is_a_fault_with_its_cause_within_two_seconds(wearer):
    walk = wearer()
    walk.chip.unplugged = True
    walk.run(2.1)
    assert walk.state.fault is Cause.NO_SENSOR
    assert walk.state.stability == "unknown"
    assert "trouble" in walk.motor.names
    walk.chip.unplugged = False
    walk.run(4.0)
    assert walk.state.fault is None
    assert [body["severity"] for body in walk.record_sink.events(Kind.FAULT)] == [1.0, 0.0]


def test_unplugged_while_walking_pauses_the_walk_and_keeps_what_was_counted(wearer):
    walk = wearer().press().run(33.0)
    steps = walk.state.steps
    assert steps > 20
    walk.chip.unplugged = True
    walk.run(3.0)
    assert walk.state.fault is Cause.NO_SENSOR
    assert walk.state.phase is Phase.PAUSED
    walk.chip.unplugged = False
    walk.run(4.0)
    assert walk.state.fault is None
    assert walk.state.steps >= steps


@pytest.mark.parametrize(
    ("harm", "cause"),
    [
        (lambda walk: setattr(walk.chip, "frozen", True), Cause.FROZEN_SENSOR),
        (lambda walk: setattr(walk.chip, "saturated", True), Cause.CLIPPED),
        (lambda walk: setattr(walk.chip, "identity", 0x12), Cause.WRONG_CHIP),
        (lambda walk: setattr(walk.bus, "stuck_clocks", 10**9), Cause.NO_SENSOR),
        (lambda walk: setattr(walk.bus, "nack_count", 10**9), Cause.NO_SENSOR),
    ],
    ids=["frozen", "saturated", "wrong chip", "stuck SDA", "NACK for ever"],
)
def test_what_does_not_pass_is_a_fault_with_its_cause(wearer, harm, cause):
    walk = wearer().run(5.0)
    harm(walk)
    if cause is Cause.WRONG_CHIP:
        walk.chip.brown_out()
    walk.run(4.0)
    assert cause in {event["cause"] for event in walk.record_sink.events(Kind.FAULT)}
    assert walk.state.fault is not None


@pytest.mark.parametrize(
    "harm",
    [
        lambda walk: setattr(walk.bus, "nack_count", 3),
        lambda walk: walk.chip.brown_out(),
        lambda walk: setattr(walk.bus, "stall_s", 1.26),
        lambda walk: setattr(walk.bus, "stuck_clocks", 9),
    ],
    ids=["NACK burst", "brown-out", "FIFO overflow", "stuck SDA freed by clocks"],
)
def test_what_passes_is_lived_through(wearer, harm):
    walk = wearer().press().run(30.0)
    harm(walk)
    walk.run(8.0)
    assert walk.state.fault is None
    steps = walk.state.steps
    walk.run(6.0)
    assert walk.state.steps > steps


def test_the_watchdog_is_fed_by_samples_that_were_watched(wearer):
    walk = wearer().run(3.0)
    fed = walk.alive_count
    assert fed > 100
    walk.loop._decide = lambda _: (_ for _ in ()).throw(RuntimeError)
    walk.run(1.0)
    assert walk.alive_count == fed


def test_a_failure_in_a_detector_is_a_fault_that_pauses_the_walk_until_it_is_well_again(wearer, caplog):
    walk = wearer().press().run(30.0)
    steps = walk.state.steps
    walk.loop._monitor.stumble.update = lambda _: 1 / 0
    with caplog.at_level(logging.ERROR):
        walk.run(3.0)
    assert (walk.state.fault, walk.state.phase, walk.motor.names[-1]) == (Cause.SOFTWARE, Phase.PAUSED, "trouble")
    assert "begin anew" in caplog.text
    walk.run(4.0)
    assert walk.state.fault is None
    assert [(event["cause"], event["severity"]) for event in walk.record_sink.events(Kind.FAULT)] == [
        ("software", 1.0),
        ("software", 0.0),
    ]
    walk.press().run(5.0)
    assert (walk.state.phase, walk.state.steps > steps) == (Phase.BACKWARD, True)


def test_a_detector_that_fails_again_and_again_is_said_once_and_starves_the_watchdog(wearer, monkeypatch):
    walk = wearer().press().run(15.0)
    fed = walk.alive_count
    monkeypatch.setattr(StumbleDetector, "update", lambda *_: 1 / 0)
    walk.run(4.0)
    assert len(walk.record_sink.events(Kind.FAULT)) == 1
    assert walk.alive_count == fed
    assert (walk.state.fault, walk.state.phase) == (Cause.SOFTWARE, Phase.PAUSED)
    walk.press(Press.LONG).run(0.1)
    [report] = walk.record_sink.bodies(RecordKind.SESSION)
    assert report["events"]["count"] == {"fault": 1}


def test_a_walk_that_ends_while_the_tracker_fails_is_reported(wearer, monkeypatch):
    walk = wearer().press().run(15.0)
    monkeypatch.setattr(TrunkTracker, "update", lambda *_: 1 / 0)
    walk.run(2.0).press(Press.LONG).run(1.0)
    [report] = walk.record_sink.bodies(RecordKind.SESSION)
    assert (report["reason"], walk.state.phase) == ("long_press", Phase.READY)


def test_a_failed_motor_is_still_known_after_a_failure_of_the_detectors(wearer):
    walk = wearer().press().run(20.0)
    walk.motor.failure = "the motor's pin failed"
    walk.run(1.0)
    walk.loop._monitor.stumble.update = lambda _: 1 / 0
    walk.run(7.0).press().run(1.0)
    assert (walk.state.fault, walk.state.phase) == (Cause.MOTOR_FAILED, Phase.PAUSED)


def test_detectors_that_fail_during_the_countdown_do_not_buzz_without_end(wearer, monkeypatch):
    walk = wearer((Stand(5.0), Fall("forward", lie_s=40.0))).run(13.0)
    assert len(walk.record_sink.events(Kind.FALL)) == 1
    walk.motor.played.clear()
    monkeypatch.setattr(StumbleDetector, "update", lambda *_: 1 / 0)
    walk.run(5.0)
    assert 2 <= walk.motor.names.count("attention_again") <= 3


def test_a_detector_that_fails_costs_nothing_that_another_found(wearer):
    walk = wearer((Stand(13.0), Walk(20.0), Stumble(), Walk(10.0))).press().run(20.0)
    monitor = walk.loop._monitor
    heard, see = [], monitor.stumble.update

    def hear(trunk):
        heard.extend(see(trunk))
        return list(heard)

    monitor.stumble.update = hear
    monitor.pre_impact.update = lambda _: 1 / 0 if heard else []
    walk.run(26.0)
    assert [event["time_s"] for event in walk.record_sink.events(Kind.STUMBLE)] == [heard[0].time_s]
    assert "attention" in walk.motor.names


def test_detectors_begin_anew_even_where_nothing_learned_can_be_taken_up(wearer, tmp_path):
    walk = wearer().press().run(15.0)
    (tmp_path / "memory.json").write_text('{"monitor": {"session": {}}}')
    walk.loop._monitor.memory = lambda: 1 / 0
    walk.loop._monitor.stumble.update = lambda _: 1 / 0
    walk.run(1.0)
    assert walk.state.fault is Cause.SOFTWARE


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("monitor",), [1]),
        (("monitor", "countdown"), []),
        (("monitor", "mounting"), {"up": [0, 0, 1]}),
        (("monitor", "stumble"), {"walked_s": 10.0, "levels": {"jerk": 1.0}}),
        (("status", "event_count"), None),
    ],
)
def test_a_memory_of_another_form_is_set_aside_and_the_clip_starts(wearer, tmp_path, caplog, path, value):
    walk = wearer().press().run(15.0)
    walk.loop.end()
    walk.memory.chore()
    kept = json.loads((tmp_path / "memory.json").read_text())
    part = kept
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    (tmp_path / "memory.json").write_text(json.dumps(kept))
    walk.start()
    assert walk.run(1.0).state.phase is Phase.READY
    assert json.loads((tmp_path / "memory.damaged").read_text()) == kept
    assert "learns anew" in caplog.text


def test_a_motor_whose_pin_fails_is_a_fault_and_pauses_the_walk(wearer):
    walk = wearer().press().run(20.0)
    walk.motor.failure = "the motor's pin failed"
    walk.run(1.0)
    assert (walk.state.fault, walk.state.phase) == (Cause.MOTOR_FAILED, Phase.PAUSED)
    walk.press().run(1.0)
    assert walk.state.phase is Phase.PAUSED


def test_a_clip_without_a_motor_says_that_it_cannot_buzz(wearer):
    walk = wearer()
    walk.motor.present = False
    walk.run(1.0)
    walk.record_sink.commands = [Command(read_command("haptics", {"on": True}), "1")]
    walk.run(1.0)
    [(_, ok, words)] = walk.record_sink.answers
    assert (ok, "no motor" in words, walk.state.haptics) == (False, True, False)
    assert walk.feel_count == 0


def test_nothing_that_the_record_sink_does_reaches_the_warning(wearer, caplog):
    walk = wearer((Stand(13.0), Walk(20.0), Stumble(), Walk(10.0))).press()
    walk.record_sink.broken = True
    with caplog.at_level(logging.CRITICAL):
        walk.run(46.0)
    assert "attention" in walk.motor.names


def test_a_walk_goes_on_after_a_crash_with_what_was_counted(wearer):
    walk = wearer().press().run(33.0)
    before = walk.state
    walk.start()
    walk.run(5.0)
    assert walk.state.phase is before.phase
    assert before.steps - 3 <= walk.state.steps


def test_a_walk_with_a_stumble_a_pause_and_a_crash_gives_one_right_report(wearer):
    """The decisive walk: warm-up, lanes, pause, kill -9, resume, stumble, end; the clip learns how it sits in it.

    A step is one of a turn when most of it was made in the turn.
    """
    opening = (Stand(13.0), Walk(18.0), Turn(), Stand(2.0), *lanes(2, 12.0))
    ending = (Walk(9.0, BACKWARD), Stumble(), Walk(9.0, BACKWARD), Stand(4.0))
    plan = WalkPlan(stretches=1, stretch_min=2.0, warm_up_min=0.3, cool_down_min=0.0)
    walk = wearer((*opening, Stand(14.0), *ending), plan=plan)
    truth = Walker((*opening, Stand(14.0), *ending), seed=3).truth
    rest_s = truth.acts[len(opening)][0]
    walk.press().run(rest_s + 2.0)
    walk.press().run(4.0)
    walk.start()
    walk.run(4.0).press().run(truth.duration_s - rest_s - 11.0)
    walk.press(Press.LONG).run(0.5)

    [report] = walk.record_sink.bodies(RecordKind.SESSION)
    turns = [(start_s, start_s + act.duration_s) for start_s, _, act in truth.acts if isinstance(act, Turn)]
    for way, word in ((FORWARD, "forward"), (BACKWARD, "backward")):
        steps = [contact.time_s for contact in truth.contacts if contact.direction is way]
        step_s = 60.0 / report["cadence_spm"][word]
        count = sum(not any(a <= at_s - step_s / 2.0 < b for a, b in turns) for at_s in steps)
        assert report["dose"][f"steps_{word}"] == pytest.approx(count, rel=0.02)
        assert report["dose"][f"{word}_s"] == pytest.approx(count * step_s, abs=1.0)
    assert report["dose"]["steps_unknown"] == 0
    assert report["events"]["count"] == {"stumble": 1}
    assert (report["reason"], report["restart_count"]) == ("long_press", 1)
    assert walk.motor.names[-1] == "trouble"


def test_a_recording_holds_the_walk_and_its_events(wearer, tmp_path):
    walk = wearer((Stand(13.0), Walk(20.0), Stumble(), Walk(10.0)), record=True).press().run(46.0)
    walk.press(Press.LONG).run(1.0)
    (path,) = (tmp_path / "walks").iterdir()
    recording = Recording(path)
    assert sum(len(block) for block in recording) > 40 * 200
    assert "stumble" in [note["kind"] for note in recording.notes]


def test_a_recording_is_ended_with_the_service_and_a_new_one_begins_with_it(wearer, tmp_path):
    walk = wearer(record=True).press().run(20.0)
    walk.loop.end()
    walk.memory.chore()
    walk.recorder.chore()
    (first,) = (tmp_path / "walks").iterdir()
    walk.clock.sleep(2.0)
    walk.start()
    walk.run(5.0)
    walk.press(Press.LONG).run(1.0)
    (second,) = set((tmp_path / "walks").iterdir()) - {first}
    assert sum(len(block) for block in Recording(first)) > 18 * 200
    assert sum(len(block) for block in Recording(second)) > 3 * 200


def test_a_command_from_the_page_is_done_and_answered(wearer):
    walk = wearer().run(2.0)
    walk.record_sink.commands = [Command(read_command("start", {}), "1"), Command(read_command("start", {}), "2")]
    walk.run(0.2)
    assert [(name, ok) for name, ok, _ in walk.record_sink.answers] == [("start", True), ("start", False)]
    assert walk.state.phase is Phase.STANDING_CHECK


def test_a_switched_off_motor_stays_off_after_a_restart(wearer):
    walk = wearer().run(2.0)
    walk.record_sink.commands = [Command(read_command("haptics", {"on": False}), "1")]
    walk.run(1.0)
    assert walk.state.haptics is False
    walk.start()
    played = len(walk.motor.played)
    walk.press().run(12.0)
    assert len(walk.motor.played) == played
    assert walk.state.haptics is False


def test_a_plan_from_home_is_followed_and_a_wrong_one_is_refused_before_it_comes_so_far(wearer):
    walk = wearer().run(1.0)
    walk.record_sink.plan = Plan(7, PlannedWalk(stretches=2, stretch_min=3.0))
    walk.run(0.2)
    assert walk.loop._monitor.session.plan.stretches == 2
    with pytest.raises(MessageError, match="stretches must be a whole number"):
        decode_plan(b'{"schema": 1, "version": 8, "plan": {"stretches": "many"}}')


def test_a_low_battery_is_felt_and_shown_but_ends_no_walk(wearer):
    walk = wearer().press().run(14.0)
    walk.power = Power(battery_percent=5.0)
    walk.run(11.0)
    assert walk.state.fault is Cause.LOW_BATTERY
    assert walk.state.phase not in (Phase.READY, Phase.PAUSED)
    assert walk.motor.names.count("trouble") == 1


def test_a_full_store_is_shown_and_does_not_disturb_the_walker(wearer):
    walk = wearer().press().run(14.0)
    walk.record_sink.fault = Cause.STORE_FULL
    walk.run(1.0)
    assert walk.state.fault is Cause.STORE_FULL
    assert walk.state.phase is Phase.WARM_UP
    assert "trouble" not in walk.motor.names


def test_a_disk_that_refuses_costs_only_what_was_to_be_kept(wearer, monkeypatch, caplog):
    walk = wearer().press()

    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(walk.memory, "_write", refuse)
    walk.run(23.0)
    assert walk.state.steps > 0
    assert caplog.text.count("cannot be written") == 1


def test_what_is_remembered_is_plain_json(wearer, tmp_path):
    walk = wearer().press().run(20.0)
    walk.loop.end()
    walk.memory.chore()
    kept = json.loads((tmp_path / "memory.json").read_text())
    assert kept["monitor"]["session"]["walk"]["phase"] == "warm_up"


def test_what_calibrating_taught_is_used_and_stays(wearer, tmp_path):
    fitting = Fitting()
    fitting.mounting, fitting.phase = BELT, FittingPhase.DONE
    fitting.speed = SpeedEstimator({"backward": 0.5})
    assert calibrate.keep(fitting, Memory(tmp_path / "memory.json")) == 0
    walk = wearer((Stand(5.0),))
    walk.loop.end()
    walk.memory.chore()
    kept = json.loads((tmp_path / "memory.json").read_text())["monitor"]
    assert kept["mounting"] == BELT.body()
    assert kept["speed"] == {"backward": 0.5}


def test_the_motor_is_felt_once_before_each_walk_when_it_is_idle(wearer):
    walk = wearer()
    walk.felt, walk.motor.idle = True, False
    walk.press().run(3.0)
    assert walk.feel_count == 0
    walk.motor.idle = True
    walk.run(3.0)
    assert walk.feel_count == 1


def test_a_motor_test_that_the_bus_broke_off_is_made_again(wearer):
    walk = wearer().press().run(1.0)
    assert walk.feel_count > 1
    walk.felt = False
    assert walk.run(1.0).state.phase is Phase.READY


def test_a_walk_does_not_begin_with_a_motor_that_cannot_be_felt(wearer):
    walk = wearer()
    walk.felt = False
    walk.press().run(3.0)
    assert walk.state.phase is Phase.READY
    assert "trouble" in walk.motor.names
