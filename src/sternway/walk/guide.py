"""Leads one walk from phase to phase, sample by sample, and says which cues fall due."""

from dataclasses import dataclass

from sternway.alert.patterns import Prompt
from sternway.events import Event, Kind
from sternway.motion.gait import Step
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.records import Phase
from sternway.samples import Vector
from sternway.walk.heading import Heading
from sternway.walk.live_gait import Watch
from sternway.walk.trial_counter import TrialCounter
from sternway.walk.walk import LONGEST_LIST, STOP_RULES, Reason, Walk
from sternway.walk.walk_test import TRIAL_COUNT, WalkTestResult
from sternway.wire.event import event_in_walk
from sternway.wire.values import Cue, Level


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """How the walk is led.

    The standing check lasts ``check_s`` and needs ``check_still_s`` of stillness at its end, within
    ``check_limit_s``. The plan's clocks run while the walker moves and for ``halt_s`` more. Standing for ``stand_s``
    pauses; a pause of ``pause_limit_s`` ends the walk, and so does a restart after a longer absence. ``stumbles``
    in one walk stop it; it is over ``fall_wait_s`` later, by when a fall that began as the last of them is known (the
    fall detector waits 10 s from the impact). Presses closer than ``bounce_s`` are one. Pain that grew by
    ``pain_rise`` stops the walk; where pain before it is unknown, more than ``pain_limit`` does. The walk test is
    given up after
    ``test_limit_s``.
    """

    check_s: float = 10.0
    check_still_s: float = 3.0
    check_limit_s: float = 60.0
    halt_s: float = 2.0
    stand_s: float = 20.0
    pause_limit_s: float = 600.0
    stumbles: int = 2
    fall_wait_s: float = 12.0
    bounce_s: float = 0.4
    pain_rise: int = 2
    pain_limit: int = 3
    test_limit_s: float = 300.0


SURELY_STILL_S = 1.0
"""Stillness after which what is read belongs to standing: the sway of coming to rest is over."""

GAP_S = 0.05
"""Samples further apart than this are a gap: time that nobody watched."""

GUIDED = frozenset({Phase.WARM_UP, Phase.BACKWARD, Phase.COOL_DOWN})

SELF_ENDING = frozenset({Reason.STANDING, Reason.NOT_WORN})
"""Pauses that the clip began by itself; walking on ends them."""


