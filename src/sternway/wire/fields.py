"""What the values of entries and commands must be, checked against one small declaration each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sternway.errors import MessageError

LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Field:
    """What one value must be: text (among ``choices``, if given), a number within ``scale``, a flag or a table."""

    kind: type = str
    required: bool = True
    choices: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None


def check_fields(what: str, fields: Mapping[str, Field], body: Mapping[str, Any]) -> None:
    """Raise :class:`MessageError` that says what to mend where ``body`` does not fit ``fields``.

    >>> check_fields("pain", {"value": Field(int, scale=(0, 10))}, {"value": 11})
    Traceback (most recent call last):
        ...
    sternway.errors.MessageError: pain value must be between 0 and 10, not 11
    """
    unknown = sorted(str(name) for name in body if name not in fields)
    if unknown:
        raise MessageError(f"{what} has no {unknown[0]!r}; it has {', '.join(fields)}")
    for name, wanted in fields.items():
        if name in body:
            _check_value(f"{what} {name}", body[name], wanted)
        elif wanted.required:
            raise MessageError(f"{what} needs {name}")


def _check_value(name: str, value: Any, wanted: Field) -> None:
    kinds: tuple[type, ...] = (int, float) if wanted.kind is float else (wanted.kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and wanted.kind is not bool):
        raise MessageError(f"{name} cannot be {value!r}")
    if wanted.scale is not None and isinstance(value, int | float):
        low, high = wanted.scale
        if not low <= value <= high:
            raise MessageError(f"{name} must be between {low:g} and {high:g}, not {value}")
    if wanted.choices and value not in wanted.choices:
        raise MessageError(f"{name} must be one of {', '.join(wanted.choices)}, not {value!r}")
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise MessageError(f"{name} is longer than {LONGEST_TEXT} characters")
