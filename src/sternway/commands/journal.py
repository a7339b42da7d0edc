"""``sternway journal``: write down pain, effort and the rest; list and correct it."""

import argparse
import datetime
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from sternway.config import chosen_settings
from sternway.conversion import plain
from sternway.errors import MessageError
from sternway.notebook import Notebook
from sternway.programme.journal import Entry, entry_body
from sternway.programme.screening import QUESTIONS, screen
from sternway.walk.words import reason_words
from sternway.wire.journal import BODIES, DecisionEntry, EntryKind, ScreeningAnswers, WalkEntry, plain_entry

BY_HAND = tuple(kind for kind in EntryKind if kind not in (EntryKind.WALK, EntryKind.DECISION, EntryKind.SCREENING))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument(
        "action",
        nargs="?",
        default="list",
        choices=["list", "add", "correct", "withdraw", "screening"],
        help="what to do (default: list)",
    )
    parser.add_argument(
        "values",
        nargs="*",
        help="add: a kind and name=value ... (pain value=3 when=next_morning place='left knee'); correct: an entry's "
        "id and name=value ...; withdraw: an id; screening: name=yes or name=no ...",
    )
    parser.add_argument("--day", type=datetime.date.fromisoformat, help="the day it is about (default: today)")
    parser.add_argument("--override", action="store_true", help="screening: go on in spite of a no; written down")
    add_place(parser)


