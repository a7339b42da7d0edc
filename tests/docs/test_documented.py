"""Whatever a person can type, set, read or receive has its place on a page."""

import ast
import dataclasses
import doctest
import re
import sys
from pathlib import Path

import pytest

from sternway.alert.patterns import PATTERNS
from sternway.cli import COMMANDS
from sternway.config import Settings
from sternway.dashboard.web.pages import PAGES
from sternway.detect.worn import WornDetector
from sternway.events import Cause, Kind
from sternway.programme.screening import QUESTIONS
from sternway.records import Phase, RecordKind
from sternway.wire import topics
from sternway.wire.commands import COMMANDS as WIRE_COMMANDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "sternway"


def words(path):
    return " ".join((DOCS / path).read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def written():
    """The pages that are made from the code."""
    sys.path.insert(0, str(DOCS / "_extensions"))
    try:
        import sternway_pages
    finally:
        sys.path.pop(0)
    assert doctest.testmod(sternway_pages).failed == 0
    return sternway_pages


def test_every_command_is_explained_somewhere(written):
    guides = "\n".join(path.read_text(encoding="utf-8") for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
    assert [name for name in COMMANDS if f"sternway {name}" not in guides] == []
    reference = written.commands()
    assert [name for name in COMMANDS if f"## sternway {name}\n" not in reference] == []
    assert "| `--emulated` |" in reference


def test_every_setting_says_what_it_is(written):
    reference = written.settings()
    for part in dataclasses.fields(Settings):
        assert f"## [{part.name}]" in reference
        for key in dataclasses.fields(getattr(Settings(), part.name)):
            assert re.search(rf"\| `{key.name}` \| [a-z ]+ \| `[^|]+` \| \S[^|]+ \|", reference), key.name
    assert "| `port` | whole number | `8883` | 8883 with TLS, 1883 without; 1 to 65_535 |" in reference


def test_every_buzz_is_in_the_table(written):
    table = written.buzzes()
    assert table.count("\n") == len(PATTERNS) + 1
    walk = words("programme/walk.md")
    assert [pattern.words for pattern in PATTERNS.values() if pattern.words not in walk] == []


def test_every_hazard_is_on_the_page(written):
    page = written.hazards()
    assert [hazard["id"] for hazard in written.load_hazards() if f"## {hazard['id']}: " not in page] == []


def test_every_module_is_in_the_api(written):
    named = " ".join(path.read_text(encoding="utf-8") for path in (DOCS / "api").glob("*.md"))
    rooms = {
        f"sternway.{path.stem}"
        for path in SOURCE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    left_out = {"sternway.__init__", "sternway.__main__"}
    assert sorted(room for room in rooms - left_out if not re.search(rf"{re.escape(room)}[ \n]", named)) == []
    assert WornDetector.__module__ in written.modules("sternway.detect")


@pytest.mark.parametrize("word", [*Kind, *Cause, *Phase, *RecordKind])
def test_every_event_cause_phase_and_record_is_explained(word):
    assert f"`{word.value}`" in words("reference/events.md")


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_of_a_fault_has_something_to_do(cause):
    assert f"(`{cause.value}`) |" in words("troubleshooting.md")
    assert f"| `{cause.value}` |" in words("detectors/sensor-fault.md")


def test_every_topic_and_command_of_mqtt_is_documented():
    table, contract = words("mqtt/topics.md"), words("mqtt/README.md")
    assert [topic.suffix for topic in topics.TOPICS if f"<clip>/{topic.suffix}`" not in table] == []
    assert [topic.suffix for topic in topics.TOPICS if topic.suffix.partition("/")[0] not in contract] == []
    assert [name for name in WIRE_COMMANDS if not (DOCS / "mqtt" / f"command-{name}.schema.json").is_file()] == []


def test_every_page_of_the_dashboard_is_documented():
    page = words("dashboard/index.md")
    paths = {re.sub(r"\{\w+\}", "…", entry.path) for entry in PAGES if not entry.is_post}
    assert sorted(path for path in paths if f"`{path}`" not in page) == []


def test_every_first_question_is_asked_on_the_page_too():
    page = words("why.md")
    assert [question.words for question in QUESTIONS if question.words not in page] == []


def test_the_build_guide_says_what_keeps_the_body_safe():
    guide = words("build/index.md")
    for needed in ("round edges", "foam on that side", "power bank", "a strap", "do not leave it out"):
        assert needed in guide


# What the doctor may say: the functions whose words reach a person through `sternway doctor`.
DOCTOR = {
    "device/checks.py": None,
    "device/mounting_check.py": None,
    "commands/doctor.py": {"check_permissions", "check_clock", "check_disk", "check_broker", "_reach", "_advice"},
    "device/bus.py": {"bus_error"},
    "device/chips.py": {"find_chip", "no_answer_error", "describe_unsupported", "UNSUPPORTED_CHIPS"},
    "device/clip.py": {"_present"},
    "device/health.py": {"WORDS"},
    "device/haptics.py": {"_safely"},
    "pairing/tls.py": {"client_context", "check_fingerprint", "_read_secret"},
}
SHORT = 14


def spoken(path, names):
    """Return the fixed parts of all messages in the named functions and tables of ``path``."""
    tree = ast.parse((SOURCE / path).read_text(encoding="utf-8"))
    places = [node for node in tree.body for node in ([*node.body] if isinstance(node, ast.ClassDef) else [node])]
    for node in places:
        targets = [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]
        name = getattr(node, "name", targets[0] if targets else "")
        is_function = isinstance(node, ast.FunctionDef)
        if (names is None and is_function) or (names is not None and name in names):
            yield from _texts(node)


def _texts(node):
    body = node.body[1:] if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) else [node]
    for part in body:
        for inner in ast.walk(part):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                text = re.sub(r"^(m?s|g|GB|0x68)\b|\bat 0x$", "", " ".join(inner.value.split())).strip(" ;:,().`")
                if len(text) >= SHORT and " " in text:
                    yield text


MESSAGES = sorted({text for path, names in DOCTOR.items() for text in spoken(path, names)})


def test_the_doctors_words_are_found():
    assert len(MESSAGES) > 50


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_of_the_doctor_has_an_entry(message):
    page = words("troubleshooting.md").replace("**", "").replace("`", "")
    assert message.replace("`", "") in page


def test_the_architecture_page_names_every_room_and_no_other():
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.name + "/" for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    files = {path.name for path in SOURCE.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert sorted(name for name in rooms | files if f"`{name}`" not in page) == []
    named = re.findall(r"^\| (`[^|]+`) \|", page, re.MULTILINE)
    rows = {name for row in named for name in re.findall(r"`([\w/]+(?:\.py|/))`", row)}
    assert sorted(name for name in rows if not (SOURCE / name).exists()) == []
