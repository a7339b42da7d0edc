"""Throws random and mutated payloads at everything a clip reads, and counts what got through.

    python tests/publish/fuzz.py --count 100000

It speaks to the writer thread's own entrance, behind which lies everything of ours that a broker can reach. A payload
that is well formed after all (a mutation may be) must also be accepted by the published JSON Schema; any other must
change nothing: no command, no plan, no record let go, no fault, and few lines in the log.
"""

import argparse
import json
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import jsonschema

from sternway.config import BrokerSettings, ClipSettings, OutboxSettings
from sternway.publish.publisher import Publisher
from sternway.publish.traffic import Inbound
from sternway.records import Moment, Record, RecordKind
from sternway.wire.commands import COMMANDS
from sternway.wire.journal import EntryKind, JournalBody
from sternway.wire.messages import Ack, Command, encode_ack, encode_command, encode_plan, read_command
from sternway.wire.plan import WalkPlan
from sternway.wire.reference import SCHEMAS
from sternway.wire.topics import ACK, HOME_ASSISTANT_STATUS, PLAN, command_topic

BODIES = {"haptics": {"on": True}, "pain": {"level": 3, "place": "knee"}, "buzz": {"cue": "turn"}}
SPICE = [b"null", b"1e999", b"-1", b"[]", b"{}", b'""', b"true", b"NaN", b"\x00", b"\xff", b"9" * 400, b"[" * 60]
VALIDATORS = {name: jsonschema.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}


def seeds(store_id: str) -> list[tuple[str, str, bytes]]:
    """Return (schema, topic, a good payload) for every topic the clip reads."""
    good = [("ack", ACK.of("clip-1"), encode_ack(Ack(store_id, 1)))]
    good.append(("plan", PLAN.of("clip-1"), encode_plan(2, WalkPlan())))
    good.append(("", HOME_ASSISTANT_STATUS, b"online"))
    for name in COMMANDS:
        command = Command(read_command(name, BODIES.get(name, {})), "a-1", "2026-11-22T10:00:00Z")
        good.append((f"command-{name}", command_topic("clip-1", name), encode_command(command)))
    return good


def mutated(chance: random.Random, payload: bytes) -> bytes:
    """Return ``payload`` after one to four small accidents, or noise of its own."""
    if chance.random() < 0.2:
        return chance.randbytes(chance.choice([0, 1, 7, 60, 300, 3000, 20_000]))
    data = bytearray(payload)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                data[at : at + 1] = chance.randbytes(1)
            case 1:
                del data[at : at + chance.randint(1, 8)]
            case 2:
                data[at:at] = chance.choice(SPICE)
            case 3:
                data[at:at] = data[: chance.randint(0, 40)]
            case 4:
                data = data[:at]
            case _:
                data[at : at + chance.randint(1, 5)] = chance.choice(SPICE)
    return bytes(data)


def is_well_formed(schema: str, payload: bytes) -> bool:
    """Say what somebody with only the published schema would say."""
    if not schema:
        return payload in (b"online", b"offline")
    try:
        return VALIDATORS[schema].is_valid(json.loads(payload))
    except (ValueError, RecursionError):
        return False


class Lines(logging.Handler):
    """Counts log lines."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


def run(count: int, seed: int, folder: Path) -> Counter[str]:
    """Throw ``count`` payloads and return what was counted; raise ``AssertionError`` where anything gave way."""
    chance, lines, counts = random.Random(seed), Lines(), Counter[str]()
    logging.getLogger("sternway").addHandler(lines)
    logging.getLogger("sternway").propagate = False
    clip = Publisher(ClipSettings("clip-1", str(folder)), BrokerSettings(), OutboxSettings())
    clip._safekeeping.keep()
    moment = Moment("clip-1", "d34c8361-1ff3", 1.0, "2026-11-22T09:42:24Z", False)
    for _ in range(3):
        clip.offer(Record(RecordKind.JOURNAL, JournalBody(kind=EntryKind.NOTE, body={}), moment))
    clip._safekeeping.keep()
    good = seeds(clip._outbox.store_id)
    for _ in range(count):
        schema, topic, payload = chance.choice(good)
        payload = mutated(chance, payload)
        if chance.random() < 0.05:
            schema, topic = (
                "nothing",
                f"sternway/clip-1/{chance.choice(['record', 'command', 'command/reboot', 'x/#'])}",
            )
        reply_to = chance.choice([None, None, "sternway/clip-1/reply/me", "sternway/clip-2/state", "\x00"])
        before = (clip._outbox.size_bytes, clip._outbox.store_id, clip.plan, clip.fault)
        clip._reception.read(
            Inbound(topic, payload, chance.random() < 0.1, reply_to, chance.choice([None, b"x", b"x" * 99]))
        )
        commands = clip.take_commands()
        after = (clip._outbox.size_bytes, clip._outbox.store_id, clip.plan, clip.fault)
        if after != before or commands:
            assert is_well_formed(schema, payload), (topic, payload)
            counts["well formed after all"] += 1
            if after[0] != before[0]:
                clip.offer(Record(RecordKind.JOURNAL, JournalBody(kind=EntryKind.NOTE, body={}), moment))
                clip._safekeeping.keep()
        counts["thrown"] += 1
        clip._answers = type(clip._answers)()
    clip._outbox.close()
    logging.getLogger("sternway").removeHandler(lines)
    logging.getLogger("sternway").propagate = True
    counts["dropped"] = clip._complaints.count("hostile")
    counts["log lines"] = lines.count
    assert lines.count < 200, f"{lines.count} log lines"
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        counts = run(arguments.count, arguments.seed, Path(folder))
    for name, number in counts.items():
        print(f"{name:>24} {number:8d}")
    print(f"{'seconds':>24} {time.monotonic() - began_s:8.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
