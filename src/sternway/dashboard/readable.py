"""What the pages read of a report or a trace; a body that lacks any of it is kept whole, but not shown."""

from collections.abc import Mapping
from typing import Any

from sternway.publish.schema import ANY_NAME, Flag, Integer, Items, Maybe, Named, Number, Plain, Struct, Text, Words
from sternway.publish.shapes import TRACE_BODY
from sternway.session.report import LEVELS


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
_EVENT = _Holds({"kind": _WORD, "time_s": _NUMBER}, {"level": Maybe(_LEVEL)})
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
        "events": _Holds({"count": Named(Integer(), 200), "list": Items(_EVENT, 2000)}),
        "softness": _Holds({"ratio": Maybe(_NUMBER)}),
        "posture": _Holds({"lean_rad": Maybe(_NUMBER), "sway_mps2": Maybe(_NUMBER)}),
        "sensor": _Holds({}),
        "versions": _Holds({}),
        "plan": _Holds({}, {"variation": _WORD}),
        "answers": Named(Plain(0), 200, ANY_NAME),
        "phases": Items(Items(Plain(0), 2), 2000),
    },
    {"speed_mps": Named(_NUMBER, 20), "walk_test_s": Items(_NUMBER, 20)},
)
_TRACE = _Holds({**TRACE_BODY.shapes, "sample_count": Integer(1, 5000)})


def check_report(body: Mapping[str, Any]) -> None:
    """Refuse a report that a page or the plan could not read."""
    _REPORT.check(body, "report")
    for name, time_s in body["phases"]:
        _WORD.check(name, "report.phases")
        _NUMBER.check(time_s, "report.phases")


def check_trace(body: Mapping[str, Any]) -> None:
    """Refuse a trace that could not be found or drawn."""
    _TRACE.check(body, "trace")
