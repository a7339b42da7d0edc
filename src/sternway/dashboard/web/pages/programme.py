"""Programme: the plan and its rules in words, planned pauses, other activities, the first-run questions."""

import datetime
from typing import Any

from starlette.responses import Response

from sternway.conversion import plain
from sternway.dashboard.programme import home_day, programme_of, settle
from sternway.dashboard.store.journal import save_plan, write
from sternway.dashboard.web import words
from sternway.dashboard.web.request_context import FormError, Visit
from sternway.programme.journal import ACTIVITIES, Entry
from sternway.programme.plan import PLAN_RANGES, Plan, Week, plan_from
from sternway.programme.progression import on_changed_plan
from sternway.programme.rules import ABSENT_DAYS, MOVE_DAYS, PAIN_BACK, PAIN_LIMIT, PAIN_RISE
from sternway.programme.screening import QUESTIONS, screen
from sternway.wire.journal import DecisionEntry, EntryKind, Pause
from sternway.wire.plan import LONGEST_MIN, SUPPORTS, VARIATIONS

WEEK_COUNT = 8
"""Weeks that the editor has room for; after the last one the plan grows by itself."""
PAUSES = {"holiday": "Holiday", "flare": "It hurts more than usual", "illness": "Illness", "other": "Something else"}

RULES_IN_WORDS = (
    f"The plan goes on at most once in {MOVE_DAYS} days, by one step, and only after enough complete walks.",
    f"It goes on only if pain on the morning after was {PAIN_LIMIT} of 10 or less and not {PAIN_RISE} more than "
    "before the walk, nobody stumbled in the last two walks, and they were as steady as your usual.",
    f"It goes one step back after pain of {PAIN_BACK} or more next morning, after two mornings that hurt too much, "
    "two stumbles or two less steady walks in a row, after a fall, "
    f"or after {ABSENT_DAYS} days without a walk.",
    "Otherwise it stays where it is. Today’s page always says why. A planned pause never counts against you.",
)


def show(visit: Visit) -> Response:
    """Show the page."""
    today = home_day(visit.store.clock())
    programme = programme_of(visit.store, visit.clip_id, today)
    others = [entry for entry in programme.entries if entry.kind in {EntryKind.ACTIVITY, EntryKind.PAUSE}]
    decisions = [entry for entry in reversed(programme.entries) if entry.kind is EntryKind.DECISION]
    return visit.page(
        "programme.html",
        plan=programme.plan,
        ladder=programme.plan.ladder(),
        step=min(programme.decision.position.step, len(programme.plan.ladder()) - 1),
        decision=programme.decision,
        decisions=decisions[:8],
        rules=RULES_IN_WORDS,
        lately=sorted(others, key=_last_day, reverse=True)[:12],
        activities=ACTIVITIES,
        pauses=PAUSES,
        supports=[(name, words.SUPPORTS[name]) for name in SUPPORTS],
        variations=[(name, words.VARIATIONS[name]) for name in VARIATIONS],
        ranges=PLAN_RANGES,
        longest_min=LONGEST_MIN,
        week_count=WEEK_COUNT,
        today=today,
        screened=programme.screened,
    )


def save(visit: Visit) -> Response:
    """Put an edited plan in force and send today's walk to the clip."""
    clip_id = _clip_id(visit)
    today = home_day(visit.store.clock())
    programme = programme_of(visit.store, clip_id, today)
    before = programme.plan
    values: dict[str, Any] = {"name": visit.text("name", 40) or "our plan"}
    for name, (lowest, highest) in PLAN_RANGES.items():
        number = visit.number(name, lowest, highest)
        if number is not None:
            values[name] = round(number) if isinstance(getattr(before, name), int) else number
    values["support"] = visit.choice("support", SUPPORTS, before.support)
    values["variation"] = visit.choice("variation", VARIATIONS, before.variation)
    plan = plan_from(before.body() | values | {"weeks": [plain(week) for week in _weeks(visit, before)]})
    save_plan(visit.store, clip_id, plan, _author(visit))
    position, why = on_changed_plan(programme.position, before, plan)
    body = DecisionEntry(position=position.written(), move="changed", reasons=(why,))
    write(visit.store, clip_id, today, EntryKind.DECISION, body, written_by="plan")
    sent = settle(visit.store, visit.rooms.ingest, clip_id)
    return visit.go("/programme", "plan_sent" if sent else "plan")


