"""Shapes of plain data: each checks a value strictly and says itself as JSON Schema."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sternway.errors import MessageError

LARGEST_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""

NAME = r"[a-z][a-z0-9_]{0,47}"
ANY_NAME = r"[^\x00-\x1f]{1,64}"


class Shape(Protocol):
    """What a value may be."""

    def check(self, value: object, where: str) -> None:
        """Raise :class:`MessageError` that names ``where`` and what is wanted there."""
        ...

    def json_schema(self) -> dict[str, Any]:
        """Return the same as JSON Schema, draft 2020-12."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number in [minimum, maximum]."""

    minimum: float
    maximum: float

    def check(self, value: object, where: str) -> None:
        """Refuse what is not a number or out of range; NaN is in no range."""
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not self.minimum <= value <= self.maximum:  # type: ignore[operator]
            raise _wrong(where, f"a number from {self.minimum:g} to {self.maximum:g}", value)

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number in [minimum, maximum]."""

    minimum: int = 0
    maximum: int = LARGEST_INTEGER

    def check(self, value: object, where: str) -> None:
        """Refuse what is not a whole number or out of range."""
        if not isinstance(value, int) or isinstance(value, bool) or not self.minimum <= value <= self.maximum:
            raise _wrong(where, f"a whole number from {self.minimum} to {self.maximum}", value)

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def check(self, value: object, where: str) -> None:
        """Refuse what is not a boolean."""
        if not isinstance(value, bool):
            raise _wrong(where, "true or false", value)

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Text:
    """Text of bounded length; ``pattern`` must match the whole of it."""

    longest: int
    pattern: str | None = None

    def check(self, value: object, where: str) -> None:
        """Refuse what is not text, too long or of another form."""
        if not isinstance(value, str) or len(value) > self.longest:
            raise _wrong(where, f"text of at most {self.longest} characters", value)
        if self.pattern is not None and re.fullmatch(self.pattern, value) is None:
            raise _wrong(where, f"text like {self.pattern}", value)

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        pattern = {} if self.pattern is None else {"pattern": f"^(?:{self.pattern})$"}
        return {"type": "string", "maxLength": self.longest, **pattern}


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment in UTC, as ISO 8601 with seconds."""

    _TEXT = Text(32, r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|\+00:00)")

    def check(self, value: object, where: str) -> None:
        """Refuse what is not a real moment in UTC."""
        self._TEXT.check(value, where)
        try:
            datetime.fromisoformat(str(value))
        except ValueError:
            raise _wrong(where, "a real date and time in UTC", value) from None

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        return {**self._TEXT.json_schema(), "format": "date-time"}


class Words:
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = tuple(str(word) for word in words)

    def check(self, value: object, where: str) -> None:
        """Refuse any other word."""
        if not isinstance(value, str) or value not in self.words:
            raise _wrong(where, f"one of {', '.join(self.words)}", value)

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Maybe:
    """The shape within, or null for *unknown*."""

    shape: Shape

    def check(self, value: object, where: str) -> None:
        """Refuse what is neither null nor the shape within."""
        if value is not None:
            self.shape.check(value, where)

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        return {"anyOf": [self.shape.json_schema(), {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Items:
    """A list of at most ``most`` of one shape."""

    shape: Shape
    most: int

    def check(self, value: object, where: str) -> None:
        """Refuse what is not a list, too long, or holds another shape."""
        if not isinstance(value, list) or len(value) > self.most:
            raise _wrong(where, f"a list of at most {self.most}", value)
        for index, item in enumerate(value):
            self.shape.check(item, f"{where}[{index}]")

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        return {"type": "array", "items": self.shape.json_schema(), "maxItems": self.most}


@dataclass(frozen=True, slots=True)
class Named:
    """A table of at most ``most`` freely named values of one shape."""

    shape: Shape
    most: int
    names: str = NAME

    def check(self, value: object, where: str) -> None:
        """Refuse what is not a table, too large, badly named, or holds another shape."""
        if not isinstance(value, Mapping) or len(value) > self.most:
            raise _wrong(where, f"a table of at most {self.most} names", value)
        for name, item in value.items():
            if not isinstance(name, str) or re.fullmatch(self.names, name) is None:
                raise _wrong(where, f"names like {self.names}", name)
            self.shape.check(item, f"{where}.{name}")

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{self.names})$"},
            "additionalProperties": self.shape.json_schema(),
            "maxProperties": self.most,
        }


@dataclass(frozen=True, slots=True)
class Struct:
    """A table with exactly these names; those in ``optional`` may be absent."""

    shapes: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)

    def check(self, value: object, where: str) -> None:
        """Refuse a missing name, an unknown name or a value of another shape."""
        if not isinstance(value, Mapping):
            raise _wrong(where, "a table", value)
        for name in self.shapes:
            if name not in value:
                raise MessageError(f"{where}.{name} is missing")
        for name, item in value.items():
            shape = self.shapes.get(name) or self.optional.get(name)
            if shape is None:
                raise MessageError(f"{where}: unknown key {str(name)[:40]!r}")
            shape.check(item, f"{where}.{name}")

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        return {
            "type": "object",
            "properties": {name: shape.json_schema() for name, shape in {**self.shapes, **self.optional}.items()},
            "required": list(self.shapes),
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class Plain:
    """Plain data of a form that another room owns: bounded in depth, width and size, and nothing but JSON."""

    depth: int = 5
    most: int = 2000
    longest: int = 2000

    def check(self, value: object, where: str) -> None:
        """Refuse what is nested too deep, too wide, or not plain data."""
        if isinstance(value, bool) or value is None:
            return
        if isinstance(value, str):
            Text(self.longest).check(value, where)
        elif isinstance(value, (int, float)):
            Number(-LARGEST_INTEGER, LARGEST_INTEGER).check(value, where)
        elif self.depth and isinstance(value, list):
            Items(self._within(), self.most).check(value, where)
        elif self.depth and isinstance(value, Mapping):
            Named(self._within(), self.most, ANY_NAME).check(value, where)
        else:
            raise _wrong(where, "plain data, not nested so deep", value)

    def _within(self) -> "Plain":
        return Plain(self.depth - 1, self.most, self.longest)

    def json_schema(self) -> dict[str, Any]:
        """Return it as JSON Schema, which cannot say how deep without saying it all over again at every level."""
        return {"description": f"plain data, nested at most {self.depth} deep"}


def _wrong(where: str, wanted: str, value: object) -> MessageError:
    shown = repr(value)
    return MessageError(f"{where} must be {wanted}, not {shown if len(shown) <= 40 else shown[:37] + '...'}")
