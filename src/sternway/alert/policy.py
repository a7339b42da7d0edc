"""When the wearer is buzzed: what is worth it, how soon again, how loudly, and never two at once."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from sternway.alert.patterns import PATTERNS, WARNINGS, Pattern, Prompt
from sternway.events import Event, Kind
from sternway.wire.values import Cue

ADVICE = frozenset({Kind.STABILITY, Kind.FATIGUE})
"""Warnings that nobody asked for and that can wait: only these draw on the cue budget."""


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """How sparing the warnings are.

    A stumble is not repeated within ``stumble_refractory_s``, other warnings of a kind not within ``refractory_s``
    (3 to 10 s: one event is one buzz). Advice is given at most ``budget_count`` times in ``budget_s``, because each
    cue slows whatever else the walker is doing by about 0.1 s. A stumble within ``escalate_s`` of another escalates.
    A fall buzzes every ``fall_repeat_s`` until it is settled. Patterns are ``pause_s`` apart, so that they are told
    apart; what had to wait longer than ``stale_s`` is no longer said.
    """

    stumble_refractory_s: float = 3.0
    refractory_s: float = 10.0
    budget_count: int = 2
    budget_s: float = 600.0
    escalate_s: float = 60.0
    fall_repeat_s: float = 2.0
    pause_s: float = 0.2
    stale_s: float = 1.5


@dataclass(slots=True)
class _Playing:
    priority: int = 0
    until_s: float = float("-inf")


@dataclass(slots=True)
class _History:
    """When things were last said."""

    warned_s: dict[str, float] = field(default_factory=dict)
    advised_s: deque[float] = field(default_factory=deque)
    stumbled_s: float | None = None
    next_fall_buzz_s: float | None = None


class AlertPolicy:
    """Turns events and due cues into patterns for the motor.

    Two levels: *Attention*, and the same again when it escalates (a second stumble soon after, *high* instead of
    *raised*, a fall). A warning interrupts a cue at once; whatever may not interrupt waits for its turn. Time is the
    events' and prompts' own, so that where the stream is cut changes nothing but this: a cause that falls into the
    very turn in which a waiting cue is due goes first.
    """

    def __init__(self, settings: PolicySettings | None = None) -> None:
        self._settings = settings or PolicySettings()
        self._decided_at_s = float("-inf")
        self.reset()

    @property
    def decided_at_s(self) -> float:
        """When the pattern returned last was decided, on the sample clock."""
        return self._decided_at_s

    def reset(self) -> None:
        """Forget what was said and what waits."""
        self._history = _History()
        self._playing = _Playing()
        self._waiting: list[Prompt] = []

    def resume_fall_buzz(self, time_s: float) -> None:
        """Buzz from ``time_s`` on for a fall of before a restart, until it is settled."""
        self._history.next_fall_buzz_s = time_s

    def update(self, time_s: float, events: Collection[Event], cues: Collection[Prompt] = ()) -> list[Pattern]:
        """Return the pattern to play now, if any: ``[]`` or one."""
        if not (cues or events or self._waiting) and self._history.next_fall_buzz_s is None:
            return []
        prompts = list(cues)
        stopped = any(prompt.cue is Cue.TROUBLE for prompt in prompts)
        for event in events:
            prompt = self._prompt_for(event)
            if prompt is not None and not (stopped and event.kind is not Kind.FALL):
                prompts.append(prompt)
        prompts += self._fall_buzz(time_s)
        for prompt in prompts:
            self._queue(prompt)
        return self._next_pattern(time_s)

    def _prompt_for(self, event: Event) -> Prompt | None:
        if event.kind in (Kind.FALL_CONFIRMED, Kind.FALL_CANCELLED):
            self._history.next_fall_buzz_s = None
        cue = self._cue(event)
        if cue is None or not self._is_allowed(event, cue):
            return None
        if event.kind is Kind.FALL:
            self._history.next_fall_buzz_s = event.decided_at_s + self._settings.fall_repeat_s
        return Prompt(cue, event.decided_at_s)

    def _cue(self, event: Event) -> Cue | None:
        """Return what ``event`` says, ``None`` where it says that all is well or nothing is known."""
        cue = WARNINGS.get(event.kind)
        if cue is None or event.severity <= 0.0 or event.level in ("steady", "unknown"):
            return None
        return Cue.ATTENTION_AGAIN if cue is Cue.ATTENTION and self._escalates(event) else cue

    def _escalates(self, event: Event) -> bool:
        if event.kind is not Kind.STUMBLE:
            return event.level == "high"
        before, self._history.stumbled_s = self._history.stumbled_s, event.decided_at_s
        return before is not None and event.decided_at_s - before <= self._settings.escalate_s

    def _is_allowed(self, event: Event, cue: Cue) -> bool:
        """Return whether ``event`` is outside its refractory time and within the budget, and count it if so."""
        now_s, stumble = event.decided_at_s, event.kind is Kind.STUMBLE
        name = f"{event.kind}/{event.cause}/{'' if stumble else cue}"
        refractory_s = self._settings.stumble_refractory_s if stumble else self._settings.refractory_s
        last_s = self._history.warned_s.get(name)
        if last_s is not None and now_s - last_s < refractory_s and event.kind is not Kind.FALL:
            return False
        if event.kind in ADVICE and not self._within_budget(now_s):
            return False
        self._history.warned_s[name] = now_s
        return True

    def _within_budget(self, now_s: float) -> bool:
        advised_s = self._history.advised_s
        while advised_s and now_s - advised_s[0] >= self._settings.budget_s:
            advised_s.popleft()
        if len(advised_s) >= self._settings.budget_count:
            return False
        advised_s.append(now_s)
        return True

    def _fall_buzz(self, time_s: float) -> list[Prompt]:
        """Return the repeated *Attention* of an unsettled fall, one however long the silence before."""
        due_s, latest_s = self._history.next_fall_buzz_s, None
        while due_s is not None and due_s <= time_s:
            latest_s, due_s = due_s, due_s + self._settings.fall_repeat_s
        self._history.next_fall_buzz_s = due_s
        return [] if latest_s is None else [Prompt(Cue.ATTENTION_AGAIN, latest_s)]

    def _queue(self, prompt: Prompt) -> None:
        if all(waiting.cue is not prompt.cue for waiting in self._waiting):
            self._waiting.append(prompt)

    def _next_pattern(self, time_s: float) -> list[Pattern]:
        """Return the loudest waiting pattern once it may be played: at once over a lower one, else in its turn."""
        stale_s = self._settings.stale_s
        self._waiting = [p for p in self._waiting if p.cue in (Cue.TROUBLE, Cue.END) or time_s - p.time_s <= stale_s]
        if not self._waiting:
            return []
        prompt = min(self._waiting, key=lambda p: (-PATTERNS[p.cue].priority, p.time_s))
        pattern = PATTERNS[prompt.cue]
        free_s = self._playing.until_s + self._settings.pause_s
        start_s = prompt.time_s if pattern.priority > self._playing.priority else max(prompt.time_s, free_s)
        if start_s > time_s:
            return []
        self._waiting.remove(prompt)
        self._decided_at_s = start_s
        self._playing = _Playing(pattern.priority, start_s + pattern.duration_s)
        return [pattern]
