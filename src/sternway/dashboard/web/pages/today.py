"""Today: what the plan asks, the pre-walk check, pain before, after and next morning, and a note."""

import contextlib
import datetime
from typing import Any

from msgspec import UNSET
from starlette.responses import Response

from sternway.conversion import convert
from sternway.dashboard.mqtt.ingest import NoAnswerError
from sternway.dashboard.programme import home_day, programme_of, settle
from sternway.dashboard.store.journal import write
from sternway.dashboard.web.request_context import FormError, Visit
from sternway.programme.adherence import reminder
from sternway.programme.journal import CHECK_QUESTIONS, PLACES_OF_PAIN, Entry
from sternway.records import Phase
from sternway.wire.commands import CheckBefore, PainNow, Start
from sternway.wire.journal import EntryKind, PainNote, plain_entry
from sternway.wire.values import PainTime, Support

WHEN = {
    "before": "Before the walk",
    "during": "During the walk",
    "after": "After the walk",
    "next_morning": "Next morning",
}
NOTE_LENGTH = 1000


def show(visit: Visit) -> Response:
    """Show the page."""
    today = home_day(visit.store.clock())
    programme = programme_of(visit.store, visit.clip_id, today)
    entries = [entry for entry in programme.entries if entry.day == today and entry.kind is not EntryKind.DECISION]
    check = _newest(entries, EntryKind.CHECK)
    asked = _morning_asked(programme.history.walks, programme.entries, today)
    return visit.page(
        "today.html",
        today=today,
        decision=programme.decision,
        began=programme.history.walks[0].day if programme.history.walks else today,
        reminder=reminder(programme.history, programme.position.moved_on, today),
        questions=CHECK_QUESTIONS,
        check=plain_entry(check.body) if check and check.body else {},
        asked=asked,
        entries=entries,
        when_words=WHEN,
        places=PLACES_OF_PAIN,
        screening=programme.screening,
        refused=programme.refused,
    )


def check(visit: Visit) -> Response:
    """Keep the pre-walk check, and start the walk with it if that was asked for and the first answers allow it."""
    answers = _check_answers(visit)
    clip_id, day = _clip_id(visit), home_day(visit.store.clock())
    if answers:
        write(visit.store, clip_id, day, EntryKind.CHECK, answers, written_by=_author(visit))
    settle(visit.store, visit.rooms.ingest, clip_id)
    if visit.form.get("then") != "start":
        return visit.go("/today", "saved")
    if programme_of(visit.store, clip_id, day).refused:
        return visit.go("/programme/screening", "ask_first")
    return _start(visit, answers)


def _start(visit: Visit, answers: dict[str, Any]) -> Response:
    check = convert(answers, CheckBefore, "check")
    order = Start(check=check, support=Support(check.support) if check.support else UNSET)
    try:
        reply = visit.rooms.ingest.command(_clip_id(visit), order)
    except NoAnswerError:
        return visit.go("/", "no_answer")
    return visit.go("/", "started" if reply.ok else "refused")


def pain(visit: Visit) -> Response:
    """Keep how much it hurts; pain during a walk is told to the clip, which ends it where the rules say so."""
    level = visit.number("value", 0, 10)
    when = visit.choice("when", WHEN, "after")
    place = visit.choice("place", PLACES_OF_PAIN)
    if level is None:
        raise FormError("Please choose a number from 0 to 10.")
    body = {"value": round(level), "when": when, "place": place, "note": visit.text("note", NOTE_LENGTH)}
    kept = {name: value for name, value in body.items() if value not in {None, ""}}
    write(visit.store, _clip_id(visit), _day(visit), EntryKind.PAIN, kept, written_by=_author(visit))
    settle(visit.store, visit.rooms.ingest, visit.clip_id)
    if when == "during":
        _tell_clip(visit, PainNow(level=round(level), place=place or UNSET))
    return visit.go("/today", "saved")


def _tell_clip(visit: Visit, order: PainNow) -> None:
    """Let a clip in the middle of a walk know of pain: it ends the walk by itself where the rules say so."""
    state = visit.rooms.live.sight(visit.clip_id).state
    if state is not None and state.phase is not Phase.READY:
        with contextlib.suppress(NoAnswerError):
            visit.rooms.ingest.command(visit.clip_id, order)


def effort(visit: Visit) -> Response:
    """Keep how hard the walk felt."""
    level = visit.number("value", 0, 10)
    if level is None:
        raise FormError("Please choose a number from 0 to 10.")
    write(
        visit.store,
        _clip_id(visit),
        _day(visit),
        EntryKind.EFFORT,
        {"value": round(level)},
        written_by=_author(visit),
    )
    return visit.go("/today", "saved")


def remark(visit: Visit) -> Response:
    """Keep a note."""
    body = {"text": visit.text("text", NOTE_LENGTH, required=True)}
    write(visit.store, _clip_id(visit), _day(visit), EntryKind.NOTE, body, written_by=_author(visit))
    return visit.go("/today", "saved")


def withdraw(visit: Visit) -> Response:
    """Take an entry back, from this page or from *Programme*: a later entry says so, the first one is kept."""
    today = home_day(visit.store.clock())
    programme = programme_of(visit.store, _clip_id(visit), today)
    wanted = visit.request.path_params["entry_id"]
    entry = next((one for one in programme.entries if one.entry_id == wanted), None)
    if entry is None:
        raise FormError("This entry has been corrected already.")
    write(visit.store, visit.clip_id, entry.day, entry.kind, {}, written_by=_author(visit), corrects=entry.entry_id)
    settle(visit.store, visit.rooms.ingest, visit.clip_id)
    return visit.go("/programme" if visit.form.get("page") == "/programme" else "/today", "corrected")


def _check_answers(visit: Visit) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for question in CHECK_QUESTIONS:
        if question.scale is not None:
            number = visit.number(question.name, *question.scale)
            if number is not None:
                answers[question.name] = round(number)
        elif (choice := visit.choice(question.name, question.choices)) is not None:
            answers[question.name] = choice
    return answers


def _morning_asked(walks: Any, entries: tuple[Entry, ...], today: datetime.date) -> bool:
    """Whether there was a walk yesterday and nothing is known of this morning yet."""
    yesterday = today - datetime.timedelta(days=1)
    answered = any(
        isinstance(entry.body, PainNote) and entry.day == today and entry.body.when is PainTime.NEXT_MORNING
        for entry in entries
    )
    return not answered and any(walk.day == yesterday for walk in walks)


def _newest(entries: list[Entry], kind: EntryKind) -> Entry | None:
    found = [entry for entry in entries if entry.kind is kind]
    return found[-1] if found else None


def _day(visit: Visit) -> datetime.date:
    today = home_day(visit.store.clock())
    try:
        day = datetime.date.fromisoformat(visit.form.get("day", "") or today.isoformat())
    except ValueError as error:
        raise FormError("Please give the day as a date.") from error
    if not today - datetime.timedelta(days=366) <= day <= today:
        raise FormError("The day must be today or within the last year.")
    return day


def _clip_id(visit: Visit) -> str:
    if visit.clip is None:
        raise FormError("Please pair a clip first: the journal belongs to its walker.")
    return visit.clip.id


def _author(visit: Visit) -> str:
    return visit.person.name if visit.person else ""
