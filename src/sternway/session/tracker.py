"""Where the walker is in the walk: from the press that starts it to the report at its end."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sternway.alert.patterns import Cue, Prompt
from sternway.errors import MessageError
from sternway.events import Event, Kind
from sternway.motion.gait import Direction, Step
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.records import Phase, RecordKind, event_body
from sternway.session.orders import check_order
from sternway.session.plan import WalkPlan, walk_plan_from
from sternway.session.report import done_share, report_body
from sternway.session.stillness import Stillness
from sternway.session.walk import LONGEST_LIST, REASON_WORDS, STOP_RULES, Reason, Walk


class Press(StrEnum):
    """What the wearer did with the button."""

    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a press or command, in words for the page."""

    accepted: bool
    words: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tracker has to say: cues now due, finished records, the answer, and whether the motor may buzz."""

    cues: tuple[Prompt, ...] = ()
    reports: tuple[tuple[RecordKind, dict[str, Any]], ...] = ()
    answer: Answer | None = None
    haptics: bool | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """Where the walk is now, or how the last one ended; ``None`` is unknown."""

    phase: Phase
    reason: Reason | None
    words: str
    direction: Direction
    steps: int
    steps_backward: int
    backward_s: float
    forward_s: float
    cadence_spm: float | None
    lane: int | None
    stretch: int | None
    plan_progress: float | None
    stumble_count: int


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """How the walk is led.

    The standing check lasts ``check_s`` and needs ``check_still_s`` of stillness at its end, within
    ``check_limit_s``. The plan's clocks run while the walker moves and for ``halt_s`` more. Standing for ``stand_s``
    pauses; a pause of ``pause_limit_s`` ends the walk, and so does a restart after a longer absence. ``stumbles``
    in one walk end it. Presses closer than ``bounce_s`` are one. Pain that grew by ``pain_rise`` stops the walk; where
    pain before it is unknown, more than ``pain_limit`` does.
    """

    check_s: float = 10.0
    check_still_s: float = 3.0
    check_limit_s: float = 60.0
    halt_s: float = 2.0
    stand_s: float = 20.0
    pause_limit_s: float = 600.0
    stumbles: int = 2
    bounce_s: float = 0.4
    pain_rise: int = 2
    pain_limit: int = 3


GAP_S = 0.05
"""Samples further apart than this are a gap: time that nobody watched."""

RECENT_STEPS = 8
"""Steps behind the cadence shown live."""

GUIDED = frozenset({Phase.WARM_UP, Phase.BACKWARD, Phase.COOL_DOWN})
SELF_ENDING = frozenset({Reason.STANDING, Reason.NOT_WORN})


class SessionTracker:
    """Leads one walk after another, eyes-free.

    Fed with trunk motion, events, presses and commands, each with its own time; reads no clock. ``snapshot`` is plain
    JSON-able data from which ``restore`` goes on after a restart without losing anything counted. The fall countdown
    is asked first about a press (:class:`~sternway.alert.fall_countdown.FallCountdown`); while it runs the tracker
    leaves the button to it.
    """

    def __init__(
        self, plan: WalkPlan | None = None, clip_id: str = "clip-1", settings: TrackerSettings | None = None
    ) -> None:
        self._plan = plan or WalkPlan()
        self._clip_id = clip_id
        self._settings = settings or TrackerSettings()
        self._facts: dict[str, Any] = {}
        self._walk: Walk | None = None
        self._last: SessionView | None = None
        self._faults: set[str] = set()
        self._worn = True
        self._fall_open = False
        self._pressed_s: dict[Press, float] = {}
        self._direction = Direction.UNKNOWN
        self._recent: list[tuple[float, float]] = []
        self._cues: list[Prompt] = []
        self._reports: list[tuple[RecordKind, dict[str, Any]]] = []

    # --- what others ask and tell -----------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """Where the walker is in the walk."""
        return Phase(self._walk.phase) if self._walk else Phase.READY

    @property
    def plan(self) -> WalkPlan:
        """What the next walk asks for."""
        return self._plan

    def take_plan(self, plan: WalkPlan) -> None:
        """Use ``plan`` from the next walk on; the one under way is not changed under the walker's feet."""
        self._plan = plan

    def describe(self, **facts: Any) -> None:
        """Keep plain facts for the report: ``versions``, ``sensor``, ``baseline``, ``origin`` (boot and wall time)."""
        self._facts |= facts

    def motor_felt(self, felt: bool | None, time_s: float) -> Outcome:
        """Take the result of the motor's self-test; ``None`` where there is no motor to feel."""
        walk = self._walk
        if walk is not None:
            walk.motor_felt = felt
            if felt is False and self.phase is Phase.STANDING_CHECK:
                self._abandon(Reason.MOTOR_NOT_FELT, Cue.TROUBLE, time_s)
        return self._outcome()

    @property
    def view(self) -> SessionView:
        """Where the walk is now; between walks, how the last one ended."""
        if self._walk is None and self._last is not None:
            return dataclasses.replace(self._last, direction=self._direction, cadence_spm=self._cadence())
        return self._look(self._walk)

    # --- the stream --------------------------------------------------------------------------------------------

    def update(self, trunk: TrunkMotion, events: Iterable[Event] = ()) -> Outcome:
        """Take trunk motion and the events found in it."""
        rows = zip(
            trunk.time_s.tolist(),
            trunk.walking.tolist(),
            trunk.direction.tolist(),
            trunk.accel_norm_mps2.tolist(),
            trunk.gyro_norm_radps.tolist(),
            trunk.yaw_rate_radps.tolist(),
            trunk.horizontal_mps2.tolist(),
            trunk.motor_on.tolist(),
            trunk.up.tolist(),
            strict=True,
        )
        steps = sorted(trunk.steps, key=lambda step: step.decided_at_s, reverse=True)
        pending = sorted(events, key=lambda event: event.decided_at_s, reverse=True)
        for row in rows:
            while pending and pending[-1].decided_at_s <= row[0]:
                self._event(pending.pop())
            while steps and steps[-1].decided_at_s <= row[0]:
                self._step(steps.pop(), row[2])
            self._sample(*row)
        for step in reversed(steps):
            self._step(step, int(self._direction))
        for event in reversed(pending):
            self._event(event)
        return self._outcome()

    def tick(self, time_s: float, events: Iterable[Event] = ()) -> Outcome:
        """Let time pass without samples (a silent sensor): events still count and pauses still end."""
        for event in events:
            self._event(event)
        if self.phase is Phase.PAUSED:
            self._end_long_pause(time_s)
        return self._outcome()

    def _sample(
        self,
        time_s: float,
        walking: bool,
        direction: int,
        accel_mps2: float,
        gyro_radps: float,
        yaw_rate_radps: float,
        horizontal_mps2: float,
        motor_on: bool,
        up: list[float],
    ) -> None:
        self._direction = Direction(direction) if walking else Direction.UNKNOWN
        walk = self._walk
        if walk is None or time_s <= walk.last_s:
            return
        phase = self.phase
        if time_s - walk.last_s > GAP_S and phase is not Phase.PAUSED:
            walk.unseen_s += time_s - walk.last_s
        walk.last_s = time_s
        still_s = walk.still.update(time_s, accel_mps2, gyro_radps, walking, motor_on)
        if phase is Phase.PAUSED:
            self._while_paused(walk, time_s, walking)
        elif phase is Phase.STANDING_CHECK:
            self._check_standing(walk, time_s, still_s, up)
        else:
            walk.dose.sample(time_s, walking, direction)
            if walking and phase is Phase.BACKWARD:
                walk.posture.walk(up, horizontal_mps2)
            if phase is Phase.BACKWARD:
                walk.lane.turn(yaw_rate_radps)
            self._lead(walk, phase, time_s, active=still_s < self._settings.halt_s)
            if self._walk is walk and self.phase in GUIDED and still_s >= self._settings.stand_s:
                self._pause(walk, Reason.STANDING, time_s)

    def _step(self, step: Step, direction: int) -> None:
        if step.step_time_s is not None:
            self._recent = [*self._recent[1 - RECENT_STEPS :], (step.time_s, step.step_time_s)]
        walk, phase = self._walk, self.phase
        if walk is None or phase is Phase.STANDING_CHECK or step.time_s < walk.started_s:
            return
        if phase is not Phase.PAUSED:
            walk.dose.step(step, direction)
        elif walk.reason in SELF_ENDING:
            walk.dose.step(step, Direction.UNKNOWN)
        if phase is Phase.BACKWARD:
            walk.lane.step(direction)

    # --- the guided walk ---------------------------------------------------------------------------------------

    def _check_standing(self, walk: Walk, time_s: float, still_s: float, up: list[float]) -> None:
        settings, since_s = self._settings, time_s - walk.entered_s
        if still_s >= 1.0:
            walk.posture.stand(up)
        if since_s >= settings.check_s - 1e-9 and still_s >= min(settings.check_still_s, settings.check_s):
            self._say(Cue.START, time_s)
            self._begin_warm_up(walk, time_s)
        elif since_s >= settings.check_limit_s:
            self._abandon(Reason.NOT_STILL, Cue.TROUBLE, time_s)

    def _begin_warm_up(self, walk: Walk, time_s: float) -> None:
        walk.still.moved_s = time_s
        walk.enter(Phase.WARM_UP if walk.plan["warm_up_min"] > 0.0 else Phase.BACKWARD, time_s)

    def _lead(self, walk: Walk, phase: Phase, time_s: float, active: bool) -> None:
        """Count one sample on the plan's clocks and say what falls due."""
        if phase is Phase.REST:
            if time_s - walk.entered_s >= walk.plan["rest_s"] - 1e-9:
                self._next_stretch(walk, time_s)
            return
        if not active:
            return
        walk.active_count[phase.value] = walk.active_count.get(phase.value, 0) + 1
        if phase is Phase.WARM_UP and self._over(walk, phase, "warm_up_min"):
            self._change(walk, Phase.BACKWARD, time_s)
        elif phase is Phase.COOL_DOWN and self._over(walk, phase, "cool_down_min"):
            self._finish(Reason.DONE, time_s)
        elif phase is Phase.BACKWARD:
            self._lead_backward(walk, time_s)

    def _over(self, walk: Walk, phase: Phase, minutes: str) -> bool:
        return walk.active_count[phase.value] >= round(walk.plan[minutes] * 60.0 * RATE_HZ)

    def _lead_backward(self, walk: Walk, time_s: float) -> None:
        plan, stretch_count = walk.plan, round(walk.plan["stretch_min"] * 60.0 * RATE_HZ)
        walk.stretch_count += 1
        walk.lane.active_count += 1
        walk.level_count[walk.level] = walk.level_count.get(walk.level, 0) + 1
        if walk.stretch_count >= stretch_count:
            self._end_stretch(walk, time_s)
        elif plan["stretches"] == 1 and not walk.half_said and 2 * walk.stretch_count >= stretch_count:
            walk.half_said = True
            self._say(Cue.CHANGE, time_s)
        elif walk.lane.ended(plan["lane_steps"], plan["lane_s"]):
            self._say(Cue.TURN, time_s)

    def _end_stretch(self, walk: Walk, time_s: float) -> None:
        if walk.stretch < walk.plan["stretches"]:
            if walk.plan["rest_s"] > 0.0:
                self._change(walk, Phase.REST, time_s)
            else:
                self._next_stretch(walk, time_s)
        elif walk.plan["cool_down_min"] > 0.0:
            self._change(walk, Phase.COOL_DOWN, time_s)
        else:
            self._finish(Reason.DONE, time_s)

    def _next_stretch(self, walk: Walk, time_s: float) -> None:
        walk.stretch, walk.stretch_count = walk.stretch + 1, 0
        walk.still.moved_s = time_s
        self._change(walk, Phase.BACKWARD, time_s)

    def _change(self, walk: Walk, phase: Phase, time_s: float) -> None:
        self._say(Cue.CHANGE, time_s)
        walk.enter(phase, time_s)

    # --- pauses and ends ---------------------------------------------------------------------------------------

    def _while_paused(self, walk: Walk, time_s: float, walking: bool) -> None:
        walk.paused_count += 1
        if walking and walk.reason in SELF_ENDING and self._worn and not self._faults:
            self._resume(walk, time_s)
        else:
            self._end_long_pause(time_s)

    def _end_long_pause(self, time_s: float) -> None:
        walk = self._walk
        if walk is not None and time_s - walk.entered_s >= self._settings.pause_limit_s:
            stopped = walk.reason in (Reason.FAULT, Reason.FALL)
            self._finish(Reason(walk.reason) if stopped else Reason.PAUSED_TOO_LONG, time_s)

    def _pause(self, walk: Walk, reason: Reason, time_s: float) -> None:
        if self.phase is Phase.STANDING_CHECK:
            self._abandon(reason, None, time_s)
            return
        if self.phase is not Phase.PAUSED:
            walk.before = walk.phase
            walk.enter(Phase.PAUSED, time_s)
        elif walk.reason == Reason.FALL or reason in SELF_ENDING:
            return
        walk.reason = reason.value

    def _resume(self, walk: Walk, time_s: float) -> None:
        before, walk.before, walk.reason = walk.before, None, None
        walk.still.moved_s = time_s
        walk.dose.forget_before(time_s)
        walk.enter(Phase(before), time_s)

    def _abandon(self, reason: Reason, cue: Cue | None, time_s: float) -> None:
        """Leave a walk that never began: there is nothing to report."""
        if cue is not None:
            self._say(cue, time_s)
        self._last = dataclasses.replace(self._look(None), reason=reason, words=REASON_WORDS[reason])
        self._walk = None

    def _finish(self, reason: Reason, time_s: float) -> None:
        walk = self._walk
        if walk is None:
            return
        if reason is not Reason.SWITCHED_OFF:
            self._say(Cue.TROUBLE if reason in STOP_RULES else Cue.END, time_s)
        walk.dose.close()
        self._reports.append((RecordKind.SESSION, report_body(walk, reason, time_s, self._facts)))
        self._last = dataclasses.replace(
            self._look(walk), phase=Phase.READY, reason=reason, words=REASON_WORDS[reason], lane=None, stretch=None
        )
        self._walk = None

    # --- events ------------------------------------------------------------------------------------------------

    def _event(self, event: Event) -> None:
        self._remember(event)
        walk = self._walk
        if walk is None:
            return
        self._write_down(walk, event)
        if event.kind is Kind.STUMBLE and event.severity > 0.0:
            walk.stumble_count += 1
            if walk.stumble_count >= self._settings.stumbles:
                self._stop(Reason.TWO_STUMBLES, event.decided_at_s)
        elif event.kind is Kind.FALL:
            self._pause(walk, Reason.FALL, event.decided_at_s)
        elif event.kind in (Kind.FALL_CONFIRMED, Kind.FALL_CANCELLED) and walk.reason == Reason.FALL:
            self._finish(Reason.FALL, event.decided_at_s)
        elif event.kind is Kind.FAULT and event.severity > 0.0:
            self._pause(walk, Reason.FAULT, event.decided_at_s)
        elif event.kind is Kind.NOT_WORN and event.severity > 0.0:
            self._pause(walk, Reason.NOT_WORN, event.decided_at_s)

    def _remember(self, event: Event) -> None:
        """Keep what outlasts a walk: faults in force, whether the clip is worn, whether a fall is being asked about."""
        if event.kind is Kind.FAULT:
            cause = event.cause.value if event.cause else "unknown"
            (self._faults.add if event.severity > 0.0 else self._faults.discard)(cause)
        elif event.kind is Kind.NOT_WORN:
            self._worn = event.severity <= 0.0
        elif event.kind is Kind.FALL:
            self._fall_open = True
        elif event.kind in (Kind.FALL_CONFIRMED, Kind.FALL_CANCELLED):
            self._fall_open = False

    def _write_down(self, walk: Walk, event: Event) -> None:
        if event.kind is Kind.STABILITY:
            walk.level = event.level or "unknown"
        if event.severity > 0.0 or event.kind is Kind.FALL_CANCELLED:
            walk.event_count[event.kind.value] = walk.event_count.get(event.kind.value, 0) + 1
        if len(walk.events) < LONGEST_LIST:
            walk.events.append(event_body(event) | {"phase": walk.phase})

    # --- button and commands -----------------------------------------------------------------------------------

    def press(self, press: Press, time_s: float) -> Outcome:
        """Take a press of the button; during a fall countdown it belongs to the countdown."""
        before_s, self._pressed_s[press] = self._pressed_s.get(press), time_s
        if before_s is not None and time_s - before_s < self._settings.bounce_s:
            return self._refuse("That press came too soon after the one before it to be meant.")
        if self._fall_open:
            return self._accept("I'm OK." if press is Press.SHORT else "Sent now.")
        if press is Press.LONG:
            return self._order_stop(Reason.LONG_PRESS, time_s)
        if self._walk is None:
            return self._order_start({}, time_s)
        if self.phase is Phase.PAUSED:
            return self._order_resume(time_s)
        if self.phase is Phase.COOL_DOWN:
            self._finish(Reason.DONE, time_s)
            return self._accept(REASON_WORDS[Reason.DONE])
        return self._order_pause(Reason.BUTTON, time_s)

    def command(self, name: str, body: Mapping[str, Any] | None, time_s: float) -> Outcome:
        """Take a command from the page; the answer says in words what became of it. Never raises."""
        try:
            values = check_order(name, body or {}, self._clip_id)
        except MessageError as error:
            return self._refuse(str(error))
        match name:
            case "start":
                return self._order_start(values, time_s)
            case "stop":
                return self._order_stop(Reason.PAGE_STOP, time_s)
            case "pause":
                return self._order_pause(Reason.PAGE, time_s)
            case "resume":
                return self._order_resume(time_s)
            case "ok":
                return self._accept("I'm OK.") if self._fall_open else self._refuse("No fall is being asked about.")
            case "pain":
                return self._order_pain(values, time_s)
            case "buzz":
                self._cues.append(Prompt(Cue(values.get("cue", Cue.START)), time_s))
                return self._accept("The clip buzzes.")
            case _:
                return self._order_haptics(values["on"])

    def _order_start(self, values: Mapping[str, Any], time_s: float) -> Outcome:
        if self._walk is not None:
            words = "paused: resume or stop it" if self.phase is Phase.PAUSED else self.phase.value.replace("_", " ")
            return self._refuse(f"A walk is already under way ({words}).")
        if not self._can_watch():
            self._say(Cue.TROUBLE, time_s)
            return self._refuse(self._why_not())
        plan = self._plan.body() | {key: values[key] for key in ("walk_test", "variation") if key in values}
        self._walk = Walk(
            time_s, "", time_s, time_s, plan, dict(values.get("answers", {})), Stillness(moved_s=time_s)
        )
        self._walk.enter(Phase.STANDING_CHECK, time_s)
        return self._accept("Stand still for ten seconds.")

    def _order_stop(self, reason: Reason, time_s: float) -> Outcome:
        if self._walk is None:
            return self._refuse("No walk is under way.")
        if self.phase is Phase.STANDING_CHECK:
            self._abandon(reason, Cue.END, time_s)
            return self._accept("The walk was not begun.")
        self._stop(Reason.FALL if self._walk.reason == Reason.FALL else reason, time_s)
        return self._accept(REASON_WORDS[reason])

    def _stop(self, reason: Reason, time_s: float) -> None:
        if self.phase is Phase.STANDING_CHECK:
            self._abandon(reason, Cue.TROUBLE, time_s)
        else:
            self._finish(reason, time_s)

    def _order_pause(self, reason: Reason, time_s: float) -> Outcome:
        walk = self._walk
        if walk is None:
            return self._refuse("No walk is under way.")
        if self.phase in (Phase.STANDING_CHECK, Phase.PAUSED):
            return self._refuse(f"Nothing to pause ({self.phase.value.replace('_', ' ')}).")
        self._pause(walk, reason, time_s)
        return self._accept(REASON_WORDS[reason])

    def _order_resume(self, time_s: float) -> Outcome:
        walk = self._walk
        if walk is None or self.phase is not Phase.PAUSED:
            return self._refuse("Nothing is paused.")
        if not self._can_watch():
            self._say(Cue.TROUBLE, time_s)
            return self._refuse(self._why_not())
        self._resume(walk, time_s)
        return self._accept("Walk on.")

    def _order_pain(self, values: Mapping[str, Any], time_s: float) -> Outcome:
        """Pain without a number, or grown, stops the walk; between walks it is a journal entry."""
        walk = self._walk
        if walk is None:
            self._reports.append((RecordKind.JOURNAL, {"kind": "pain", "body": {"when": "after", **values}}))
            return self._accept("Written down.")
        walk.pains.append({"time_s": round(time_s, 3), **values})
        if self._hurts(walk, values.get("value")):
            self._stop(Reason.PAIN, time_s)
            return self._accept(REASON_WORDS[Reason.PAIN])
        return self._accept("Written down. Stop if it grows.")

    def _hurts(self, walk: Walk, value: int | None) -> bool:
        if value is None:
            return True
        before = walk.answers.get("pain_before")
        if before is None:
            return value > self._settings.pain_limit
        return bool(value >= before + self._settings.pain_rise)

    def _order_haptics(self, on: bool) -> Outcome:
        if self._walk is not None and not on:
            self._walk.haptics_off = True
        outcome = self._accept("The motor may buzz." if on else "The motor is off: the clip cannot warn you.")
        return dataclasses.replace(outcome, haptics=on)

    def _can_watch(self) -> bool:
        return not self._faults and not self._fall_open and self._worn

    def _why_not(self) -> str:
        if self._fall_open:
            return "A fall is being asked about: say first that you are OK."
        if self._faults:
            return f"The clip has a fault ({', '.join(sorted(self._faults))}) and cannot watch you."
        return "The clip is not on the belt."

    # --- words, views and restarts -----------------------------------------------------------------------------

    def _say(self, cue: Cue, time_s: float) -> None:
        self._cues.append(Prompt(cue, time_s))
        if self._walk is not None:
            self._walk.cue_count[cue.value] = self._walk.cue_count.get(cue.value, 0) + 1

    def _accept(self, words: str) -> Outcome:
        return self._outcome(Answer(True, words))

    def _refuse(self, words: str) -> Outcome:
        return self._outcome(Answer(False, words))

    def _outcome(self, answer: Answer | None = None) -> Outcome:
        outcome = Outcome(tuple(self._cues), tuple(self._reports), answer)
        self._cues, self._reports = [], []
        return outcome

    def _cadence(self) -> float | None:
        if len(self._recent) < 2 or self._direction is Direction.UNKNOWN:
            return None
        return 60.0 * len(self._recent) / sum(step_time_s for _, step_time_s in self._recent)

    def _look(self, walk: Walk | None) -> SessionView:
        dose = walk.dose if walk else None
        reason = Reason(walk.reason) if walk and walk.reason else None
        return SessionView(
            phase=self.phase,
            reason=reason,
            words=REASON_WORDS[reason] if reason else "",
            direction=self._direction,
            steps=sum(s.step_count for s in (dose.backward, dose.forward, dose.unknown)) if dose else 0,
            steps_backward=dose.backward.step_count if dose else 0,
            backward_s=dose.backward.seconds if dose else 0.0,
            forward_s=dose.forward.seconds if dose else 0.0,
            cadence_spm=self._cadence(),
            lane=walk.lane.number if walk and walk.phase == Phase.BACKWARD else None,
            stretch=walk.stretch if walk else None,
            plan_progress=done_share(walk) if walk else None,
            stumble_count=walk.stumble_count if walk else 0,
        )

    def snapshot(self) -> dict[str, Any]:
        """Return what must survive a restart, as plain JSON-able data."""
        return {
            "schema": 1,
            "plan": self._plan.body(),
            "facts": dict(self._facts),
            "walk": self._walk.snapshot() if self._walk else None,
        }

    def restore(self, snapshot: Mapping[str, Any], time_s: float, same_boot: bool = True) -> Outcome:
        """Go on from ``snapshot`` at ``time_s``; a walk left behind on another boot, or long ago, is reported as ended.

        A snapshot that cannot be read is refused in words and changes nothing.
        """
        try:
            plan = walk_plan_from(snapshot["plan"])
            walk = Walk.restore(snapshot["walk"]) if snapshot["walk"] else None
            facts = dict(snapshot["facts"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return self._refuse(f"The walk saved before the restart cannot be read ({error}).")
        self._plan, self._walk, fresh = plan, walk, self._facts
        if walk is not None:
            self._facts = facts
            self._rejoin(walk, time_s, same_boot)
        self._facts = fresh
        return self._accept("Restored.")

    def _rejoin(self, walk: Walk, time_s: float, same_boot: bool) -> None:
        away_s = time_s - walk.last_s
        if walk.phase == Phase.STANDING_CHECK:
            self._walk = None
        elif not same_boot or not 0.0 <= away_s <= self._settings.pause_limit_s:
            self._finish(Reason.SWITCHED_OFF, walk.last_s)
        else:
            walk.restarts += 1
            walk.unseen_s += 0.0 if walk.phase == Phase.PAUSED else away_s
            walk.last_s = walk.still.moved_s = time_s
