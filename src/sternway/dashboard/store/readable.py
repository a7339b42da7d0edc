"""What the pages and the plan read of a record; a body that lacks any of it is kept whole, but not shown."""

from collections.abc import Mapping
from typing import Any

from sternway.records import RecordKind
from sternway.walk.report import LEVELS
from sternway.wire.schema import (
    ANY_NAME,
    Flag,
    Integer,
    Items,
    Maybe,
    Named,
    Number,
    Plain,
    Shape,
    Struct,
    Text,
    Words,
)
from sternway.wire.shapes import JOURNAL_BODY, TRACE_BODY


class _Holds(Struct):
    """A table with at least these names: a newer clip may tell more."""

    def check(self, value: object, where: str) -> None:
        """Refuse a missing name or a value of another shape."""
        known = self.shapes.keys() | self.optional.keys()
        found = {name: value[name] for name in known & value.keys()} if isinstance(value, Mapping) else value
        super().check(found, where)


_NUMBER = Number(-1e9, 1e9)
_WORD = Text(64)
_LEVEL = Words(*LEVELS)
_FELT = _Holds({"kind": _WORD, "time_s": _NUMBER}, {"level": Maybe(_LEVEL)})
_EVENT = _Holds(
    {**_FELT.shapes, "severity": _NUMBER},
    {**_FELT.optional, "evidence": Named(_NUMBER, 200, ANY_NAME), "cause": Maybe(_WORD)},
)
_REPORT = _Holds(
    {
        "started_s": _NUMBER,
        "ended_s": _NUMBER,
        "reason": _WORD,
        "reason_words": Text(2000),
        "stopped": Flag(),
        "complete": Flag(),
        "done_share": _NUMBER,
        "unseen_s": _NUMBER,
        "dose": _Holds({"backward_s": _NUMBER, "forward_s": _NUMBER, "steps_backward": Integer()}),
        "cadence_spm": _Holds({"backward": Maybe(_NUMBER)}),
        "steadiness": _Holds({"level": _LEVEL}),
        "events": _Holds({"count": Named(Integer(), 200), "list": Items(_FELT, 2000)}),
        "softness": _Holds({"ratio": Maybe(_NUMBER)}),
        "posture": _Holds({"lean_rad": Maybe(_NUMBER), "sway_mps2": Maybe(_NUMBER)}),
        "sensor": _Holds({"haptics_off": Plain(0)}),
        "versions": _Holds({}),
        "plan": _Holds({}, {"variation": _WORD}),
        "answers": _Holds({}),
        "phases": Items(Items(Plain(0), 2), 2000),
    },
    {"speed_mps": Named(_NUMBER, 20), "walk_test_s": Items(_NUMBER, 2000)},
)
_SHAPES: dict[RecordKind, Shape] = {
    RecordKind.EVENT: _EVENT,
    RecordKind.SESSION: _REPORT,
    RecordKind.JOURNAL: _Holds(JOURNAL_BODY.shapes, JOURNAL_BODY.optional),
    RecordKind.TRACE: _Holds({**TRACE_BODY.shapes, "sample_count": Integer(1, 5000)}),
}


def check_readable(kind: RecordKind, body: Mapping[str, Any]) -> None:
    """Refuse a body that could not be shown or decided by."""
    _SHAPES[kind].check(body, kind)
    if kind is RecordKind.SESSION:
        for name, time_s in body["phases"]:
            _WORD.check(name, "session.phases")
            _NUMBER.check(time_s, "session.phases")
