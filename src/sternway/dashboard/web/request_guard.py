"""The door each request goes through: who asks, whether the form is ours, whether the page is for them."""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sternway.dashboard.store.database import Store
from sternway.dashboard.store.schema import CLIPS
from sternway.dashboard.web import words
from sternway.dashboard.web.auth import AccessError, Person, Role
from sternway.dashboard.web.pages import Page
from sternway.dashboard.web.request_context import Access, Clip, FormError, Rooms, Visit, set_browser
from sternway.errors import MessageError, PlanError, StoreError

_log = logging.getLogger(__name__)

BODY_BYTES = 65_536
"""The largest form; the longest note is a thousand characters."""
BODY_S = 20.0
"""How long a form may take to arrive, also on the edge of the house's Wi-Fi."""
FORM_FIELD_COUNT = 100
_COME_IN = '<!doctype html><html lang="en"><meta http-equiv="refresh" content="0"><title>Sternway</title></html>'
DEMO_PERSON = Person(0, "You", Role.OWNER)


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form (the last of a repeated one counts); refuse what no form of ours can send."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES:
                    raise HTTPException(413)
    except TimeoutError as error:
        raise HTTPException(408) from error
    try:
        return dict(
            parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELD_COUNT)
        )
    except ValueError as error:
        raise HTTPException(400) from error


def answer(rooms: Rooms, page: Page, request: Request, form: Mapping[str, str]) -> Response:
    """Return what a request gets: the page, the way to the login, or a refusal in words."""
    if _is_led_here(rooms, request):
        return HTMLResponse(_COME_IN)
    try:
        visit = visit_of(rooms, request, form)
        is_due = visit.is_new_browser or rooms.door.renew(visit.browser)
        response = _admitted(visit, page)
    except StoreError as error:
        _log.error("%s", error)
        return _bare(503, words.APOLOGIES["503"])
    if is_due and "set-cookie" not in response.headers:
        set_browser(response, visit, visit.browser)
    return response


def apologise(rooms: Rooms, request: Request, status: int) -> Response:
    """Return a page for what went wrong before or beyond a page of ours."""
    sentence = words.APOLOGIES.get(str(status), words.APOLOGIES["500"])
    try:
        return _say(visit_of(rooms, request, {}), status, sentence)
    except StoreError:
        return _bare(503, words.APOLOGIES["503"])


def visit_of(rooms: Rooms, request: Request, form: Mapping[str, str]) -> Visit:
    """Return who asks, and about which clip."""
    browser = request.cookies.get(rooms.cookie, "")
    person = DEMO_PERSON if rooms.is_demo else (rooms.door.known(browser) if browser else None)
    clips = _clips(rooms.store) if person else ()
    wanted = request.cookies.get("clip", "")
    clip = next((clip for clip in clips if clip.id == wanted), clips[0] if clips else None)
    return Visit(
        rooms=rooms,
        request=request,
        browser=browser or secrets.token_urlsafe(32),
        is_new_browser=not browser,
        person=person,
        form=form,
        zone=_zone(request),
        clips=clips,
        clip=clip,
    )


def _admitted(visit: Visit, page: Page) -> Response:
    if page.access is not Access.OPEN and visit.person is None:
        return RedirectResponse("/setup" if visit.rooms.door.is_new else "/login", 303)
    if page.is_post and not visit.rooms.door.is_form_token(visit.browser, visit.form.get("form_token", "")):
        return _say(visit, 403, words.APOLOGIES["form"])
    if page.access is Access.OWNER and not visit.is_owner:
        return _say(visit, 403, words.APOLOGIES["owner"])
    try:
        return page.function(visit)
    except (FormError, PlanError, AccessError, MessageError) as error:
        return _say(visit, 422, str(error))


def _is_led_here(rooms: Rooms, request: Request) -> bool:
    """Whether a link elsewhere led here: the browser then holds our cookie back, and must be asked a second time."""
    is_foreign = request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
    return request.method == "GET" and is_foreign and rooms.cookie not in request.cookies


def _say(visit: Visit, status: int, sentence: str) -> Response:
    return visit.page("message.html", status=status, sentence=sentence)


def _bare(status: int, sentence: str) -> Response:
    return HTMLResponse(f'<!doctype html><html lang="en"><title>Sternway</title><p>{sentence}</p></html>', status)


def _clips(store: Store) -> tuple[Clip, ...]:
    with store.read() as connection:
        rows = connection.execute(sa.select(CLIPS.c.clip_id, CLIPS.c.name).order_by(CLIPS.c.paired_s)).all()
    return tuple(Clip(row.clip_id, row.name) for row in rows)


def _zone(request: Request) -> ZoneInfo:
    """Return the viewer's time zone, which our script leaves in a cookie; the server's own before that."""
    for name in (request.cookies.get("zone", ""), _own_zone(), "UTC"):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    raise StoreError("this Python has no time zones: install tzdata")


def _own_zone() -> str:
    return datetime.now(UTC).astimezone().tzname() or "UTC"
