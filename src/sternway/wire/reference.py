"""The wire reference for other programs: JSON Schemas of every message and a table of topics, made from the code.

``python -m sternway.wire.reference docs/mqtt`` writes them.
"""

import json
import sys
from pathlib import Path

from sternway.wire import shapes, topics
from sternway.wire.schema import Shape

SCHEMAS: dict[str, Shape] = {
    "state": shapes.STATE,
    "event": shapes.EVENT,
    "record": shapes.ENVELOPE,
    **{f"record-{kind.replace('_', '-')}": shape for kind, shape in shapes.BODIES.items()},
    "ack": shapes.ACK,
    "plan": shapes.PLAN,
    "reply": shapes.REPLY,
    **{f"command-{name}": shapes.command_shape(name) for name in topics.COMMANDS},
}


def schema_files() -> dict[str, str]:
    """Return the text of every schema file by its name."""
    return {f"{name}.schema.json": _text(name, shape) for name, shape in SCHEMAS.items()}


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


def _text(name: str, shape: Shape) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Sternway {name}"}
    return json.dumps({**head, **shape.json_schema()}, indent=1) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
