"""What every clip says now, and who wants to be told when that changes."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sternway.dashboard.verdict import Concern, Happening, Sight, Unsettled
from sternway.events import Cause, Kind
from sternway.records import Phase
from sternway.wire.state import State

_KEPT_COUNT = 20
SKEW_S = 5.0
"""An event is dated by the clip's clock, the begin of a walk by its arrival here: so far they may be apart."""
JUST_NOW_S = 60.0
"""A report comes this soon after its walk, or it waited for a network."""
STUMBLES_OF_A_WALK = 2
"""The clip ends a walk at so many."""


@dataclass(frozen=True, slots=True)
class Felt:
    """An event as it came in: ``at_s`` is when it happened in Unix seconds, ``monotonic_s`` the same here."""

    kind: Kind
    at_s: float
    monotonic_s: float
    level: str | None = None
    cause: Cause | None = None


@dataclass(slots=True)
class _Clip:
    state: State | None = None
    heard_s: float | None = None
    walking_s: float = -math.inf
    online: bool | None = None
    felt: deque[Felt] = field(default_factory=lambda: deque(maxlen=_KEPT_COUNT))
    concern_s: dict[Concern, float] = field(default_factory=dict)
    stumbles_s: list[float] = field(default_factory=list)
    walk_began_s: float = -math.inf
    all_well_s: float = -math.inf

    def say(self, state: State, now_s: float) -> None:
        """Take a state; whoever starts a walk is up again."""
        was_ready = self.state is not None and self.state.phase is Phase.READY
        if was_ready and state.phase is not Phase.READY:
            self.walk_began_s = now_s
            self.stumbles_s.clear()
        self.state = state

    def feel(self, felt: Felt) -> None:
        """Take an event; they come in any order."""
        self.felt.append(felt)
        if felt.kind is Kind.FALL_CANCELLED:
            self.all_well_s = max(self.all_well_s, felt.monotonic_s)
        elif felt.kind is Kind.FALL:
            self.worry(Concern.POSSIBLE_FALL, felt.monotonic_s)
        elif felt.kind is Kind.FALL_CONFIRMED:
            self.worry(Concern.FALL, felt.monotonic_s)
        elif felt.kind is Kind.STUMBLE and self.state is not None and self.state.phase is not Phase.READY:
            self.stumbles_s.append(felt.monotonic_s)
            if len(self.stumbles_s) == STUMBLES_OF_A_WALK:
                self.worry(Concern.TWO_STUMBLES, felt.monotonic_s)

    def worry(self, concern: Concern, at_s: float) -> None:
        """Keep a concern, which may be told late."""
        self.concern_s[concern] = max(self.concern_s.get(concern, -math.inf), at_s)

    def unsettled(self, now_s: float) -> Unsettled | None:
        """Return the gravest concern that nobody settled."""
        for concern in Concern:
            began_s = self.concern_s.get(concern, -math.inf)
            if began_s < self.walk_began_s - SKEW_S or (concern.is_fall and began_s <= self.all_well_s):
                continue
            if began_s > -math.inf:
                return Unsettled(concern, now_s - began_s)
        return None


class Live:
    """Holds the newest of every clip. Safe from any thread; ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._clips: dict[str, _Clip] = {}
        self._listeners: list[Callable[[], object]] = []

    def listen(self, listener: Callable[[], object]) -> None:
        """Call ``listener`` after every change, on the thread that made it."""
        self._listeners.append(listener)

    def state(self, clip_id: str, state: State, retained: bool) -> None:
        """Take what a clip says of itself; what the broker only kept for us is of unknown age."""
        with self._lock:
            clip = self._clips.setdefault(clip_id, _Clip())
            clip.say(state, self._clock())
            if not retained:
                clip.heard_s = self._clock()
                if state.phase is not Phase.READY:
                    clip.walking_s = clip.heard_s
        self._tell()

    def availability(self, clip_id: str, online: bool) -> None:
        """Take whether a clip is connected."""
        with self._lock:
            self._clips.setdefault(clip_id, _Clip()).online = online
        self._tell()

    def felt(
        self, clip_id: str, kind: Kind, age_s: float, level: str | None = None, cause: Cause | None = None
    ) -> None:
        """Take an event that happened ``age_s`` ago."""
        felt = Felt(kind, time.time() - age_s, self._clock() - age_s, level, cause)
        with self._lock:
            self._clips.setdefault(clip_id, _Clip()).feel(felt)
        self._tell()

    def walk_ended(self, clip_id: str, concern: Concern) -> None:
        """Take from a report why a walk ended; one of a walk that was not going on just now is no news."""
        now_s = self._clock()
        with self._lock:
            clip = self._clips.setdefault(clip_id, _Clip())
            if now_s - clip.walking_s < JUST_NOW_S:
                clip.worry(concern, now_s)
        self._tell()

    def settle(self, clip_id: str) -> None:
        """Take that somebody looked and all is well."""
        with self._lock:
            self._clips.setdefault(clip_id, _Clip()).all_well_s = self._clock()
        self._tell()

    def forget(self, clip_id: str) -> None:
        """Know nothing of a clip any more."""
        with self._lock:
            self._clips.pop(clip_id, None)
        self._tell()

    def sight(self, clip_id: str) -> Sight:
        """Return what is known of a clip now."""
        now_s = self._clock()
        with self._lock:
            clip = self._clips.get(clip_id, _Clip())
            silent_s = None if clip.heard_s is None else now_s - clip.heard_s
            newest = max(clip.felt, key=lambda felt: felt.monotonic_s, default=None)
            age_s = now_s - newest.monotonic_s if newest else 0.0
            happening = Happening(newest.kind, age_s, newest.level, newest.cause) if newest else None
            return Sight(clip.state, silent_s, clip.online, happening, clip.unsettled(now_s))

    def felt_lately(self, clip_id: str) -> list[Felt]:
        """Return the newest events of a clip, newest first."""
        with self._lock:
            felt = list(self._clips.get(clip_id, _Clip()).felt)
        return sorted(felt, key=lambda one: one.monotonic_s, reverse=True)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
