import dataclasses
import datetime
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sternway.conversion import check_plain, convert, plain
from sternway.errors import MessageError
from sternway.events import Cause, Event, Kind
from sternway.programme.journal import entry_body, make_entry
from sternway.records import Record, RecordKind
from sternway.walk.walk_test import WalkTestResult
from sternway.wire.event import event_body
from sternway.wire.journal import EntryKind, JournalBody
from sternway.wire.messages import (
    BODIES,
    Ack,
    Command,
    CommandMessage,
    Received,
    Reply,
    UnreadableBodyError,
    decode_ack,
    decode_command,
    decode_event,
    decode_plan,
    decode_record,
    decode_reply,
    decode_state,
    encode_ack,
    encode_command,
    encode_event,
    encode_plain_record,
    encode_plan,
    encode_record,
    encode_reply,
    encode_state,
    numbered,
    read_body,
    read_command,
    read_message,
)
from sternway.wire.plan import WalkPlan
from sternway.wire.reference import SCHEMAS, TYPES, schema_files
from sternway.wire.trace import trace_arrays, trace_body

STORE = "a" * 32
DOCS = Path(__file__).parents[2] / "docs" / "mqtt"


def sent(record, seq=3, oldest_seq=2):
    return numbered(encode_record(record), STORE, seq, oldest_seq)


def test_a_record_comes_back_as_it_was_sent(stumble):
    arrival = decode_record(sent(stumble(7)), "clip-1")
    assert arrival.oldest_seq == 2
    whole = stumble(7)
    assert arrival.record == Received(whole.kind, plain(whole.body), whole.moment, 1, STORE, 3)


def test_a_trace_comes_back_as_it_was_sent(trace):
    assert read_body(RecordKind.TRACE, decode_record(sent(trace()), "clip-1").record.body) == trace().body


def test_a_state_comes_back_as_it_was_shown(state):
    shown = structs.replace(state, fault=Cause.GAPS, cadence_spm=None)
    sent_at = "2026-11-22T09:42:24+00:00"
    assert plain(decode_state(encode_state(shown, sent_at))) == {"schema": 1, **plain(shown), "sent_at": sent_at}


def test_the_smaller_messages_come_back_as_they_were_sent():
    command = Command(read_command("pain", {"level": 4, "place": "left knee"}), "a-1", "2026-11-22T09:42:24Z")
    assert decode_command("pain", encode_command(command)) == command
    assert decode_ack(encode_ack(Ack(STORE, 9))) == Ack(STORE, 9)
    plan = decode_plan(encode_plan(3, WalkPlan(reason="week one")))
    assert (plan.version, plain(plan.plan)) == (3, plain(WalkPlan(reason="week one")))
    assert decode_reply(encode_reply(Reply("a-1", True, "buzzing"))) == Reply("a-1", True, "buzzing")


def test_every_record_kind_has_a_body():
    assert set(BODIES) == set(RecordKind)


def test_a_record_of_another_clip_is_refused(stumble):
    with pytest.raises(MessageError, match="not the clip of the topic"):
        decode_record(sent(stumble()), "clip-2")


def test_an_envelope_whose_body_does_not_fit_can_still_be_kept(moment, stumble):
    text = encode_plain_record(stumble(), {"kind": "hiccup"})
    with pytest.raises(UnreadableBodyError) as refusal:
        decode_record(numbered(text, STORE, 3, 3), "clip-1")
    assert refusal.value.arrival.record.seq == 3


def test_a_trace_without_all_its_samples_is_told(trace):
    with pytest.raises(MessageError, match="sample_count rows"):
        read_body(RecordKind.TRACE, {**plain(trace().body), "sample_count": 499})


def _not_whole(number):
    """JSON Schema takes 1.0 for an integer; we do not."""
    return number + 0.5 if number == int(number) else number


def change(payload, **more):
    return json.dumps({**json.loads(payload), **more}).encode()


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "must be a table"),
        (b"[" * 200, "not JSON"),
        (b'{"schema":1,"store_id":"' + b"a" * 32 + b'","seq":NaN}', "NaN is not a number"),
        (b'{"schema":1,"store_id":"' + b"a" * 32 + b'","seq":1,"seq":2}', "given twice"),
        (b'{"schema":1,"store_id":"' + b"a" * 32 + b'","seq":1.0}', "a whole number"),
        (b'{"schema":1,"store_id":"' + b"a" * 32 + b'","seq":true}', "a whole number"),
        (b'{"schema":1,"store_id":"' + b"a" * 32 + b'","seq":-1}', "between 0"),
        (b'{"schema":2,"store_id":"' + b"a" * 32 + b'","seq":1}', "schema"),
        (b'{"schema":1,"store_id":"' + b"A" * 32 + b'","seq":1}', "store_id"),
        (b'{"schema":1,"store_id":"' + b"a" * 32 + b'"}', "seq is missing"),
        (b'{"schema":1,"store_id":"' + b"a" * 32 + b'","seq":1,"x":1}', "unknown key ack.x"),
        (b'{"schema":1,"store_id":"' + b"a" * 32 + b'","seq":' + b"9" * 5000 + b"}", "bytes are more than"),
        (b" " * 300, "300 bytes are more than 256"),
    ],
)
def test_a_spoiled_acknowledgement_is_refused_in_words(payload, words):
    with pytest.raises(MessageError, match=words):
        decode_ack(payload)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", -1),
        ("steps", 1.5),
        ("direction", "sideways"),
        ("cadence_spm", 400),
        ("cadence_spm", "61"),
        ("last_walk", "2026-13-45T10:00:00Z"),
        ("last_walk", "yesterday"),
        ("haptics", 1),
        ("version", "x" * 41),
        ("fault", "gremlins"),
        ("phase", None),
    ],
)
def test_a_state_out_of_range_is_refused_by_name(state, field, value):
    with pytest.raises(MessageError, match=field):
        decode_state(change(encode_state(state, None), **{field: value}))


