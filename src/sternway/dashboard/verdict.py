"""What *Now* says: one verdict in words, from what the clip last told. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from sternway.events import Cause, Kind
from sternway.fault_effects import EFFECTS, Effect
from sternway.records import Phase
from sternway.wire.state import State

STALE_WALKING_S = 4.0
"""The clip speaks at least every 2 s in a walk: one word may be missed, and silence is said within 5 s."""
STALE_RESTING_S = 40.0
"""The clip speaks at least every 30 s at rest."""
FRESH_S = 20.0
"""How long a stumble stays the verdict: long enough to look up from the phone, short enough to stay true."""
REST_S = 12 * 3600.0
"""How long a walk that two stumbles or pain ended stays the verdict: the rest of the day, or until another walk."""


class Tone(StrEnum):
    """How a verdict is coloured; never the only sign of it."""

    CALM = "calm"
    CARE = "care"
    ALARM = "alarm"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Happening:
    """The newest event of a clip: ``age_s`` is since it happened, by the best clock there is."""

    kind: Kind
    age_s: float
    level: str | None = None
    cause: Cause | None = None


class Concern(StrEnum):
    """What stays open until somebody settles it, gravest first; silence does not end it."""

    FALL = "fall"
    POSSIBLE_FALL = "possible_fall"
    TWO_STUMBLES = "two_stumbles"
    PAIN = "pain"

    @property
    def is_fall(self) -> bool:
        """Whether *I'm OK* settles it."""
        return self in {Concern.FALL, Concern.POSSIBLE_FALL}


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A concern and the seconds since it began."""

    concern: Concern
    age_s: float


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a clip at one moment. ``silent_s`` is ``None`` where it has not been heard since start.

    ``unsettled`` is the gravest concern that nobody has settled yet.
    """

    state: State | None
    silent_s: float | None
    online: bool | None
    happening: Happening | None = None
    unsettled: Unsettled | None = None

    @property
    def is_live(self) -> bool:
        """Whether what the clip last said may be shown as *now*."""
        if self.state is None or self.silent_s is None or self.online is False:
            return False
        resting = self.state.phase is Phase.READY
        return self.silent_s < (STALE_RESTING_S if resting else STALE_WALKING_S)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One word, one sentence, and what to do (may be empty)."""

    tone: Tone
    icon: str
    word: str
    sentence: str
    advice: str = ""
    is_fault: bool = False


FAULTS: dict[Cause, tuple[str, str]] = {
    Cause.NO_SENSOR: (
        "The motion sensor does not answer.",
        "Check the four wires to the sensor, then unplug the clip.",
    ),
    Cause.WRONG_CHIP: ("There is a chip Sternway cannot read.", "Look at the parts list in the build guide."),
    Cause.FROZEN_SENSOR: (
        "The motion sensor gives the same value again and again.",
        "Unplug the clip, wait, plug in.",
    ),
    Cause.GAPS: ("Motion is missing in between.", "Stop, and unplug the clip. If it stays, check the wires."),
    Cause.CLIPPED: ("The sensor was shaken beyond what it can measure.", "Fasten the clip firmly to the belt."),
    Cause.IMPLAUSIBLE: (
        "What the motion sensor measures cannot be true.",
        "Unplug the clip, wait, plug it in again. If it comes back, have the sensor and its wires checked.",
    ),
    Cause.LOW_BATTERY: ("The battery is low.", "End the walk and charge the clip."),
    Cause.DETECTOR_LATE: ("The clip is too slow to warn in time.", "End the walk and restart the clip."),
    Cause.SOFTWARE: ("The clip’s own program failed.", "End the walk. Unplug the clip, wait, plug it in again."),
    Cause.MOTOR_FAILED: (
        "The motor does not obey, so the clip cannot warn.",
        "End the walk. Let somebody run “sternway doctor” on the clip.",
    ),
    Cause.STORE_FULL: (
        "The clip has no room left for records.",
        "Bring it near the home network so it can send them.",
    ),
}

_MEANWHILE = {
    Effect.UNWATCHED: "Until then nothing warns you.",
    Effect.UNFELT: "Until then the clip watches, but you will not feel a warning.",
    Effect.LATE: "Until then a warning may come too late.",
    Effect.WARNING: "The clip goes on watching and warning meanwhile.",
}

_OUT_OF_TOUCH = "What the clip feels now is not known here. It goes on warning by itself while it is switched on."
_SECOND_STUMBLE = "Stand still, hold on to something, and go on only if you feel sure. Two stumbles end a walk."

_HAPPENED: dict[Kind, tuple[Tone, str, str, str, str]] = {
    Kind.STUMBLE: (Tone.ALARM, "stumble", "Stumble", "The clip felt a stumble just now.", _SECOND_STUMBLE),
    Kind.PRE_IMPACT: (
        Tone.ALARM,
        "fall",
        "Losing balance",
        "The clip felt balance being lost.",
        "Hold on to something.",
    ),
    Kind.FALL: (
        Tone.ALARM,
        "fall",
        "Was that a fall?",
        "The clip felt what may be a fall, and counts down 20 seconds.",
        "Press *I'm OK* here or the button on the clip if all is well.",
    ),
    Kind.FALL_CANCELLED: (Tone.CARE, "ok", "OK after a fright", "The wearer said: I'm OK.", "Rest before going on."),
}

_PHASES: dict[Phase, tuple[str, str, str]] = {
    Phase.READY: ("ready", "Ready", "The clip is on and ready for a walk."),
    Phase.STANDING_CHECK: ("stand", "Stand still", "The clip feels how it is worn. It takes ten seconds."),
    Phase.PAUSED: ("pause", "Paused", "The walk is paused. Minutes are not counted."),
    Phase.REST: ("pause", "Rest", "A rest between two lanes."),
}

_STEADINESS: dict[str, tuple[Tone, str, str, str, str]] = {
    "steady": (Tone.CALM, "steady", "Steady", "As steady as usual.", ""),
    "raised": (
        Tone.CARE,
        "less",
        "Less steady",
        "Less steady than your usual.",
        "Slow down, shorten your steps, use a rail.",
    ),
    "high": (Tone.ALARM, "less", "Much less steady", "Far from your usual.", "Stop and rest."),
}


def verdict(sight: Sight) -> Verdict:
    """Return what to say about a clip; what is not known is said first, danger second, calm last.

    What nobody has settled (a fall, a walk that was stopped) is said also of a clip that is not heard any more.
    """
    if not sight.is_live:
        return _unsettled(sight) or _out_of_touch(sight)
    assert sight.state is not None  # what is live has spoken
    is_fall = sight.unsettled is not None and sight.unsettled.concern.is_fall
    return (
        _happened(sight)
        or (_unsettled(sight) if is_fall else None)
        or _troubled(sight.state)
        or _unsettled(sight)
        or _walking(sight.state)
    )


def _troubled(state: State) -> Verdict | None:
    if state.fault is not None:
        sentence, advice = FAULTS[state.fault]
        return Verdict(
            Tone.ALARM, "fault", "FAULT", sentence, f"{advice} {_MEANWHILE[EFFECTS[state.fault]]}", is_fault=True
        )
    if state.worn is False and state.phase is not Phase.READY:
        return Verdict(Tone.CARE, "belt", "Not worn", "The clip does not feel a body.", "Fasten it to the belt.")
    return None


def _walking(state: State) -> Verdict:
    if state.phase in _PHASES:
        icon, word, sentence = _PHASES[state.phase]
        return Verdict(Tone.CALM, icon, word, sentence)
    if state.stability in _STEADINESS and not state.stability_learning:
        return Verdict(*_STEADINESS[state.stability])
    return Verdict(
        Tone.UNKNOWN, "learn", "Still learning", "What is usual for you is not known yet. Stumbles are watched."
    )


def _happened(sight: Sight) -> Verdict | None:
    """Return what just happened."""
    happening = sight.happening
    if happening is not None and happening.age_s < FRESH_S and happening.kind in _HAPPENED:
        return Verdict(*_HAPPENED[happening.kind])
    return None


_CONCERNS: dict[Concern, tuple[Tone, str, str, str, str]] = {
    Concern.FALL: (
        Tone.ALARM,
        "fall",
        "Fall",
        "A fall was felt {ago}, and nobody answered for 20 seconds.",
        "Go and look now. The page calls nobody. Press I’m OK when all is well.",
    ),
    Concern.POSSIBLE_FALL: (
        Tone.ALARM,
        "fall",
        "Was that a fall?",
        "What may be a fall was felt {ago}, and nobody answered.",
        "Go and look now. The page calls nobody. Press I’m OK when all is well.",
    ),
    Concern.TWO_STUMBLES: (
        Tone.CARE,
        "stumble",
        "Rest today",
        "Two stumbles ended the walk {ago}.",
        "Do not walk backwards again today.",
    ),
    Concern.PAIN: (
        Tone.CARE,
        "stop",
        "Rest today",
        "Pain ended the walk {ago}.",
        "Rest. If the pain stays, ask a professional before the next walk.",
    ),
}
_SILENT = " Nothing was heard from the clip since."
_LAST_HEARD = " The clip was last heard {ago}."


def _unsettled(sight: Sight) -> Verdict | None:
    """Return what nobody has settled yet, and whether the clip has spoken since."""
    if sight.unsettled is None:
        return None
    concern, age_s = sight.unsettled.concern, sight.unsettled.age_s
    if not concern.is_fall and age_s >= REST_S:
        return None
    tone, icon, word, sentence, advice = _CONCERNS[concern]
    return Verdict(tone, icon, word, sentence.format(ago=ago(age_s)) + _contact(sight, age_s), advice)


def _contact(sight: Sight, since_s: float) -> str:
    """Return what to say of a clip that is not heard now, of something that began ``since_s`` ago."""
    if sight.is_live:
        return ""
    if sight.silent_s is None or sight.silent_s >= since_s - STALE_WALKING_S:
        return _SILENT
    return _LAST_HEARD.format(ago=ago(sight.silent_s))


def ago(seconds: float) -> str:
    """Return how long ago something was, as coarse as people say it.

    >>> ago(20.0), ago(200.0), ago(7300.0), ago(200000.0)
    ('less than a minute ago', '3 min ago', '2 hours ago', '2 days ago')
    """
    if seconds < 60.0:
        return "less than a minute ago"
    for length_s, one, many in ((86400.0, "1 day ago", "days ago"), (3600.0, "1 hour ago", "hours ago")):
        count = int(seconds // length_s)
        if count:
            return one if count == 1 else f"{count} {many}"
    return f"{int(seconds // 60)} min ago"


def _out_of_touch(sight: Sight) -> Verdict:
    if sight.state is None:
        return Verdict(
            Tone.UNKNOWN, "unknown", "Not heard yet", "This clip has not spoken since the dashboard started."
        )
    if sight.online is False and sight.state.phase is Phase.READY:
        return Verdict(Tone.UNKNOWN, "off", "Clip is off", "It is switched off or out of reach of the home network.")
    return Verdict(Tone.UNKNOWN, "unknown", "Out of touch", _OUT_OF_TOUCH)
