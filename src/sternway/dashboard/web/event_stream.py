"""Server-sent events: a fragment of page whenever what is known changes, and a beat so that silence is noticed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from sternway.dashboard.web.pages.now import live_facts
from sternway.dashboard.web.rendering import live_fragment
from sternway.dashboard.web.request_context import Rooms, Visit
from sternway.errors import StoreError

TICK_S = 0.5
"""How often it is looked whether something went stale by itself."""
BEAT_S = 2.0
"""The page says that it lost contact after 4.5 s without a beat."""
WAITING_COUNT = 16
"""A viewer who takes nothing for this many messages is let go; its browser comes back by itself."""
VIEWER_COUNT = 300

_BEAT = b"event: beat\ndata: 1\n\n"


@dataclass(frozen=True, slots=True)
class Watch:
    """What a viewer looks at: viewers of the same share one fragment."""

    clip_id: str
    is_owner: bool
    zone: str


@dataclass(eq=False, slots=True)
class _Viewer:
    watch: Watch
    browser: str
    waiting: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(WAITING_COUNT))
    is_gone: bool = False

    def send(self, message: bytes | None) -> None:
        try:
            self.waiting.put_nowait(message)
        except asyncio.QueueFull:
            self.is_gone = True


class Stream:
    """Keeps every viewer up to date: renders once for all who look at the same, sends only what is new."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._viewers: set[_Viewer] = set()
        self._shown: dict[Watch, tuple[object, bytes]] = {}
        self._changed = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch for changes inside the block; every viewer is let go at its end."""
        loop = asyncio.get_running_loop()
        self._rooms.live.listen(lambda: loop.call_soon_threadsafe(self._changed.set))
        task = loop.create_task(self._broadcast())
        try:
            yield
        finally:
            task.cancel()
            self.end()

    def end(self) -> None:
        """Let every viewer go."""
        for viewer in self._viewers:
            viewer.send(None)

    def response(self, visit: Visit) -> Response:
        """Return the endless answer to one viewer."""
        if len(self._viewers) >= VIEWER_COUNT:
            return Response(status_code=503, headers={"retry-after": "30"})
        viewer = _Viewer(Watch(visit.clip_id, visit.is_owner, visit.zone.key), visit.browser)
        return StreamingResponse(self._follow(viewer), media_type="text/event-stream")

    async def _follow(self, viewer: _Viewer) -> AsyncIterator[bytes]:
        viewer.send(self._message(viewer.watch))
        self._viewers.add(viewer)
        try:
            while (message := await viewer.waiting.get()) is not None:
                if message is _BEAT and not await run_in_threadpool(self._is_welcome, viewer):
                    return
                yield message
                if viewer.is_gone:
                    return
        finally:
            self._viewers.discard(viewer)

    def _is_welcome(self, viewer: _Viewer) -> bool:
        """Whether the viewer may still look; a store that does not answer takes nobody's view of a walk away."""
        try:
            return self._rooms.is_demo or self._rooms.door.known(viewer.browser) is not None
        except StoreError:
            return True

    async def _broadcast(self) -> None:
        loop = asyncio.get_running_loop()
        beat_due_s = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), TICK_S)
            self._changed.clear()
            self._send_news()
            if loop.time() >= beat_due_s:
                beat_due_s = loop.time() + BEAT_S
                self._send(list(self._viewers), _BEAT)

    def _send_news(self) -> None:
        watches = {viewer.watch for viewer in self._viewers}
        for gone in self._shown.keys() - watches:
            del self._shown[gone]
        for watch in watches:
            before = self._shown.get(watch)
            message = self._message(watch)
            if before is not None and before[1] is not message:
                self._send([viewer for viewer in self._viewers if viewer.watch == watch], message)

    def _send(self, viewers: list[_Viewer], message: bytes) -> None:
        for viewer in viewers:
            viewer.send(message)

    def _message(self, watch: Watch) -> bytes:
        """Return the fragment for ``watch``; the same object as before where nothing has changed."""
        facts = live_facts(self._rooms.live, watch.clip_id)
        before = self._shown.get(watch)
        if before is not None and before[0] == facts:
            return before[1]
        html = live_fragment(self._rooms.environment, facts, watch.is_owner, watch.zone)
        message = b"event: now\n" + b"".join(b"data: " + line + b"\n" for line in html.encode().splitlines()) + b"\n"
        self._shown[watch] = (facts, message)
        return message
