import pytest

from sternway.errors import MessageError
from sternway.wire.schema import Flag, Instant, Integer, Items, Maybe, Named, Number, Plain, Struct, Text, Words


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        (Number(0, 1), [0, 1, 0.5], [-0.1, 1.1, float("nan"), float("inf"), 10**400, True, "1", None]),
        (Integer(0, 9), [0, 9], [-1, 10, 1.0, True, "1", None, 10**400]),
        (Flag(), [True, False], [0, 1, "true", None]),
        (Text(3), ["", "abc"], ["abcd", 1, None, b"a"]),
        (Text(5, "[a-z]+"), ["abc"], ["", "abc\n", "ABC"]),
        (
            Instant(),
            ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123+00:00"],
            ["2026-11-22", "2026-02-30T10:00:00Z"],
        ),
        (Words("a", "b"), ["a"], ["c", 1, None, ["a"]]),
        (Maybe(Flag()), [None, True], [0]),
        (Items(Flag(), 2), [[], [True, False]], [[True] * 3, [1], (True,), {}]),
        (Named(Flag(), 1), [{}, {"a": True}], [{"A": True}, {"a": True, "b": True}, {"a": 1}, []]),
        (Struct({"a": Flag()}, {"b": Flag()}), [{"a": True}, {"a": True, "b": False}], [{}, {"a": True, "c": 1}, []]),
        (Plain(depth=1), [1, "x", None, True, [1, "x"], {"a": 1}], [[[1]], {"a": {}}, float("nan"), object()]),
    ],
)
def test_a_shape_takes_what_fits_and_nothing_else(shape, good, bad):
    for value in good:
        shape.check(value, "it")
    for value in bad:
        with pytest.raises(MessageError, match="it"):
            shape.check(value, "it")


def test_a_refusal_names_the_place_and_shows_little_of_what_was_sent():
    with pytest.raises(MessageError) as refusal:
        Struct({"a": Items(Struct({"b": Flag()}), 3)}).check({"a": [{"b": True}, {"b": "x" * 10_000}]}, "message")
    assert str(refusal.value).startswith("message.a[1].b must be true or false, not 'xxx")
    assert len(str(refusal.value)) < 120