def add_place(parser: argparse.ArgumentParser) -> None:
    """Declare where the plan and the journal are, and the form of the output."""
    parser.add_argument("--folder", type=Path, help="where plan and journal are kept (default: the clip's state_dir)")
    parser.add_argument("--config", type=Path, help="settings file (see `sternway config`)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def open_notebook(arguments: argparse.Namespace) -> Notebook:
    """Return the notebook that ``arguments`` name."""
    folder = arguments.folder or Path(chosen_settings(arguments.config).clip.state_dir) / "programme"
    return Notebook(folder)


def now() -> datetime.datetime:
    """Return the local time with its zone."""
    return datetime.datetime.now().astimezone()


def main(arguments: argparse.Namespace) -> int:
    """Do what was asked; without words list the journal."""
    notebook = open_notebook(arguments)
    if arguments.action == "list":
        return _list(notebook, arguments.json)
    if arguments.action == "screening":
        return _screening(notebook, arguments)
    actions = {"add": _add, "correct": _correct, "withdraw": _withdraw}
    entry = actions[arguments.action](notebook, arguments)
    print(json.dumps(entry_body(entry)) if arguments.json else f"Written down: {line_of(entry)}")
    return 0


def _list(notebook: Notebook, as_json: bool) -> int:
    entries = notebook.in_force()
    if as_json:
        print(json.dumps([entry_body(entry) for entry in entries], indent=2))
    elif not entries:
        print("The journal is empty. Begin with: sternway journal add pain value=2 when=before")
    else:
        print("\n".join(map(line_of, entries)))
    if notebook.damaged_count:
        print(f"({notebook.damaged_count} damaged lines were passed over)")
    return 0


def _add(notebook: Notebook, arguments: argparse.Namespace) -> Entry:
    if not arguments.values or arguments.values[0] not in BY_HAND:
        raise MessageError(f"say what to add: {', '.join(BY_HAND)}")
    kind = EntryKind(arguments.values[0])
    return _write(notebook, kind, values_of(kind, arguments.values[1:]), arguments.day)


def _correct(notebook: Notebook, arguments: argparse.Namespace) -> Entry:
    old = notebook.find(_id_of(arguments.values))
    said = {} if old.body is None else plain_entry(old.body)
    body = {**said, **values_of(old.kind, arguments.values[1:])}
    return _write(notebook, old.kind, body, arguments.day or old.day, old.entry_id)


def _withdraw(notebook: Notebook, arguments: argparse.Namespace) -> Entry:
    old = notebook.find(_id_of(arguments.values))
    return _write(notebook, old.kind, {}, old.day, old.entry_id)


def _screening(notebook: Notebook, arguments: argparse.Namespace) -> int:
    """Ask the questions that are not answered on the command line; a *no* ends with status 1 unless overridden."""
    given = pairs(arguments.values) if arguments.values else {}
    unknown = sorted(set(given) - {question.name for question in QUESTIONS})
    if unknown:
        raise MessageError(f"no question is called {unknown[0]!r}; they are {', '.join(q.name for q in QUESTIONS)}")
    answers = _answers(given)
    outcome = screen(answers, arguments.override)
    body = {"answers": answers, "passed": outcome.passed, "override": outcome.override}
    _write(notebook, EntryKind.SCREENING, body, None)
    print(json.dumps({**body, "words": outcome.words}) if arguments.json else outcome.words)
    return 0 if outcome.may_go_on else 1


def _answers(given: Mapping[str, str]) -> dict[str, bool]:
    if not sys.stdin.isatty() and not all(given.get(question.name) for question in QUESTIONS):
        words = " ".join(f"{question.name}=yes" for question in QUESTIONS)
        raise MessageError(f"there is no terminal to ask at; write yes or no for each: {words}")
    for name, text in given.items():
        if text and _yes(text) is None:
            raise MessageError(f"answer {name} with yes or no, not {text!r}")
    return {q.name: bool(_yes(given[q.name]) if given.get(q.name) else _ask(q.words)) for q in QUESTIONS}


def _yes(text: str) -> bool | None:
    """Return what a *yes* or *no* in any case says, ``None`` where it is neither.

    >>> _yes("Yes"), _yes("n"), _yes("perhaps")
    (True, False, None)
    """
    return {"yes": True, "y": True, "no": False, "n": False}.get(text.strip().lower())


def _ask(words: str) -> bool:
    try:
        while (answer := _yes(input(f"{words} (yes/no) "))) is None:
            print("Please answer yes or no.")
    except EOFError:
        return False
    return answer


def _write(
    notebook: Notebook, kind: EntryKind, body: dict[str, Any], day: datetime.date | None, corrects: str | None = None
) -> Entry:
    written = now()
    return notebook.add(kind, body, day or written.date(), written.isoformat(timespec="seconds"), corrects)


def _id_of(values: Sequence[str]) -> str:
    if not values:
        raise MessageError("say the id of the entry; `sternway journal` lists them")
    return values[0]


def pairs(words: Sequence[str]) -> dict[str, str]:
    """Return ``name=value`` words as a table.

    >>> pairs(["value=3", "place=left knee"])
    {'value': '3', 'place': 'left knee'}
    """
    wrong = [word for word in words if "=" not in word]
    if wrong or not words:
        raise MessageError(f"write name=value, such as value=3{f', not {wrong[0]!r}' if wrong else ''}")
    return dict(word.split("=", 1) for word in words)


def values_of(kind: EntryKind, words: Sequence[str]) -> dict[str, Any]:
    """Return the fields of ``kind`` from ``name=value`` words, numbers as numbers."""
    types = {field.name: field.type for field in msgspec.structs.fields(BODIES[kind])}
    return {name: _typed(text, types.get(name, str)) for name, text in pairs(words).items()}


def _typed(text: str, kind: Any) -> Any:
    for wanted in (kind, int, float):
        try:
            return plain(msgspec.convert(text, wanted, strict=False))
        except msgspec.ValidationError:
            continue
    return text


def line_of(entry: Entry) -> str:
    """Return one line for people: id, day, kind and what it says."""
    match entry.body:
        case WalkEntry(report=report):
            says = f"{report.dose.backward_s / 60.0:.1f} min backward; {reason_words(report)}"
        case DecisionEntry(move=move, reasons=reasons):
            says = f"{move}: {' '.join(reasons)}"
        case ScreeningAnswers(passed=passed, override=override):
            says = "passed" if passed else "overridden" if override else "stopped"
        case None:
            says = "withdrawn"
        case body:
            says = ", ".join(f"{name} {value}" for name, value in plain_entry(body).items()) or "withdrawn"
    return f"{entry.entry_id}  {entry.day}  {entry.kind.value:<9} {says}"
