"""The dashboard as one thing that can be started and stopped: store, ingest, pages and the web server."""

import fcntl
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import uvicorn

from sternway.config import Settings
from sternway.dashboard.chores import Chores
from sternway.dashboard.mqtt.ingest import Ingest
from sternway.dashboard.mqtt.live import Live
from sternway.dashboard.store.database import Store, open_store
from sternway.dashboard.web.app import build_app
from sternway.dashboard.web.auth import Door
from sternway.dashboard.web.client_address import trusted_networks
from sternway.dashboard.web.connection_limits import cut_stalled_readers, limited_protocol
from sternway.errors import ConfigError, StoreError
from sternway.pairing.secret_files import give_to_folders_owner

START_S = 10.0
STOP_S = 2


class Dashboard:
    """Serves the pages and takes in records until closed. Port 0 takes a free one, see :attr:`url`.

    ``is_demo`` lets whoever sits at this machine in without a password, and nobody from elsewhere.
    """

    def __init__(self, settings: Settings, *, is_demo: bool = False, store: Store | None = None) -> None:
        self._settings = settings
        self._lock: IO[str] | None = None
        self._socket = _listen("127.0.0.1" if is_demo else settings.dashboard.host, settings.dashboard.port)
        self.store = store or self._open()
        self.live = Live()
        self.ingest = Ingest(settings.broker, self.store, self.live)
        self.app = build_app(settings, self.store, self.live, self.ingest, is_demo=is_demo)
        self._chores = Chores(settings.dashboard, self.store, self.ingest)
        self._server = _Server(_config(settings, self.app))
        self._server.on_exit = self.app.state.stream.end
        self._thread = threading.Thread(target=self.run, name="dashboard", daemon=True)

    @property
    def door(self) -> Door:
        """Return who lets people in."""
        door: Door = self.app.state.rooms.door
        return door

    @property
    def url(self) -> str:
        """Return the address of the first page, as this machine reaches it."""
        host, port = self._socket.getsockname()[:2]
        scheme = "https" if self._settings.dashboard.certificate_file else "http"
        host = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    def run(self) -> None:
        """Serve on this thread until stopped by a signal or by :meth:`close`."""
        self.ingest.start()
        self._chores.start()
        self._server.run(sockets=[self._socket])

    def start(self) -> Self:
        """Serve on a thread of its own; return once pages can be opened."""
        self._thread.start()
        if not self._server.is_serving.wait(START_S):
            raise StoreError("the web server did not start; see the log")
        return self

    def close(self) -> None:
        """Stop serving, finish what has arrived, close the store."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(START_S)
        self._chores.close()
        self.ingest.close()
        self.store.close()
        self._socket.close()
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _open(self) -> Store:
        store = open_store(self._settings.dashboard)
        if store.path is not None:
            self._lock = lock(store.path)
        return store


class _Server(uvicorn.Server):
    """Says when it serves, and lets the endless streams end when it is to stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_serving = threading.Event()
        self.on_exit: Callable[[], None] = self.is_serving.clear

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_serving.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.on_exit()
        await super().shutdown(sockets)


def lock(path: Path) -> IO[str]:
    """Hold the store at ``path`` for one process; raise :class:`StoreError` if another one holds it."""
    name = path.with_name(path.name + ".lock")
    file = open(name, "w", encoding="utf-8")  # noqa: SIM115
    give_to_folders_owner(name)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise StoreError(f"another dashboard is using {path}; stop it first") from error
    return file


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        cut_stalled_readers(listener)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host}:{port} ({error.strerror}); set [dashboard] host and port"
        ) from error
    return listener


def _config(settings: Settings, app: object) -> uvicorn.Config:
    part = settings.dashboard
    if bool(part.certificate_file) != bool(part.key_file):
        raise ConfigError("[dashboard] needs both certificate_file and key_file, or neither")
    for file in (part.certificate_file, part.key_file):
        if file and not os.access(file, os.R_OK):
            raise ConfigError(f"{file} cannot be read; check [dashboard] certificate_file and key_file")
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        ssl_certfile=part.certificate_file or None,
        ssl_keyfile=part.key_file or None,
        log_level="warning",
        server_header=False,
        access_log=False,
        ws="none",
        http=limited_protocol(trusted_networks(part.trusted_proxies)),
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_S,
        h11_max_incomplete_event_size=32_768,
    )
