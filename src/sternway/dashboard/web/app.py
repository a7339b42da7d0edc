"""The web application: the table of pages, the live stream, the static files, and the headers all of them carry."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sternway.config import Settings
from sternway.dashboard.mqtt.ingest import Ingest
from sternway.dashboard.mqtt.live import Live
from sternway.dashboard.store.database import Store
from sternway.dashboard.web.auth import Door
from sternway.dashboard.web.event_stream import Stream
from sternway.dashboard.web.login_limits import LoginLimits
from sternway.dashboard.web.pages import PAGES, Page
from sternway.dashboard.web.rendering import make_environment
from sternway.dashboard.web.request_context import Rooms
from sternway.dashboard.web.request_guard import BODY_BYTES, answer, apologise, read_form, visit_of

DEMO_HOSTS = ["localhost", "127.0.0.1"]
_STATIC = Path(__file__).parent / "static"

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def build_app(settings: Settings, store: Store, live: Live, ingest: Ingest, *, is_demo: bool = False) -> Starlette:
    """Return the application. In a demo whoever sits at this machine is the owner, and no other machine is let in."""
    rooms = Rooms(settings, store, Door(store), LoginLimits(), live, ingest, make_environment(), is_demo)
    stream = Stream(rooms)

    async def watch(request: Request) -> Response:
        visit = await run_in_threadpool(visit_of, rooms, request, {})
        return stream.response(visit) if visit.person else Response(status_code=401)

    async def on_error(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return await run_in_threadpool(apologise, rooms, request, status)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with stream.running():
            yield

    routes: list[BaseRoute] = [_route(rooms, page) for page in PAGES]
    routes += [Route("/live", watch), Mount("/static", StaticFiles(directory=_STATIC))]
    middleware = [Middleware(Manners)]
    if is_demo:
        middleware.append(Middleware(TrustedHostMiddleware, allowed_hosts=DEMO_HOSTS))
    handlers = {HTTPException: on_error, 500: on_error}
    app = Starlette(routes=routes, middleware=middleware, lifespan=lifespan, exception_handlers=handlers)
    app.state.rooms, app.state.stream = rooms, stream
    return app


def _route(rooms: Rooms, page: Page) -> Route:
    async def endpoint(request: Request) -> Response:
        form = await read_form(request) if page.is_post else {}
        return await run_in_threadpool(answer, rooms, page, request, form)

    return Route(page.path, endpoint, methods=["POST" if page.is_post else "GET"])


class Manners:
    """Adds the headers that every answer carries, and refuses a body larger than any form of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(_HEADERS)
        headers["cache-control"] = "no-cache" if scope["path"].startswith("/static/") else "no-store"

        async def send_politely(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [(name.encode(), value.encode()) for name, value in headers.items()]
                message["headers"] = [*message["headers"], *ours]
            await send(message)

        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > BODY_BYTES:
            await Response("This form is too large.", 413)(scope, receive, send_politely)
            return
        await self._app(scope, receive, send_politely)
