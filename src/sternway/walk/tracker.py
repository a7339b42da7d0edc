"""Where the walker is in the walk: from the press that starts it to the report at its end."""

import dataclasses
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from sternway.alert.patterns import Prompt
from sternway.conversion import convert, plain
from sternway.events import Cause, Event, Press
from sternway.motion.gait import Step
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.records import Body, Phase, RecordKind
from sternway.walk.guide import Guide, TrackerSettings
from sternway.walk.live_gait import LiveGait, Watch
from sternway.walk.outcome import Answer, Outcome, SessionView, look_at
from sternway.walk.report import WalkFacts, report_body
from sternway.walk.stillness import Stillness
from sternway.walk.walk import REASON_WORDS, Reason, Walk
from sternway.wire.commands import (
    Buzz,
    CheckBefore,
    CommandBody,
    Haptics,
    Ok,
    PainNow,
    PauseWalk,
    Resume,
    Start,
    Stop,
)
from sternway.wire.journal import EntryKind, JournalBody, PainNote, plain_entry
from sternway.wire.plan import WalkPlan, walk_plan_from
from sternway.wire.report import Answers, PainInWalk
from sternway.wire.values import Cue, PainTime

__all__ = ["Answer", "Outcome", "Press", "SessionTracker", "SessionView", "TrackerSettings"]

_DECIDED_AT_S = attrgetter("decided_at_s")
_NOTHING = Outcome()


