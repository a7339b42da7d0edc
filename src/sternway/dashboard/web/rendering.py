"""Templates and what they can say: times in the viewer's zone, numbers for people, icons."""

import functools
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from sternway import __version__
from sternway.dashboard.verdict import ago
from sternway.dashboard.web import words
from sternway.programme.journal import Entry
from sternway.wire.journal import Note, Pause, ScreeningAnswers, plain_entry


def make_environment() -> Environment:
    """Return the templates; every value is escaped, an unknown name is an error."""
    environment = Environment(
        loader=PackageLoader("sternway.dashboard.web"), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {
        "day": day,
        "clock": clock,
        "when": when,
        "minutes": minutes,
        "ago": ago,
        "number": number,
    }
    environment.filters |= {"zip_with": zip_with, "entry_words": entry_words, "short": short}
    environment.globals |= {"words": words, "version": __version__}
    return environment


def live_fragment(environment: Environment, facts: Any, is_owner: bool, zone: str) -> str:
    """Return the parts of the page that change by themselves."""
    template = environment.get_template("live.html")
    return template.render(live=facts, is_owner=is_owner, zone=_zone(zone))


def day(at_s: float, zone: ZoneInfo) -> str:
    """Return the day in words.

    >>> day(0.0, ZoneInfo("UTC"))
    'Thu 1 January 1970'
    """
    return f"{datetime.fromtimestamp(at_s, zone):%a %-d %B %Y}"


def clock(at_s: float, zone: ZoneInfo) -> str:
    """Return the time of day.

    >>> clock(3661.0, ZoneInfo("UTC"))
    '01:01'
    """
    return f"{datetime.fromtimestamp(at_s, zone):%H:%M}"


def when(at_s: float, zone: ZoneInfo) -> str:
    """Return day and time, short."""
    return f"{datetime.fromtimestamp(at_s, zone):%a %-d %b, %H:%M}"


def minutes(seconds: float) -> str:
    """Return a length of time for people.

    >>> minutes(40.0), minutes(61.0), minutes(780.0), minutes(0.0)
    ('under 1 min', '1 min', '13 min', '0 min')
    """
    if 0.0 < seconds < 60.0:
        return "under 1 min"
    return f"{int(seconds // 60)} min"


def number(value: float | None, digits: int = 0) -> str:
    """Return a number, or a dash where it is not known.

    >>> number(None), number(3.14159, 1)
    ('–', '3.1')
    """
    return "–" if value is None else f"{value:.{digits}f}"


def short(value: float) -> str:
    """Return a number without needless noughts.

    >>> short(7.0), short(2.5)
    ('7', '2.5')
    """
    return f"{value:.1f}".removesuffix(".0")


def zip_with(labels: Iterable[str], values: Iterable[str]) -> list[tuple[str, str]]:
    """Return (value, label) pairs for a choice.

    >>> zip_with(["Left knee"], ["left knee"])
    [('left knee', 'Left knee')]
    """
    return list(zip(values, labels, strict=True))


def entry_words(entry: Entry) -> str:
    """Return a journal entry as one line.

    >>> from datetime import date
    >>> from sternway.wire.journal import EntryKind, PainNote
    >>> from sternway.wire.values import PainTime
    >>> knee = PainNote(value=3, when=PainTime.AFTER, place="left knee")
    >>> entry_words(Entry("1", date(2026, 5, 1), EntryKind.PAIN, knee))
    '3 of 10, after, left knee'
    >>> holiday = Pause(start="2026-05-01", end="2026-05-09", why="holiday")
    >>> entry_words(Entry("2", date(2026, 4, 20), EntryKind.PAUSE, holiday))
    '1 May 2026 to 9 May 2026, holiday'
    """
    match entry.body:
        case Note(text=text):
            return text
        case ScreeningAnswers(passed=passed):
            return "nothing against it" if passed else "ask a professional first"
        case Pause(start=start, end=end, why=why):
            return f"{_date(start)} to {_date(end)}, {why}"
    body = {} if entry.body is None else plain_entry(entry.body)
    if isinstance(body.get("value"), int):
        body["value"] = f"{body['value']} of 10"
    if "minutes" in body:
        body["minutes"] = f"{short(body['minutes'])} min"
    if "pain_before" in body:
        body["pain_before"] = f"pain {body['pain_before']} of 10"
    return ", ".join(str(value).replace("_", " ") for value in body.values())


def _date(text: str) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}"


@functools.cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
