"""Plain data (JSON, TOML) to declared types, strictly; whatever does not fit is said in words that tell what to mend.

The types are msgspec's: one declaration gives the Python type, the check and the JSON Schema.
"""

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import msgspec
from msgspec import inspect

from sternway.errors import MessageError, SternwayError

T = TypeVar("T")

LARGEST_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""

DEEPEST = 8
MOST_ITEMS = 2000
LONGEST_TEXT = 40_000
_UNSET = type(inspect.type_info(msgspec.UnsetType))
_ANY_NAME = re.compile(r"[^\x00-\x1f]{1,64}")
_PLACE = re.compile(r"(?P<what>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>.*)`)?", re.DOTALL)


def convert(values: object, kind: type[T], where: str, error: type[SternwayError] = MessageError) -> T:
    """Return ``values`` as ``kind``; raise ``error`` that names the place below ``where`` and what is wanted there.

    >>> from typing import Annotated
    >>> class Pain(msgspec.Struct, forbid_unknown_fields=True):
    ...     level: Annotated[int, msgspec.Meta(ge=0, le=10)]
    >>> convert({"level": 11}, Pain, "pain")
    Traceback (most recent call last):
        ...
    sternway.errors.MessageError: pain.level must be between 0 and 10, not 11
    """
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as found:
        raise error(_sentence(str(found), values, kind, where)) from found


def refuse_unknown(values: Mapping[str, Any], kind: type, where: str, error: type[SternwayError]) -> None:
    """Raise ``error`` where ``values`` has a name that the struct ``kind`` has not."""
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    for name in values:
        if name not in known:
            raise error(_unknown(where, str(name), known))


def plain(value: object) -> Any:
    """Return a struct or data class as plain data, as it would come back from JSON: NaN is unknown, so null."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=float))


def text_of(values: object) -> str:
    """Return plain data as JSON text."""
    return json.dumps(values, separators=(",", ":"), allow_nan=False)


def read_json(payload: bytes, most: int, where: str) -> Any:
    """Read JSON strictly: size, encoding, depth, no repeated name, no NaN, nothing that a JSON reader may lose."""
    if len(payload) > most:
        raise MessageError(f"{where}: {len(payload)} bytes are more than {most}")
    try:
        values = json.loads(payload.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_unrepeated)
    except MessageError:
        raise
    except (ValueError, RecursionError) as error:
        raise MessageError(f"{where} is not JSON: {str(error)[:60]}") from error
    check_plain(values, where)
    return values


def check_plain(value: object, where: str, depth: int = DEEPEST) -> None:
    """Refuse what is nested too deep, too wide or too long, or is not plain data."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        fits = len(value) <= LONGEST_TEXT
    elif isinstance(value, (int, float)):
        fits = -LARGEST_INTEGER <= value <= LARGEST_INTEGER
    elif isinstance(value, (list, tuple, Mapping)):
        fits = depth > 0 and len(value) <= MOST_ITEMS
        if isinstance(value, Mapping):
            fits = fits and all(isinstance(name, str) and _ANY_NAME.fullmatch(name) for name in value)
    else:
        fits = False
    if not fits:
        raise MessageError(f"{where} must be plain data, not nested so deep or so large: {_shown(value)}")
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ():
        check_plain(item, where, depth - 1)


def _refuse(constant: str) -> NoReturn:
    raise MessageError(f"{constant} is not a number")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise MessageError("a name is given twice")
    return values


def ranges(kind: type) -> dict[str, tuple[float, float]]:
    """Return the least and most of every number that the struct ``kind`` bounds."""
    fields = {field.name: _bare(inspect.type_info(field.type)) for field in msgspec.structs.fields(kind)}
    return {
        name: (type_.ge, type_.le)
        for name, type_ in fields.items()
        if isinstance(type_, (inspect.IntType, inspect.FloatType)) and type_.ge is not None and type_.le is not None
    }


def _sentence(message: str, values: object, kind: type, where: str) -> str:
    """Return what msgspec found, in our words."""
    found = _PLACE.fullmatch(message)
    what, steps = (found["what"], _steps(found["path"])) if found else (message, [])
    place, type_, value = _follow(where, inspect.type_info(kind), values, steps)
    if name := re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL):
        known = [field.encode_name for field in type_.fields] if isinstance(type_, inspect.StructType) else []
        return _unknown(place, name[1], known)
    if name := re.fullmatch(r"Object missing required field `(.*)`", what):
        return f"{_under(place, name[1])} is missing"
    if found and found["key"]:
        return f"{place} must have names {_wanted(type_.key_type) if isinstance(type_, inspect.DictType) else ''}"
    if not what.startswith(("Expected", "Invalid")):
        return f"{place}: {what}" if place else what
    in_range = re.search(r" [<>]=? ", what) is None
    return f"{place or 'this'} must be {_wanted(type_, in_range=in_range)}, not {_shown(value)}"


