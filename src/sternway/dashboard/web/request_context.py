"""One request: who asks, from which browser, in which time zone, about which clip."""

import datetime
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sternway.config import Settings
from sternway.dashboard.mqtt.ingest import Ingest
from sternway.dashboard.mqtt.live import Live
from sternway.dashboard.store.database import Store
from sternway.dashboard.web import words
from sternway.dashboard.web.auth import Door, Person, Role
from sternway.dashboard.web.client_address import Network, client_address, trusted_networks
from sternway.dashboard.web.login_limits import LoginLimits
from sternway.errors import SternwayError
from sternway.pairing.household import own_address

COOKIE_S = 90 * 86400


class FormError(SternwayError, ValueError):
    """A form holds something that cannot be; the message is for the person."""


class Access(StrEnum):
    """Who may open a page."""

    OPEN = "open"
    VIEWER = "viewer"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything the pages are served from."""

    settings: Settings
    store: Store
    door: Door
    login_limits: LoginLimits
    live: Live
    ingest: Ingest
    environment: Environment
    is_demo: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether people reach the dashboard by https: by its own certificate or through a proxy."""
        settings = self.settings.dashboard
        return bool(settings.certificate_file) or settings.public_url.startswith("https://")

    @property
    def trusted_proxies(self) -> tuple[Network, ...]:
        """Return the reverse proxies whose word about a request counts."""
        return trusted_networks(self.settings.dashboard.trusted_proxies)

    def known_address(self, host: str) -> str:
        """Return how phones reach the dashboard: never by a name that a request made up.

        ``host`` is what the request says; it is taken only where it is one of this machine's own names.
        """
        settings = self.settings.dashboard
        if settings.public_url:
            return settings.public_url.rstrip("/")
        name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
        own = socket.gethostname().partition(".")[0]
        known = {own, f"{own}.local", own_address(), "localhost", "127.0.0.1", "[::1]"}
        scheme = "https" if self.is_secure else "http"
        return f"{scheme}://{host}" if name in known else f"{scheme}://{own_address()}:{settings.port}"

    @property
    def cookie(self) -> str:
        """Return the name of the cookie; with https, one that no other host may set."""
        return "__Host-sternway" if self.is_secure else "sternway"


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as people know it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page function gets. ``clip`` is the one being looked at, ``None`` before any is known."""

    rooms: Rooms
    request: Request
    browser: str
    is_new_browser: bool
    person: Person | None
    form: Mapping[str, str]
    zone: ZoneInfo
    clips: tuple[Clip, ...] = ()
    clip: Clip | None = None

    @property
    def store(self) -> Store:
        """Return the store."""
        return self.rooms.store

    @property
    def address(self) -> str:
        """Return the address that the request comes from."""
        return client_address(self.request, self.rooms.trusted_proxies)

    @property
    def is_owner(self) -> bool:
        """Whether the person may change things."""
        return self.person is not None and self.person.role is Role.OWNER

    @property
    def clip_id(self) -> str:
        """Return the id of the clip being looked at; an empty one matches nothing."""
        return self.clip.id if self.clip else ""

    def page(self, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
        """Return a page made from ``template``."""
        said = words.SAID.get(self.request.query_params.get("said", ""))
        context = {"visit": self, "said": said, "path": self.request.url.path, **facts}
        return HTMLResponse(self.rooms.environment.get_template(template).render(context), status)

    @property
    def form_token(self) -> str:
        """Return the token for the forms of this page."""
        return self.rooms.door.form_token(self.browser)

    def go(self, path: str, said: str | None = None) -> Response:
        """Send the browser to ``path``, there to read the message named ``said``."""
        return RedirectResponse(f"{path}?{urlencode({'said': said})}" if said else path, 303)

    @property
    def today(self) -> datetime.date:
        """Return the day it is where the viewer is."""
        return datetime.datetime.fromtimestamp(self.store.clock(), self.zone).date()

    def path_number(self, name: str) -> int:
        """Return a number from the address; whatever else stands there is no page of ours."""
        value = str(self.request.path_params[name])
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise HTTPException(404)
        return int(value)

    def query_number(self, name: str, lowest: float, highest: float) -> float | None:
        """Return a number from behind the question mark, ``None`` where there is none that fits."""
        try:
            value = float(self.request.query_params.get(name, ""))
        except ValueError:
            return None
        return value if lowest <= value <= highest else None

    def text(self, name: str, longest: int = 200, required: bool = False) -> str:
        """Return a field as one tidy text; raise :class:`FormError` where it is too long or missing."""
        value = re.sub(r"[^\S\n]+", " ", self.form.get(name, "")).strip()
        if "\x00" in value or len(value) > longest:
            raise FormError(f"{_words(name)}: please write at most {longest} characters.")
        if required and not value:
            raise FormError(f"{_words(name)} is missing.")
        return value

    def number(self, name: str, lowest: float, highest: float) -> float | None:
        """Return a field as a number, ``None`` where it was left empty."""
        value = self.form.get(name, "").strip().replace(",", ".")
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not lowest <= number <= highest:
            raise FormError(f"{_words(name)} must be a number from {lowest:g} to {highest:g}.")
        return number

    def choice(
        self, name: str, choices: Mapping[str, Any] | tuple[str, ...], default: str | None = None
    ) -> str | None:
        """Return a field that is one of ``choices``."""
        value = self.form.get(name, "").strip() or default
        if value is not None and value not in choices:
            raise FormError(f"{_words(name)}: please choose one of the answers offered.")
        return value


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def set_browser(response: Response, visit: Visit, token: str) -> None:
    """Let the browser be known by ``token`` from now on."""
    rooms = visit.rooms
    response.set_cookie(
        rooms.cookie, token, max_age=COOKIE_S, httponly=True, samesite="strict", secure=rooms.is_secure, path="/"
    )
