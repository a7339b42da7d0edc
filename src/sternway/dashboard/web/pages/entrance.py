"""Set up, log in, join by invitation, log out, and which clip to look at."""

from collections.abc import Callable

from starlette.responses import RedirectResponse, Response

from sternway.dashboard.web.auth import AccessError, Person
from sternway.dashboard.web.login_limits import BUSY_RETRY_S, TooManyTriesError
from sternway.dashboard.web.request_context import COOKIE_S, Visit, set_browser


def setup(visit: Visit) -> Response:
    """Show the first page of all."""
    return visit.page("setup.html", problem=None) if visit.rooms.door.is_new else visit.go("/login")


def set_up(visit: Visit) -> Response:
    """Make the first owner."""
    return _try(
        visit,
        "setup.html",
        lambda: visit.rooms.door.set_up(visit.form.get("code", ""), visit.text("name", 40), _password(visit)),
        purpose="set_up",
    )


def login(visit: Visit) -> Response:
    """Show the login."""
    if visit.person is not None:
        return visit.go("/")
    return visit.go("/setup") if visit.rooms.door.is_new else visit.page("login.html", problem=None)


def log_in(visit: Visit) -> Response:
    """Let a person in."""
    name = visit.text("name", 40)
    return _try(
        visit,
        "login.html",
        lambda: visit.rooms.door.log_in(name, _password(visit)),
        purpose="login",
        account=name.casefold(),
    )


def invitation(visit: Visit) -> Response:
    """Show an invited person where to choose a password."""
    name = visit.rooms.door.invited(visit.request.path_params["code"])
    return visit.page("join.html", problem=None, name=name)


def join(visit: Visit) -> Response:
    """Let an invited person in."""
    code = visit.request.path_params["code"]
    name = visit.rooms.door.invited(code)
    return _try(
        visit, "join.html", lambda: visit.rooms.door.join(code, _password(visit)), purpose="invitation", name=name
    )


def log_out(visit: Visit) -> Response:
    """Forget this browser."""
    visit.rooms.door.forget(visit.browser)
    response = RedirectResponse("/login?said=logged_out", 303)
    response.delete_cookie(visit.rooms.cookie, secure=visit.rooms.is_secure, httponly=True, samesite="strict")
    return response


def more(visit: Visit) -> Response:
    """Show the places that do not fit beside the thumb."""
    return visit.page("more.html")


def look_at(visit: Visit) -> Response:
    """Look at another walker's clip from now on."""
    response = visit.go("/")
    clip_id = visit.choice("clip", tuple(clip.id for clip in visit.clips))
    response.set_cookie("clip", clip_id or "", max_age=COOKIE_S, httponly=True, samesite="strict")
    return response


def _try(
    visit: Visit, template: str, admit: Callable[[], Person], *, purpose: str, account: str = "", **facts: str
) -> Response:
    """Let a person in, or say what was wrong; whoever is wrong too often must wait."""
    try:
        with visit.rooms.login_limits.trying(visit.address, purpose, account):
            person = admit()
    except TooManyTriesError as error:
        response: Response = visit.page(template, status=429, problem=_wait_words(error.wait_s), **facts)
        response.headers["retry-after"] = str(int(error.wait_s) + 1)
        return response
    except AccessError as error:
        return visit.page(template, status=422, problem=str(error), **facts)
    response = visit.go("/")
    set_browser(response, visit, visit.rooms.door.remember(person))
    return response


def _wait_words(wait_s: float) -> str:
    if wait_s <= BUSY_RETRY_S:
        return "Others are logging in right now. Please try again in a few seconds."
    return f"Too many wrong tries. Please wait {int(wait_s // 60) + 1} minutes."


def _password(visit: Visit) -> str:
    return visit.form.get("password", "")[:200]