def _unknown(where: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {_under(where, near[0])}?" if near else f"known keys: {', '.join(sorted(known)) or 'none'}"
    return f"unknown key {_under(where, name[:40])}; {hint}"


def _under(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _steps(path: str | None) -> list[str | int]:
    parts = re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", path or "")
    return [name or (int(index) if index.isdigit() else "...") for name, index in parts]


def _follow(place: str, type_: inspect.Type, value: Any, steps: list[str | int]) -> tuple[str, inspect.Type, Any]:
    """Return the words, the type and the value of a place."""
    for step in steps:
        type_ = _within(_bare(type_), step)
        try:
            value = None if step == "..." else value[step]
        except (LookupError, TypeError):
            value = None
        place = f"{place}[{step}]" if isinstance(step, int) or step == "..." else _under(place, step)
    return place, _described(type_), value


def _within(type_: inspect.Type, step: str | int) -> inspect.Type:
    match type_:
        case inspect.StructType(fields=fields):
            return next((field.type for field in fields if field.encode_name == step), inspect.AnyType())
        case inspect.DictType(value_type=inner) | inspect.ListType(item_type=inner):
            return inner
        case inspect.VarTupleType(item_type=inner):
            return inner
        case inspect.TupleType(item_types=inner) if isinstance(step, int):
            return inner[step]
    return inspect.AnyType()


def _described(type_: inspect.Type) -> inspect.Type:
    """Return what may stand there, with its own words for it where it has them."""
    if isinstance(type_, inspect.Metadata) and "description" in (type_.extra_json_schema or {}):
        return type_
    bare = _bare(type_)
    if isinstance(type_, inspect.UnionType):
        told = [_described(one) for one in type_.types if isinstance(one, inspect.Metadata)]
        return told[0] if len(told) == 1 else bare
    return _described(type_.type) if isinstance(type_, inspect.Metadata) and type_.type is not bare else bare


def _bare(type_: inspect.Type) -> inspect.Type:
    """Return what may stand there besides null and nothing."""
    if isinstance(type_, inspect.Metadata):
        return _bare(type_.type)
    if isinstance(type_, inspect.UnionType):
        found = [one for one in type_.types if not isinstance(one, (inspect.NoneType, _UNSET))]
        return _bare(found[0]) if len(found) == 1 else type_
    return type_


def _wanted(type_: inspect.Type, *, in_range: bool = True) -> str:  # noqa: PLR0911, PLR0912
    match type_:
        case inspect.Metadata(extra_json_schema={"description": str(words)}):
            return words
        case inspect.Metadata(type=inner):
            return _wanted(_bare(inner), in_range=in_range)
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most) if not in_range:
            return f"between {_figure(least)} and {_figure(most)}"
        case inspect.IntType():
            return "a whole number"
        case inspect.FloatType():
            return "a number"
        case inspect.StrType(pattern=None, max_length=longest):
            return "text in quotes" if longest is None else f"text of at most {longest} characters"
        case inspect.StrType(pattern=pattern):
            return f"text like {pattern}"
        case inspect.EnumType(cls=cls):
            return f"one of {', '.join(str(one.value) for one in cls)}"
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}"
        case inspect.ListType(max_length=most) | inspect.VarTupleType(max_length=most):
            return "a list" if most is None else f"a list of at most {most}"
        case inspect.TupleType(item_types=inner):
            return f"a list of {len(inner)}"
        case inspect.UnionType(types=types):
            return " or ".join(_wanted(_bare(one)) for one in types)
    return "a table"


def _figure(number: float | None) -> str:
    """Return a bound or a value for people.

    >>> _figure(70_000), _figure(0.5), _figure(30.0), _figure(float("inf"))
    ('70_000', '0.5', '30', 'inf')
    """
    if number is None:
        return "any"
    return f"{int(number):_}" if isinstance(number, int) or number.is_integer() else f"{number:g}"


def _shown(value: object) -> str:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    shown = _figure(value) if number else repr(value)  # type: ignore[arg-type]
    return shown if len(shown) <= 40 else shown[:37] + "..."
