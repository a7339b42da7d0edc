"""The loop: sensor, detectors, motor; then, without ever waiting for them, records and state."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from sternway import __version__
from sternway.alert.patterns import Pattern
from sternway.clock import Clock
from sternway.conversion import plain
from sternway.events import Cause, Event, Kind, Press
from sternway.memory import Memory
from sternway.monitor import LATEST_DECISION_S, Monitor, MonitorResult
from sternway.power import ChargeTrend, Power
from sternway.recording.recorder import Recorder
from sternway.recording.trace import TraceKeeper
from sternway.records import Body, Moment, Phase, Record, RecordKind
from sternway.samples import Block
from sternway.status import Status
from sternway.walk.outcome import Answer
from sternway.walk.report import reported_at
from sternway.wire.commands import Buzz
from sternway.wire.event import event_body
from sternway.wire.messages import Command, Plan
from sternway.wire.plan import WalkPlan
from sternway.wire.state import State
from sternway.wire.values import Cue

_log = logging.getLogger(__name__)

KEEP_S = 0.5
"""In a walk what was counted is kept this often, so that a crash costs less than a second of it."""

SYNC_S = 30.0
"""How often it is also forced to the card: a power cut costs at most this much, and cards wear."""

RECOVERED_S = 5.0
"""So long without another failure the detectors count as well again."""

POWER_S = 10.0
"""How often the supply is asked."""

COLLECT_S = 60.0
"""How often the garbage collector is called, which takes milliseconds: in a pause between two blocks."""

STATE_S = 0.2
"""How often the state is described; the publisher sends what changed, at most once a second."""


class Sensor(Protocol):
    """A source that knows why it is silent, and gives blocks more often while ``fast_polling`` is set."""

    cause: Cause | None
    fast_polling: bool


class Motor(Protocol):
    """Whatever plays patterns; never blocks. ``failure`` says in words why it can not."""

    failure: str

    @property
    def present(self) -> bool:
        """Say whether there is a motor at all."""
        ...

    @property
    def idle(self) -> bool:
        """Say whether nothing plays."""
        ...

    def play(self, pattern: Pattern) -> None:
        """Play ``pattern``."""
        ...


class RecordSink(Protocol):
    """Where records and state go and commands come from; nothing here blocks or raises."""

    @property
    def plan(self) -> Plan | None:
        """Return the last plan received."""
        ...

    @property
    def fault(self) -> Cause | None:
        """Return why records cannot be kept, if so."""
        ...

    def offer(self, record: Record) -> None:
        """Take a record."""
        ...

    def show(self, state: State) -> None:
        """Take the newest state."""
        ...

    def take_commands(self) -> list[Command]:
        """Return the commands that have arrived."""
        ...

    def answer(self, command: Command, ok: bool, words: str) -> None:
        """Answer a command."""
        ...


@dataclass(frozen=True, slots=True)
class LoopParts:
    """The parts that the loop connects: from the sensor to the motor, and to whatever keeps what happened."""

    sensor: Sensor
    motor: Motor
    record_sink: RecordSink
    clock: Clock
    memory: Memory
    recorder: Recorder


@dataclass(frozen=True, slots=True)
class LoopHooks:
    """What the loop calls beside its parts; each does nothing unless given.

    ``alive`` feeds the watchdog, ``run_motor_test`` says whether the sensor detects the motor (``None``: not now),
    ``power`` reads the supply, ``watch`` is shown every state, ``diary`` takes each report for the clip's own
    notebook, ``collect_garbage`` runs in a pause between two blocks.
    """

    alive: Callable[[], None] = lambda: None
    run_motor_test: Callable[[], bool | None] = lambda: None
    power: Callable[[], Power] = Power
    watch: Callable[[State, MonitorResult], None] = lambda *_: None
    diary: Callable[[RecordKind, Body, Moment], None] = lambda *_: None
    collect_garbage: Callable[[], object] = lambda: None


class Loop:
    """Turns once a block. The wearer is warned before anything else is done with what was found."""

    def __init__(
        self,
        parts: LoopParts,
        presses: SimpleQueue[tuple[Press, float]],
        *,
        plan: WalkPlan | None = None,
        hooks: LoopHooks = LoopHooks(),
    ) -> None:
        now = parts.clock.moment()
        self._sensor, self._motor, self._record_sink = parts.sensor, parts.motor, parts.record_sink
        self._clock, self._memory, self._recorder = parts.clock, parts.memory, parts.recorder
        self._clip_id = now.clip_id
        self._presses = presses
        self._hooks = hooks
        try:
            self._take_up(self._memory.load(), plan, now)
        except Exception as error:
            self._memory.set_aside(error)
            self._take_up({}, plan, now)
        self._traces = TraceKeeper(LATEST_DECISION_S)
        self._power = Power()
        self._charge = ChargeTrend()
        self._battery_ends = False
        self._plan: Plan | None = None
        self._phase = self._monitor.session.phase
        self._is_ready = False
        self._motor_tested = False
        self._must_keep = False
        self._failed_at_s = -math.inf
        self._house_faults: frozenset[Cause] = frozenset()
        self._due_s = {"keep": 0.0, "sync": 0.0, "power": 0.0, "state": 0.0, "collect": 0.0}
        if self._phase is not Phase.READY:
            self._record(now)

    def _take_up(self, kept: Mapping[str, Any], plan: WalkPlan | None, now: Moment) -> None:
        """Go on from what was ``kept`` before the start."""
        self._monitor = Monitor(
            now.clip_id,
            plan=plan,
            memory=kept.get("monitor"),
            now_s=now.monotonic_s,
            same_boot=kept.get("boot_id") == now.boot_id,
        )
        self._status = Status(kept.get("status"))
        self._may_buzz = bool(kept.get("haptics", True))

    @property
    def _haptics(self) -> bool:
        """Whether a warning can be felt, as far as is known."""
        return self._may_buzz and self._motor.present

    def turn(self, block: Block) -> MonitorResult:
        """Take one block from the sensor to everything it leads to. Never raises."""
        try:
            outcome = self._decide(block)
        except Exception:
            outcome = self._recover(block)
        try:
            self._tell(block, outcome)
        except Exception:
            _log.exception("what was found could not be passed on; the warning was given")
        if not self._sensor.fast_polling and self._is_due("collect", block.read_at_s, COLLECT_S):
            self._hooks.collect_garbage()
        return outcome

    def _decide(self, block: Block) -> MonitorResult:
        self._keep_house(block.read_at_s)
        self._listen(block.read_at_s)
        self._say_ready(block)
        self._test_motor(block.read_at_s)
        outcome = self._monitor.update(block, self._sensor.cause)
        self._sensor.fast_polling = self._monitor.alarm_near
        self._play(outcome)
        if any(map(len, outcome.trunk)) or self._monitor.faults.causes:
            self._hooks.alive()
        return outcome

    def _play(self, outcome: MonitorResult) -> None:
        if self._haptics:
            for pattern in outcome.patterns:
                self._motor.play(pattern)

    def _say_ready(self, block: Block) -> None:
        """Let the wearer feel, once after a start, that the sensor speaks and the clip watches."""
        if not self._is_ready and len(block):
            self._is_ready = True
            if self._phase is Phase.READY:
                self._monitor.command(Buzz(cue=Cue.START), block.read_at_s)

    def _test_motor(self, now_s: float) -> None:
        """Let the sensor feel the motor at the start of a walk, until it could: about a second of standing still."""
        if self._monitor.session.phase is not Phase.STANDING_CHECK:
            self._motor_tested = False
        elif not self._motor_tested and self._motor.idle:
            felt = self._hooks.run_motor_test() if self._haptics else None
            self._motor_tested = felt is not None or not self._haptics
            self._monitor.motor_felt(felt, now_s)

    def _recover(self, block: Block) -> MonitorResult:
        """Warn of what was found before the failure, and begin with a fresh monitor that remembers."""
        _log.exception("the detectors failed and begin anew")
        failed, now_s = self._monitor, block.read_at_s
        self._failed_at_s = now_s
        outcome = failed.take_result()
        self._play(outcome)
        for memory in (failed.memory, lambda: self._memory.load().get("monitor"), dict):
            try:
                self._monitor = Monitor(self._clip_id, memory=memory(), now_s=now_s, policy=failed.policy)
                break
            except Exception:
                _log.exception("what was learned cannot be taken up")
        self._monitor.restore_faults(self._house_faults, now_s)
        self._plan = None
        return outcome

    def _listen(self, now_s: float) -> None:
        """Hear the button and the home before the samples: a stop is a stop."""
        while True:
            try:
                press, pressed_s = self._presses.get_nowait()
            except Empty:
                break
            self._monitor.press(press, pressed_s)
        for command in self._record_sink.take_commands():
            answer, haptics = self._monitor.command(command.body, now_s)
            if haptics and not self._motor.present:
                answer = Answer(False, "There is no motor: see haptics.enabled and pins.motor in the settings.")
            elif haptics is not None:
                self._may_buzz = haptics
            self._must_keep = True
            self._record_sink.answer(command, answer.accepted, answer.words)
        self._take_plan()

    def _take_plan(self) -> None:
        plan = self._record_sink.plan
        if plan is None or plan is self._plan:
            return
        self._plan = plan
        self._monitor.session.take_plan(plan.plan)

    def _tell(self, block: Block, outcome: MonitorResult) -> None:
        """Record and publish; nothing here waits for a disk or a network."""
        now_s = block.read_at_s
        self._recorder.offer(block)
        for event in outcome.events:
            self._offer(RecordKind.EVENT, event_body(event), event.decided_at_s)
            self._recorder.note(plain(event_body(event)))
            self._status.event(event, self._clock.moment(event.time_s))
        for event, trace in self._traces.update(outcome.trunk, outcome.events):
            self._offer(RecordKind.TRACE, trace, event.decided_at_s)
        for kind, body in outcome.reports:
            self._offer(kind, body, now_s)
            moment = reported_at(body, self._clock.moment(now_s))
            self._status.report(body, moment)
            self._hooks.diary(kind, body, moment)
        happened = bool(outcome.events or outcome.reports or outcome.patterns)
        self._follow_phase(now_s, happened)
        if happened or self._is_due("state", now_s, STATE_S):
            faults = (*self._monitor.faults.causes, *sorted(self._house_faults))
            state = self._status.state(self._monitor, faults, self._power, self._haptics, self._clock.moment(now_s))
            self._record_sink.show(state)
            self._hooks.watch(state, outcome)

    def _offer(self, kind: RecordKind, body: Body, at_s: float) -> None:
        self._record_sink.offer(Record(kind, body, self._clock.moment(at_s)))

    def _is_due(self, name: str, now_s: float, period_s: float) -> bool:
        """Say whether ``name`` is due again, and if so, when next."""
        due = now_s >= self._due_s[name]
        if due:
            self._due_s[name] = now_s + period_s
        return due

    def _keep_house(self, now_s: float) -> None:
        """Look after supply, store, motor and the detectors themselves, and say when one fails or is well again."""
        if self._is_due("power", now_s, POWER_S):
            self._power = self._hooks.power()
            self._battery_ends = self._charge.will_end(now_s, self._power.battery_percent)
        faults = {Cause.LOW_BATTERY} if self._power.is_low or self._battery_ends else set()
        if self._record_sink.fault is not None:
            faults.add(self._record_sink.fault)
        if self._motor.failure:
            faults.add(Cause.MOTOR_FAILED)
        if now_s - self._failed_at_s < RECOVERED_S:
            faults.add(Cause.SOFTWARE)
        for cause in sorted(faults ^ self._house_faults):
            self._monitor.announce(_fault(cause, now_s, float(cause in faults)))
        self._house_faults = frozenset(faults)

    def _follow_phase(self, now_s: float, happened: bool) -> None:
        """Keep what was counted; begin and end the recording with the walk."""
        phase = self._monitor.session.phase
        changed, before = phase is not self._phase, self._phase
        self._phase = phase
        if changed and before is Phase.READY:
            self._begin_walk(self._clock.moment(now_s))
        elif changed and phase is Phase.READY:
            self._recorder.end()
        must_sync = self._must_keep or changed or happened or self._is_due("sync", now_s, SYNC_S)
        self._must_keep = False
        if must_sync or (phase is not Phase.READY and self._is_due("keep", now_s, KEEP_S)):
            self._memory.keep(self._kept(), sync=must_sync)

    def _begin_walk(self, now: Moment) -> None:
        self._monitor.session.describe(
            versions={"sternway": __version__, **self._monitor.versions},
            origin={"boot_id": now.boot_id, "monotonic_s": now.monotonic_s, "wall_time": now.wall_time},
            baseline={name: known["epochs"] for name, known in self._monitor.stability.baselines.items()},
        )
        self._record(now)

    def _record(self, now: Moment) -> None:
        self._recorder.begin(now.wall_time.replace(":", "-"), {"clip_id": now.clip_id})

    def _kept(self) -> dict[str, Any]:
        moment = self._clock.moment()
        return {
            "boot_id": moment.boot_id,
            "monitor": self._monitor.memory(),
            "status": self._status.kept(),
            "haptics": self._may_buzz,
        }

    def end(self) -> None:
        """Keep everything now and end the recording: the clip stops."""
        self._memory.keep(self._kept(), sync=True)
        self._recorder.end()


def _fault(cause: Cause, time_s: float, severity: float) -> Event:
    return Event(Kind.FAULT, time_s, time_s, severity, {}, cause)
