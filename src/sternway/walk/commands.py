"""The commands a clip takes from the page, and what may stand in each."""

from collections.abc import Mapping
from typing import Any

from sternway.alert.patterns import Cue
from sternway.errors import MessageError
from sternway.programme.journal import FIELDS, EntryKind
from sternway.programme.plan import SUPPORTS, VARIATIONS
from sternway.wire.fields import Field, check_fields

ORDERS: dict[str, dict[str, Field]] = {
    "start": {
        "check": Field(dict, required=False),
        "walk_test": Field(bool, required=False),
        "variation": Field(required=False, choices=VARIATIONS),
        "support": Field(required=False, choices=SUPPORTS),
    },
    "stop": {"reason": Field(required=False)},
    "pause": {},
    "resume": {},
    "ok": {},
    "pain": {
        "level": Field(int, required=False, scale=(0, 10)),
        "place": Field(required=False),
        "when": Field(required=False, choices=("before", "during", "after", "next_morning")),
        "note": Field(required=False),
    },
    "buzz": {"cue": Field(required=False, choices=tuple(cue.value for cue in Cue))},
    "haptics": {"on": Field(bool)},
}


def check_order(name: str, body: Mapping[str, Any], clip_id: str) -> dict[str, Any]:
    """Return the checked body of command ``name``; raise :class:`MessageError` that says what is wrong.

    A body may carry ``clip_id``; a command for another clip is refused.
    """
    if name not in ORDERS:
        raise MessageError(f"there is no command {name!r}; there are {', '.join(ORDERS)}")
    meant_for = body.get("clip_id", clip_id)
    if meant_for != clip_id:
        raise MessageError(f"this command is for clip {meant_for}; this is clip {clip_id}")
    values = {key: value for key, value in body.items() if key != "clip_id"}
    check_fields(name, ORDERS[name], values)
    if "check" in values:
        check_fields("check", FIELDS[EntryKind.CHECK], values["check"])
    return values