def _weeks(visit: Visit, before: Plan) -> tuple[Week, ...]:
    weeks = []
    for number in range(1, WEEK_COUNT + 1):
        stretches = visit.number(f"stretches_{number}", 1, 30)
        stretch_min = visit.number(f"stretch_min_{number}", 0.1, LONGEST_MIN)
        if (stretches is None) != (stretch_min is None):
            raise FormError(f"Week {number}: please give both how many parts and how many minutes, or neither.")
        if stretches is not None and stretch_min is not None:
            weeks.append(Week(round(stretches), stretch_min))
    return tuple(weeks) or before.weeks


def activity(visit: Visit) -> Response:
    """Keep another activity."""
    name = visit.choice("name", ACTIVITIES)
    if name is None:
        raise FormError("Please choose what you did.")
    body = {"name": name, "minutes": visit.number("minutes", 0, 1440), "note": visit.text("note", 400)}
    kept = {key: value for key, value in body.items() if value not in {None, ""}}
    write(visit.store, _clip_id(visit), _date(visit, "day"), EntryKind.ACTIVITY, kept, written_by=_author(visit))
    return visit.go("/programme", "saved")


def pause(visit: Visit) -> Response:
    """Keep a planned pause, which never counts against anybody."""
    body = {
        "start": _date(visit, "start").isoformat(),
        "end": _date(visit, "end").isoformat(),
        "why": visit.choice("why", PAUSES, "holiday"),
    }
    day = home_day(visit.store.clock())
    write(visit.store, _clip_id(visit), day, EntryKind.PAUSE, body, written_by=_author(visit))
    settle(visit.store, visit.rooms.ingest, visit.clip_id)
    return visit.go("/programme", "saved")


def screening(visit: Visit) -> Response:
    """Show the first-run questions and what was answered."""
    programme = programme_of(visit.store, visit.clip_id, home_day(visit.store.clock()))
    said = programme.screened
    return visit.page(
        "screening.html",
        questions=QUESTIONS,
        outcome=programme.screening,
        answers=said.answers if said else {},
    )


def screened(visit: Visit) -> Response:
    """Keep the answers; a *no* stops here unless the person goes on knowingly, which is written down."""
    answers = {question.name: visit.choice(question.name, ("yes", "no")) == "yes" for question in QUESTIONS}
    override = visit.form.get("override") == "yes"
    outcome = screen(answers, override)
    body = {"answers": answers, "passed": outcome.passed, "override": outcome.override}
    day = home_day(visit.store.clock())
    write(visit.store, _clip_id(visit), day, EntryKind.SCREENING, body, written_by=_author(visit))
    return visit.go("/today" if outcome.may_go_on else "/programme/screening", "saved")


def _last_day(entry: Entry) -> str:
    return entry.body.end if isinstance(entry.body, Pause) else entry.day.isoformat()


def _date(visit: Visit, name: str) -> datetime.date:
    today = home_day(visit.store.clock())
    try:
        day = datetime.date.fromisoformat(visit.form.get(name, "") or today.isoformat())
    except ValueError as error:
        raise FormError("Please give the day as a date.") from error
    if abs((day - today).days) > 366:
        raise FormError("The day must be within a year of today.")
    return day


def _clip_id(visit: Visit) -> str:
    if visit.clip is None:
        raise FormError("Please pair a clip first: a plan belongs to its walker.")
    return visit.clip.id


def _author(visit: Visit) -> str:
    return visit.person.name if visit.person else ""