class SessionTracker:
    """Leads one walk after another, eyes-free.

    Fed with trunk motion, events, presses and commands, each with its own time; reads no clock. ``snapshot`` is plain
    JSON-able data from which ``restore`` goes on after a restart without losing anything counted. While a fall is
    being asked about, the button belongs to :class:`~sternway.alert.fall_countdown.FallCountdown` and the tracker
    leaves the walk alone.
    """

    def __init__(
        self, plan: WalkPlan | None = None, clip_id: str = "clip-1", settings: TrackerSettings | None = None
    ) -> None:
        self._plan = plan or WalkPlan()
        self._clip_id = clip_id
        self._settings = settings or TrackerSettings()
        self._facts = WalkFacts()
        self._guide: Guide | None = None
        self._last = SessionView()
        self._watch = Watch()
        self._pressed_s: dict[Press, float] = {}
        self._gait = LiveGait()
        self._prompts: list[Prompt] = []
        self._reports: list[tuple[RecordKind, Body]] = []

    @property
    def phase(self) -> Phase:
        """Where the walker is in the walk."""
        return self._guide.phase if self._guide else Phase.READY

    @property
    def plan(self) -> WalkPlan:
        """What the next walk asks for."""
        return self._plan

    @property
    def variation(self) -> str:
        """How the walk goes, or the next one will: flat, uphill or treadmill."""
        return self._guide.walk.plan.variation if self._guide else self._plan.variation

    def take_plan(self, plan: WalkPlan) -> None:
        """Use ``plan`` from the next walk on; the one under way is not changed under the walker's feet."""
        self._plan = plan

    def describe(self, **facts: Any) -> None:
        """Keep plain facts for the report: ``versions``, ``sensor``, ``baseline``, ``speed_mps``, ``origin``.

        ``walk_test_before_s`` is the last walk test, against which the next one is judged.
        """
        self._facts = convert({**plain(self._facts), **facts}, WalkFacts, "facts")

    def motor_felt(self, felt: bool | None, time_s: float) -> Outcome:
        """Take the result of the motor's self-test; ``None`` where there is no motor to feel."""
        if self._guide is not None:
            self._guide.walk.motor_felt = felt
            if felt is False and self.phase is Phase.STANDING_CHECK:
                self._guide.end(Reason.MOTOR_NOT_FELT, time_s)
        return self._outcome()

    def recall_fault(self, cause: Cause, time_s: float) -> None:
        """Know again of a fault that was told before a restart; nothing is counted."""
        self._watch.faults.add(cause.value)
        if self._guide is not None:
            self._guide.pause(Reason.FAULT, time_s)

    @property
    def view(self) -> SessionView:
        """Where the walk is now; between walks, how the last one ended."""
        view = look_at(self._guide.walk) if self._guide else self._last
        return dataclasses.replace(view, direction=self._gait.direction, cadence_spm=self._gait.cadence_spm)

    def update(self, trunk: TrunkMotion, events: Iterable[Event] = ()) -> Outcome:
        """Take trunk motion and the events found in it."""
        steps = sorted(trunk.steps, key=_DECIDED_AT_S)[::-1]
        pending = sorted(events, key=_DECIDED_AT_S)[::-1]
        for sample in trunk.samples:
            while pending and pending[-1].decided_at_s <= sample.time_s:
                self._event(pending.pop())
            while steps and steps[-1].decided_at_s <= sample.time_s:
                self._step(steps.pop(), sample.direction)
            self._sample(sample)
        if self._guide is not None:
            self._guide.test(trunk)
        for step in reversed(steps):
            self._step(step, int(self._gait.direction))
        for event in reversed(pending):
            self._event(event)
        return self._outcome()

    def tick(self, time_s: float, events: Iterable[Event] = ()) -> Outcome:
        """Let time pass without samples (a silent sensor): events still count and long pauses still end."""
        for event in events:
            self._event(event)
        if self._guide is not None:
            self._guide.end_long_pause(time_s)
        return self._outcome()

    def press(self, press: Press, time_s: float) -> Outcome:
        """Take a press of the button: short starts, pauses, resumes and ends; long stops at once."""
        before_s, self._pressed_s[press] = self._pressed_s.get(press), time_s
        if before_s is not None and time_s - before_s < self._settings.bounce_s:
            return self._refuse("That press came too soon after the one before it to be meant.")
        if self._watch.fall_open:
            return self._accept("I'm OK." if press is Press.SHORT else "Sent now.")
        if press is Press.LONG:
            return self._stop(Reason.LONG_PRESS, time_s)
        return self._press_short(time_s)

    def command(self, order: CommandBody, time_s: float) -> Outcome:  # noqa: PLR0911
        """Take a command from the page; the answer says in words what became of it. Never raises."""
        match order:
            case Start():
                return self._start(order, time_s)
            case Stop():
                return self._stop(Reason.PAGE_STOP, time_s)
            case PauseWalk():
                return self._pause(Reason.PAGE, time_s)
            case Resume():
                return self._resume(time_s)
            case Ok():
                return self._ok()
            case PainNow():
                return self._pain(order, time_s)
            case Buzz():
                return self._buzz(order, time_s)
            case Haptics():
                return self._haptics(order.on)
        return self._refuse("There is no such command.")

    def snapshot(self) -> dict[str, Any]:
        """Return what must survive a restart, as plain JSON-able data."""
        walk = self._guide.walk.snapshot() if self._guide else None
        return {"plan": plain(self._plan), "facts": plain(self._facts), "walk": walk}

    def restore(
        self, snapshot: Mapping[str, Any], time_s: float, same_boot: bool = True, fall_open: bool = False
    ) -> Outcome:
        """Go on from ``snapshot`` at ``time_s``; a walk left on another boot, or long ago, is reported as ended.

        ``fall_open`` says that a fall is still being asked about.
        A snapshot that cannot be read is refused in words and changes nothing.
        """
        try:
            plan = walk_plan_from(snapshot["plan"])
            walk = Walk.restore(snapshot["walk"]) if snapshot["walk"] else None
            facts = convert(snapshot["facts"], WalkFacts, "facts")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return self._refuse(f"The walk saved before the restart cannot be read ({error}).")
        known = {name: value for name, value in plain(self._facts).items() if value is not None}
        self._plan, self._facts = plan, convert({**plain(facts), **known}, WalkFacts, "facts")
        self._watch.fall_open = fall_open
        if walk is not None and walk.phase is not Phase.STANDING_CHECK:
            self._guide = Guide(walk, self._settings, facts.walk_test_before_s)
            self._rejoin(self._guide, facts, time_s, same_boot)
        return self._accept("Restored.")

    def _rejoin(self, guide: Guide, facts: WalkFacts, time_s: float, same_boot: bool) -> None:
        walk = guide.walk
        away_s = max(0.0, time_s - walk.last_s)
        if not same_boot or away_s > self._settings.pause_limit_s:
            guide.ended = guide.stop_rule_or(Reason.SWITCHED_OFF), walk.last_s
            self._report(guide, facts)
            return
        walk.restart_count += 1
        walk.unseen_s += 0.0 if guide.phase is Phase.PAUSED else away_s
        walk.last_s = walk.still.moved_s = max(time_s, walk.last_s)

    def _sample(self, sample: TrunkSample) -> None:
        self._gait.sample(sample.walking, sample.direction)
        if self._guide is not None:
            self._guide.sample(sample, self._watch)
            self._settle()

    def _step(self, step: Step, direction: int) -> None:
        self._gait.step(step)
        if self._guide is not None:
            self._guide.step(step, direction)

    def _event(self, event: Event) -> None:
        self._watch.event(event)
        if self._guide is not None:
            self._guide.event(event)
            self._settle()

    def _press_short(self, time_s: float) -> Outcome:
        match self.phase:
            case Phase.READY:
                return self._start(Start(), time_s)
            case Phase.PAUSED:
                return self._resume(time_s)
            case Phase.COOL_DOWN if self._guide is not None:
                self._guide.end(Reason.DONE, time_s)
                return self._accept(REASON_WORDS[Reason.DONE])
            case _:
                return self._pause(Reason.BUTTON, time_s)

    def _start(self, order: Start, time_s: float) -> Outcome:
        if self._guide is not None:
            paused = self.phase is Phase.PAUSED
            words = "paused: resume or stop it" if paused else self.phase.value.replace("_", " ")
            return self._refuse(f"A walk is already under way ({words}).")
        if (obstacle := self._watch.obstacle) is not None:
            self._prompts.append(Prompt(Cue.TROUBLE, time_s))
            return self._refuse(obstacle)
        chosen = {"walk_test": order.walk_test, "variation": order.variation, "support": order.support}
        choices = {name: value for name, value in chosen.items() if value is not UNSET}
        walk = Walk(
            started_s=time_s,
            last_s=time_s,
            step_s=time_s,
            plan=replace(self._plan, **choices),
            answers=Answers(**plain(order.check or CheckBefore())),
            still=Stillness(moved_s=time_s),
        )
        walk.enter(Phase.STANDING_CHECK, time_s)
        self._guide = Guide(walk, self._settings, self._facts.walk_test_before_s)
        return self._accept(f"Stand still for {self._settings.check_s:g} seconds.")

    def _stop(self, reason: Reason, time_s: float) -> Outcome:
        if self._guide is None:
            return self._refuse("No walk is under way.")
        self._guide.end(self._guide.stop_rule_or(reason), time_s)
        return self._accept(REASON_WORDS[reason])

    def _pause(self, reason: Reason, time_s: float) -> Outcome:
        if self._guide is None:
            return self._refuse("No walk is under way.")
        if self.phase in (Phase.STANDING_CHECK, Phase.PAUSED):
            return self._refuse(f"Nothing to pause ({self.phase.value.replace('_', ' ')}).")
        self._guide.pause(reason, time_s)
        return self._accept(REASON_WORDS[reason])

    def _resume(self, time_s: float) -> Outcome:
        if self._guide is None or self.phase is not Phase.PAUSED:
            return self._refuse("Nothing is paused.")
        stopped = REASON_WORDS[Reason.TWO_STUMBLES] if self._guide.walk.reason == Reason.TWO_STUMBLES else None
        if (obstacle := self._watch.obstacle or stopped) is not None:
            self._guide.say(Cue.TROUBLE, time_s)
            return self._refuse(obstacle)
        self._guide.resume(time_s)
        return self._accept("Walk on.")

    def _ok(self) -> Outcome:
        return self._accept("I'm OK.") if self._watch.fall_open else self._refuse("No fall is being asked about.")

    def _pain(self, order: PainNow, time_s: float) -> Outcome:
        """Pain without a number, or grown, stops the walk; between walks it is a journal entry."""
        if self._guide is None:
            return self._note_pain(order)
        self._guide.walk.pains.append(PainInWalk(time_s=round(time_s, 3), **asdict(order)))
        if self._hurts(self._guide.walk, order.level):
            return self._stop(Reason.PAIN, time_s)
        return self._accept("Written down. Stop if it grows.")

    def _note_pain(self, order: PainNow) -> Outcome:
        if order.level is UNSET:
            return self._refuse("How much does it hurt, 0 to 10?")
        body = PainNote(value=order.level, when=order.when or PainTime.AFTER, place=order.place, note=order.note)
        self._reports.append((RecordKind.JOURNAL, JournalBody(kind=EntryKind.PAIN, body=plain_entry(body))))
        return self._accept("Written down.")

    def _hurts(self, walk: Walk, level: int | UnsetType) -> bool:
        before = walk.answers.pain_before
        if level is UNSET:
            return True
        if isinstance(before, int):
            return level >= before + self._settings.pain_rise
        return level > self._settings.pain_limit

    def _buzz(self, order: Buzz, time_s: float) -> Outcome:
        self._prompts.append(Prompt(order.cue or Cue.START, time_s))
        return self._accept("The clip buzzes.")

    def _haptics(self, on: bool) -> Outcome:
        if self._guide is not None and not on:
            self._guide.walk.haptics_off = True
        words = "The motor may buzz." if on else "The motor is off: the clip cannot warn you."
        return dataclasses.replace(self._accept(words), haptics=on)

    def _settle(self) -> None:
        """Collect what the guide has to say, and the report of a walk that is over."""
        guide = self._guide
        if guide is None or not (guide.prompts or guide.tested or guide.ended):
            return
        self._prompts += guide.prompts
        guide.prompts = []
        if guide.tested is not None:
            self._reports.append((RecordKind.WALK_TEST, guide.tested.body()))
            guide.tested = None
        if guide.ended is not None:
            self._report(guide, self._facts)

    def _report(self, guide: Guide, facts: WalkFacts) -> None:
        if guide.ended is None:
            return
        reason, time_s = guide.ended
        walk, self._guide = guide.walk, None
        walk.dose.close()
        if walk.phase is not Phase.STANDING_CHECK:
            self._reports.append((RecordKind.SESSION, report_body(walk, reason, time_s, facts)))
        self._last = dataclasses.replace(
            look_at(walk), phase=Phase.READY, reason=reason, words=REASON_WORDS[reason], lane=None, stretch=None
        )

    def _accept(self, words: str) -> Outcome:
        return self._outcome(Answer(True, words))

    def _refuse(self, words: str) -> Outcome:
        return self._outcome(Answer(False, words))

    def _outcome(self, answer: Answer | None = None) -> Outcome:
        self._settle()
        if answer is None and not (self._prompts or self._reports):
            return _NOTHING
        outcome = Outcome(tuple(self._prompts), tuple(self._reports), answer)
        self._prompts, self._reports = [], []
        return outcome