class Guide:
    """Leads ``walk``. Cues due are in ``prompts``; ``ended`` is set with reason and time when the walk is over.

    ``tested`` is set when the walk test inside the walk is done.
    """

    def __init__(self, walk: Walk, settings: TrackerSettings, test_before_s: float | None = None) -> None:
        self.walk = walk
        self.test_before_s = test_before_s
        self.prompts: list[Prompt] = []
        self.ended: tuple[Reason, float] | None = None
        self.tested: WalkTestResult | None = None
        self._test = TrialCounter()
        self._heading = Heading()
        self._settings = settings
        self._due_count = round(walk.plan.stretch_min * 60.0 * RATE_HZ)

    @property
    def phase(self) -> Phase:
        """Where the walker is in the walk."""
        return self.walk.phase

    def say(self, cue: Cue, time_s: float) -> None:
        """Let ``cue`` fall due."""
        self.prompts.append(Prompt(cue, time_s))
        self.walk.cue_count[cue.value] = self.walk.cue_count.get(cue.value, 0) + 1

    def end(self, reason: Reason, time_s: float) -> None:
        """End the walk: *Trouble* where a stop rule or a failed check ends it, else *End*."""
        trouble = reason in STOP_RULES or reason in (Reason.NOT_STILL, Reason.MOTOR_NOT_FELT)
        self.say(Cue.TROUBLE if trouble else Cue.END, time_s)
        self.ended = (reason, time_s)

    def sample(self, sample: TrunkSample, watch: Watch) -> None:
        """Take one sample; ``watch`` knows whether anything forbids walking on from a pause."""
        walk, time_s = self.walk, sample.time_s
        phase = walk.phase
        if time_s <= walk.last_s:
            return
        if time_s - walk.last_s > GAP_S and phase is not Phase.PAUSED:
            walk.unseen_s += time_s - walk.last_s
        walk.last_s = time_s
        still_s = walk.still.update(sample)
        yaw_rate_radps = self._heading.update(time_s, sample.yaw_rate_radps, still_s >= SURELY_STILL_S)
        if phase is Phase.PAUSED:
            self._while_paused(time_s, sample.walking and watch.obstacle is None)
        elif phase is Phase.STANDING_CHECK:
            self._check_standing(time_s, still_s, sample.up)
        else:
            self._count(sample, yaw_rate_radps, phase)
            self._lead(phase, time_s, active=still_s < self._settings.halt_s)
            if still_s >= self._settings.stand_s and self.ended is None and self.phase in GUIDED:
                self.pause(Reason.STANDING, time_s)

    def step(self, step: Step, direction: int) -> None:
        """Take one step, decided while the direction was ``direction``."""
        walk, phase = self.walk, self.phase
        if phase is Phase.STANDING_CHECK or step.time_s <= walk.step_s:
            return
        walk.step_s = step.time_s
        if phase is not Phase.PAUSED or walk.reason in SELF_ENDING:
            turned_rad = self._heading.turned_rad(step.time_s - (step.step_time_s or 0.0), step.time_s)
            walk.dose.step(step, direction, turned_rad)
        if phase is Phase.BACKWARD and not walk.turning.now:
            walk.lane.step(direction)

    def event(self, event: Event) -> None:
        """Write ``event`` down and follow the stop rules."""
        walk, time_s, bad = self.walk, event.decided_at_s, event.severity > 0.0
        self._write_down(event)
        if event.kind is Kind.STUMBLE and bad:
            walk.stumble_count += 1
            if walk.stumble_count == self._settings.stumbles:
                self.say(Cue.TROUBLE, time_s)
                self.pause(Reason.TWO_STUMBLES, time_s)
        elif event.kind is Kind.FALL:
            self.pause(Reason.FALL, time_s)
        elif event.kind in (Kind.FALL_CONFIRMED, Kind.FALL_CANCELLED) and walk.reason == Reason.FALL:
            self.end(Reason.FALL, time_s)
        elif event.kind is Kind.FAULT and bad:
            self.pause(Reason.FAULT, time_s)
        elif event.kind is Kind.NOT_WORN and bad:
            self.pause(Reason.NOT_WORN, time_s)

    def pause(self, reason: Reason, time_s: float) -> None:
        """Pause for ``reason``; a standing check has nothing to pause and is over.

        A fall outranks all else, and two stumbles all but a fall.
        """
        walk = self.walk
        if self.phase is Phase.STANDING_CHECK:
            self.ended = (reason, time_s)
            return
        if self.phase is not Phase.PAUSED:
            walk.before = walk.phase.value
            walk.dose.close()
            walk.enter(Phase.PAUSED, time_s)
        elif reason in SELF_ENDING or (self.is_stopped and reason is not Reason.FALL):
            return
        elif reason is Reason.TWO_STUMBLES:
            walk.enter(Phase.PAUSED, time_s)
        walk.reason = reason.value

    @property
    def is_stopped(self) -> bool:
        """Whether a stop rule has ended the walking: the pause only waits for what became of it."""
        return self.phase is Phase.PAUSED and self.walk.reason in (Reason.FALL, Reason.TWO_STUMBLES)

    def stop_rule_or(self, reason: Reason) -> Reason:
        """Return the stop rule that has ended the walking, where one has; else ``reason``."""
        return Reason(str(self.walk.reason)) if self.is_stopped else reason

    def resume(self, time_s: float) -> None:
        """Go back to the phase before the pause."""
        walk = self.walk
        before, walk.before, walk.reason = Phase(walk.before or Phase.WARM_UP), None, None
        walk.still.moved_s = time_s
        walk.dose.begin_bout(time_s)
        walk.enter(before, time_s)

    def end_long_pause(self, time_s: float) -> None:
        """End a walk that has been paused too long; a fault or fall stays the reason."""
        walk = self.walk
        if self.phase is not Phase.PAUSED:
            return
        paused_s = time_s - walk.entered_s
        if walk.reason == Reason.TWO_STUMBLES and paused_s >= self._settings.fall_wait_s:
            self.ended = (Reason.TWO_STUMBLES, time_s)
        elif paused_s >= self._settings.pause_limit_s:
            reason = Reason.FAULT if walk.reason == Reason.FAULT else Reason.PAUSED_TOO_LONG
            self.end(self.stop_rule_or(reason), time_s)

    def _write_down(self, event: Event) -> None:
        walk = self.walk
        if event.kind is Kind.STABILITY:
            walk.level = Level(event.level or "unknown")
        if event.severity > 0.0 or event.kind is Kind.FALL_CANCELLED:
            walk.event_count[event.kind.value] = walk.event_count.get(event.kind.value, 0) + 1
        if len(walk.events) < LONGEST_LIST:
            walk.events.append(event_in_walk(event, walk.phase.value))

    def _while_paused(self, time_s: float, walks_on: bool) -> None:
        self.walk.paused_count += 1
        if walks_on and self.walk.reason in SELF_ENDING:
            self.resume(time_s)
        else:
            self.end_long_pause(time_s)

    def _check_standing(self, time_s: float, still_s: float, up: Vector) -> None:
        walk, settings = self.walk, self._settings
        since_s = time_s - walk.entered_s
        if still_s >= SURELY_STILL_S:
            walk.posture.stand(up)
        if since_s >= settings.check_s - 1e-9 and still_s >= min(settings.check_still_s, settings.check_s):
            self.say(Cue.START, time_s)
            walk.still.moved_s = time_s
            walk.enter(Phase.WARM_UP if walk.plan.warm_up_min > 0.0 else self._after_warm_up(), time_s)
        elif since_s >= settings.check_limit_s:
            self.end(Reason.NOT_STILL, time_s)

    def _count(self, sample: TrunkSample, yaw_rate_radps: float, phase: Phase) -> None:
        walk = self.walk
        walk.turning.update(yaw_rate_radps)
        walk.dose.sample(sample.time_s, sample.walking, sample.direction)
        if phase is Phase.BACKWARD:
            walk.lane.turn(yaw_rate_radps)
            if sample.walking:
                walk.posture.walk(sample.up, sample.horizontal_mps2)

    def _lead(self, phase: Phase, time_s: float, active: bool) -> None:
        """Count one sample on the plan's clocks and say what falls due."""
        walk = self.walk
        if phase is Phase.REST:
            if time_s - walk.entered_s >= walk.plan.rest_s - 1e-9:
                self._next_stretch(time_s)
        elif phase is Phase.WALK_TEST:
            if time_s - walk.entered_s >= self._settings.test_limit_s:
                self._end_test(time_s)
        elif active:
            walk.active_count[phase] = walk.active_count.get(phase, 0) + 1
            if phase is Phase.BACKWARD:
                self._lead_backward(time_s)
            elif phase is Phase.WARM_UP and self._over(phase, walk.plan.warm_up_min):
                self._change(self._after_warm_up(), time_s)
            elif phase is Phase.COOL_DOWN and self._over(phase, walk.plan.cool_down_min):
                self.end(Reason.DONE, time_s)

    def test(self, trunk: TrunkMotion) -> None:
        """Take trunk motion for the walk test: *Start* when the walker may go, *Change* after each trial."""
        if self.phase is not Phase.WALK_TEST or not len(trunk):
            return
        time_s = trunk.samples[-1].time_s
        trials_s, may_go = self._test.update(trunk)
        self.walk.trials_s += [round(trial_s, 3) for trial_s in trials_s]
        if len(self.walk.trials_s) >= TRIAL_COUNT:
            self.tested = WalkTestResult(tuple(self.walk.trials_s[:TRIAL_COUNT]), self.test_before_s)
            self._end_test(time_s)
        elif trials_s or may_go:
            self.say(Cue.CHANGE if trials_s else Cue.START, time_s)

    def _after_warm_up(self) -> Phase:
        return Phase.WALK_TEST if self.walk.plan.walk_test and not self.walk.tested else Phase.BACKWARD

    def _end_test(self, time_s: float) -> None:
        self.walk.tested = True
        self.walk.still.moved_s = time_s
        self._change(Phase.BACKWARD, time_s)

    def _over(self, phase: Phase, minutes: float) -> bool:
        due_count = minutes * 60.0 * RATE_HZ
        return self.walk.active_count[phase] >= due_count - 0.5

    def _lead_backward(self, time_s: float) -> None:
        walk, plan = self.walk, self.walk.plan
        walk.stretch_count += 1
        walk.lane.active_count += 1
        walk.level_count[walk.level] = walk.level_count.get(walk.level, 0) + 1
        if walk.stretch_count >= self._due_count:
            self._end_stretch(time_s)
        elif plan.stretches == 1 and not walk.half_said and 2 * walk.stretch_count >= self._due_count:
            walk.half_said = True
            self.say(Cue.CHANGE, time_s)
        elif walk.lane.ended(plan.lane_steps, plan.lane_s):
            self.say(Cue.TURN, time_s)

    def _end_stretch(self, time_s: float) -> None:
        plan = self.walk.plan
        if self.walk.stretch < plan.stretches:
            if plan.rest_s > 0.0:
                self._change(Phase.REST, time_s)
            else:
                self._next_stretch(time_s)
        elif plan.cool_down_min > 0.0:
            self._change(Phase.COOL_DOWN, time_s)
        else:
            self.end(Reason.DONE, time_s)

    def _next_stretch(self, time_s: float) -> None:
        walk = self.walk
        walk.stretch, walk.stretch_count = walk.stretch + 1, 0
        walk.still.moved_s = time_s
        walk.lane.steps = walk.lane.active_count = 0
        self._change(Phase.BACKWARD, time_s)

    def _change(self, phase: Phase, time_s: float) -> None:
        self.say(Cue.CHANGE, time_s)
        self.walk.enter(phase, time_s)
