"""The wire reference for other programs: JSON Schemas of every message and a table of topics, made from the code.

``python -m sternway.wire.reference docs/mqtt`` writes them.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from sternway.wire import topics
from sternway.wire.commands import COMMANDS
from sternway.wire.journal import BODIES as ENTRIES
from sternway.wire.messages import (
    BODIES,
    Ack,
    CommandMessage,
    Envelope,
    EventMessage,
    Plan,
    Reply,
    StateMessage,
)

TYPES: dict[str, type] = {
    "state": StateMessage,
    "event": EventMessage,
    "record": Envelope,
    **{f"record-{kind.replace('_', '-')}": body for kind, body in BODIES.items()},
    **{f"entry-{kind}": body for kind, body in ENTRIES.items()},
    "ack": Ack,
    "plan": Plan,
    "reply": Reply,
}


def json_schema(kind: type) -> dict[str, Any]:
    """Return the JSON Schema of one type, without the words that only its Python name gives."""
    schema = msgspec.json.schema(kind)
    schema |= schema["$defs"].pop(schema.pop("$ref").rpartition("/")[2])
    return {**schema, "$defs": schema.pop("$defs")} if schema["$defs"] else _without(schema, "$defs")


def command_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of the command ``name``: the message with its own body."""
    message, body = json_schema(CommandMessage), json_schema(COMMANDS[name])
    message["properties"]["body"] = _without(body, "$defs")
    message["required"] += ["body"] if body["required"] else []
    return message | ({"$defs": body["$defs"]} if "$defs" in body else {})


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


SCHEMAS = {
    **{name: json_schema(kind) for name, kind in TYPES.items()},
    **{f"command-{name}": command_schema(name) for name in COMMANDS},
}


def schema_files() -> dict[str, str]:
    """Return the text of every schema file by its name."""
    return {f"{name}.schema.json": _text(name, schema) for name, schema in SCHEMAS.items()}


def topic_table() -> str:
    """Return the table of topics as Markdown."""
    rows = ["| topic | written by | QoS | retained | expiry | largest payload |", "|---|---|---|---|---|---|"]
    for topic in topics.TOPICS:
        expiry = "-" if topic.expiry_s is None else f"{topic.expiry_s} s"
        retained = "yes" if topic.retain else "no"
        name = f"`{topics.ROOT}/<clip>/{topic.suffix}`"
        rows.append(f"| {name} | {topic.writer} | {topic.qos} | {retained} | {expiry} | {topic.max_bytes:,} bytes |")
    return "\n".join(rows) + "\n"


def main(folder: Path) -> None:
    """Write the reference into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "topics.md").write_text(f"# Every topic\n\n{topic_table()}", encoding="utf-8")


def _text(name: str, schema: dict[str, Any]) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Sternway {name}"}
    return json.dumps({**head, **_without(schema, "title")}, indent=1) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