def test_an_event_of_a_kind_that_automations_do_not_know_is_not_sent(stumble):
    with pytest.raises(MessageError, match="event_type"):
        encode_event(dataclasses.replace(stumble(), body=structs.replace(stumble().body, kind="stability")))


def test_an_event_says_what_the_home_needs(stumble):
    body = decode_event(encode_event(dataclasses.replace(stumble(), store_id=STORE, seq=4)))
    assert (body.event_type, body.seq, body.clock_synced) == ("stumble", 4, True)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**9) | st.floats(-1e6, 1e6).map(_not_whole) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
VALIDATORS = {name: jsonschema.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
LOOSER = {"plan", "record-trace", "entry-pause"}
"""JSON Schema cannot say that one field follows from another, so for these it accepts more."""


def accept(name, value):
    """Return whether the code accepts ``value`` as what ``name`` publishes."""
    try:
        check_plain(value, name)
        if name.startswith("command-"):
            message = read_message(value, CommandMessage, name)
            read_command(name.removeprefix("command-"), message.body or {})
        else:
            read_message(value, TYPES[name], name)
    except MessageError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(SCHEMAS))
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_published_schema_accepts_what_the_code_accepts_and_nothing_else(name, data):
    names = [*SCHEMAS[name]["properties"], *data.draw(st.lists(st.sampled_from(["extra", "body", "id"]), max_size=1))]
    value = {key: data.draw(st.sampled_from([*GOOD.get(key, []), 1, None]) | PLAIN) for key in names}
    ours, theirs = accept(name, value), VALIDATORS[name].is_valid(value)
    assert theirs if ours else (name in LOOSER or not theirs)


GOOD = {
    "schema": [1],
    "store_id": [STORE],
    "seq": [3],
    "version": [3, "0.1.0"],
    "plan": [{"minutes": 5}],
    "id": ["a-1"],
    "ok": [True],
    "words": ["well"],
    "sent_at": ["2026-11-22T09:42:24Z"],
    "body": [{}, {"on": True}],
}


def test_the_schemas_in_the_docs_are_those_of_the_code():
    written = {path.name: json.loads(path.read_text()) for path in DOCS.glob("*.schema.json")}
    assert written == {name: json.loads(text) for name, text in schema_files().items()}, "run `make mqtt-reference`"


def test_what_the_other_rooms_make_fits_what_is_declared(moment):
    entry = make_entry("e-1", datetime.date(2026, 11, 22), EntryKind.NOTE, {"text": "calm"}, "2026-11-22T10:00:00Z")
    event = Event(Kind.STABILITY, 1.0, 1.2, 0.5, {"distance": 3.0}, level="raised")
    samples = np.zeros((50, 3))
    made = {
        RecordKind.EVENT: event_body(event),
        RecordKind.TRACE: trace_body(event, 0.0, 100.0, samples, samples),
        RecordKind.WALK_TEST: WalkTestResult((3.1, 3.0, 2.9), None).body(),
        RecordKind.JOURNAL: convert(entry_body(entry), JournalBody, "entry"),
    }
    for kind, body in made.items():
        text = encode_record(Record(kind, body, moment))
        assert read_body(kind, decode_record(numbered(text, STORE, 1, 1), "clip-1").record.body) == body


def test_a_trace_is_read_back_to_within_a_count():
    rng = np.random.default_rng(1)
    accel, gyro = rng.uniform(-150, 150, (500, 3)), rng.uniform(-34, 34, (500, 3))
    body = trace_body(Event(Kind.FALL, 1.0, 1.0, 1.0), 0.0, 100.0, accel, gyro)
    accel_again, gyro_again = trace_arrays(body)
    assert np.abs(accel_again - accel).max() <= body.accel_scale_mps2 / 2 + 1e-9
    assert np.abs(gyro_again - gyro).max() <= body.gyro_scale_radps / 2 + 1e-9
