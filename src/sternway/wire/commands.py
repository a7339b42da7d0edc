"""Everything a clip can be asked to do, and what may stand in each command: the one table of commands."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from sternway.wire.journal import Check
from sternway.wire.values import Cue, PainTime, Score, Support, Variation

ShortText = Annotated[str, Meta(max_length=40)]


class CommandBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in one command; the type is the command."""


class CheckBefore(Check, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pre-walk check inside a command."""


class Start(CommandBody, frozen=True, kw_only=True):
    """Begin a walk."""

    variation: Variation | UnsetType = UNSET
    support: Support | UnsetType = UNSET
    check: CheckBefore | UnsetType = UNSET
    walk_test: bool | UnsetType = UNSET


class Stop(CommandBody, frozen=True, kw_only=True):
    """End the walk at once."""

    reason: Annotated[str, Meta(max_length=80)] | UnsetType = UNSET


class PauseWalk(CommandBody, frozen=True, kw_only=True):
    """Pause the walk."""


class Resume(CommandBody, frozen=True, kw_only=True):
    """Go on after a pause."""


class Ok(CommandBody, frozen=True, kw_only=True):
    """All is well: it was no fall."""


class PainNow(CommandBody, frozen=True, kw_only=True):
    """It hurts; without ``level`` the walk ends."""

    level: Score | UnsetType = UNSET
    place: ShortText | UnsetType = UNSET
    when: PainTime | UnsetType = UNSET
    note: Annotated[str, Meta(max_length=400)] | UnsetType = UNSET


class Buzz(CommandBody, frozen=True, kw_only=True):
    """Play a cue."""

    cue: Cue | UnsetType = UNSET


class Haptics(CommandBody, frozen=True, kw_only=True):
    """Whether the motor may buzz."""

    on: bool


COMMANDS: dict[str, type[CommandBody]] = {
    "start": Start,
    "stop": Stop,
    "pause": PauseWalk,
    "resume": Resume,
    "ok": Ok,
    "pain": PainNow,
    "buzz": Buzz,
    "haptics": Haptics,
}
NAMES: dict[type[CommandBody], str] = {body: name for name, body in COMMANDS.items()}
