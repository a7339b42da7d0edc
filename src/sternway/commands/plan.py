"""``sternway plan``: show, change or simulate the walking plan."""

import argparse
import dataclasses
import datetime
import json
import tomllib
from pathlib import Path
from typing import Any

from sternway.commands.journal import add_place, now, open_notebook, pairs
from sternway.conversion import plain
from sternway.errors import PlanError
from sternway.notebook import Notebook
from sternway.programme.adherence import adherence
from sternway.programme.history import Day, history_of
from sternway.programme.plan import Plan, load_plan, plan_from, plan_text
from sternway.programme.progression import Decision, on_changed_plan
from sternway.programme.rules import Move
from sternway.programme.simulation import PROFILES, SimulatedDay, simulate
from sternway.wire.journal import DecisionEntry, EntryKind

MONDAY = datetime.date(2026, 1, 5)
"""Where a simulation begins: a Monday, so that its weeks are calendar weeks."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument(
        "action",
        nargs="?",
        default="show",
        choices=["show", "set", "load", "pause", "print"],
        help="what to do (default: show)",
    )
    parser.add_argument(
        "values",
        nargs="*",
        help="set: name=value ...; load: a TOML file; pause: first and last day, such as 2026-05-01 2026-05-14",
    )
    parser.add_argument(
        "--why",
        default="holiday",
        choices=["holiday", "flare", "illness", "other"],
        help="why the plan pauses (default: holiday)",
    )
    parser.add_argument("--simulate", action="store_true", help="print what the plan would decide, day by day")
    parser.add_argument("--weeks", type=int, default=6, help="how many weeks to simulate (default: 6)")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="steady", help="the walker to simulate")
    add_place(parser)


def main(arguments: argparse.Namespace) -> int:
    """Do what was asked; without words show today."""
    notebook = open_notebook(arguments)
    if arguments.simulate:
        days = list(simulate(notebook.plan(), PROFILES[arguments.profile], arguments.weeks, MONDAY))
        print(json.dumps([_plain(day) for day in days], indent=2) if arguments.json else simulated(days))
        return 0
    actions = {"show": _show, "set": _set, "load": _load, "pause": _pause, "print": _print}
    return actions[arguments.action](notebook, arguments)


def _show(notebook: Notebook, arguments: argparse.Namespace) -> int:
    written = now()
    today = written.date()
    decision = notebook.decide(today, written.isoformat(timespec="seconds"))
    print(json.dumps(_decided(decision), indent=2) if arguments.json else shown(notebook, decision, today))
    return 0


def _set(notebook: Notebook, arguments: argparse.Namespace) -> int:
    changes = {name: _toml_value(text) for name, text in pairs(arguments.values).items()}
    return _keep(notebook, plan_text(plan_from(notebook.plan().body() | changes)))


def _load(notebook: Notebook, arguments: argparse.Namespace) -> int:
    if len(arguments.values) != 1:
        raise PlanError("name one TOML file to load; `sternway plan print` gives one to start from")
    path = Path(arguments.values[0])
    try:
        text = path.read_text(encoding="utf-8")
        load_plan(text)
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot be read ({error})") from error
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from error
    return _keep(notebook, text)


def _pause(notebook: Notebook, arguments: argparse.Namespace) -> int:
    if len(arguments.values) != 2:
        raise PlanError("say the first and the last day of the pause, such as 2026-05-01 2026-05-14")
    start, end = arguments.values
    written = now()
    body = {"start": start, "end": end, "why": arguments.why}
    notebook.add(EntryKind.PAUSE, body, written.date(), written.isoformat(timespec="seconds"))
    print(f"The plan pauses from {start} to {end} ({arguments.why}). Nothing is lost by it.")
    return 0


def _print(notebook: Notebook, arguments: argparse.Namespace) -> int:
    print(json.dumps(notebook.plan().body(), indent=2) if arguments.json else plan_text(notebook.plan()))
    return 0


def _keep(notebook: Notebook, text: str) -> int:
    """Use the plan in TOML ``text``; from one that cannot be read the walker keeps the number of the step."""
    written = now()
    try:
        before = notebook.plan()
    except PlanError:
        before = load_plan(text)
    plan = notebook.keep_plan(text)
    position, why = on_changed_plan(notebook.position(written.date()), before, plan)
    body = DecisionEntry(position=position.written(), move="changed", reasons=(why,))
    notebook.add(EntryKind.DECISION, body, written.date(), written.isoformat(timespec="seconds"))
    print(f"The plan {plan.name!r} is in use: {_ladder_words(plan)}. {why}")
    return 0


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _ladder_words(plan: Plan) -> str:
    return ", ".join(f"{week.minutes:g}" for week in plan.ladder()) + " minutes backward"


def shown(notebook: Notebook, decision: Decision, today: Day) -> str:
    """Return today's decision, the walk it asks for and the weeks so far, for people."""
    plan, history = notebook.plan(), history_of(notebook.in_force())
    began = min([walk.day for walk in history.walks], default=today)
    lines = [f"{today:%A %d %B %Y}: {decision.day_words}"]
    if decision.walk is not None:
        walk = decision.walk
        lines += [
            f"  {walk.minutes:g} minutes backward: {walk.stretches} x {walk.stretch_min:g}, rest {walk.rest_s:g} s",
            f"  warm-up {walk.warm_up_min:g} min, cool-down {walk.cool_down_min:g} min, {walk.variation}, "
            f"support: {walk.support}" + (", with the 3-metre walk test" if walk.walk_test else ""),
            f"  {walk.reason}",
        ]
    lines += [f"Plan {plan.name!r}: {_ladder_words(plan)}, {plan.days_per_week} days a week."]
    lines += [adherence(history, plan.days_per_week, began, today).words]
    return "\n".join(lines)


def simulated(days: list[SimulatedDay]) -> str:
    """Return a simulation as a table, one line a day, weeks apart."""
    lines = []
    for number, day in enumerate(days):
        if number % 7 == 0:
            lines.append(f"\nWeek {number // 7 + 1}")
        lines.append(f"  {day.day:%a %d %b}  {_mark(day.decision.move)} {_day_words(day)}")
    return "\n".join(lines).lstrip("\n")


def _mark(move: Move) -> str:
    return {Move.PROGRESS: "^", Move.HOLD: "=", Move.BACK: "v", Move.PAUSE: "|"}[move]


def _day_words(day: SimulatedDay) -> str:
    decision, walk = day.decision, day.walk
    if decision.walk is None:
        return decision.day_words
    done = f"walk {walk.backward_s / 60.0:g} min" if walk else "rest"
    if walk and walk.stumble_count:
        done += f", {walk.stumble_count} stumble{'s' * (walk.stumble_count > 1)}"
    return f"{done:<24} {decision.walk.reason}"


def _plain(day: SimulatedDay) -> dict[str, Any]:
    walk = dataclasses.asdict(day.walk) | {"day": day.day.isoformat()} if day.walk else None
    return {"day": day.day.isoformat(), **_decided(day.decision), "walked": walk}


def _decided(decision: Decision) -> dict[str, Any]:
    return {
        "move": decision.move.value,
        "reasons": list(decision.reasons),
        "position": plain(decision.position.written()),
        "walk_today": decision.walk_today,
        "day_words": decision.day_words,
        "walk": plain(decision.walk) if decision.walk else None,
    }
