"""Opens the store: checks it, keeps a copy before changing it, and hands out connections."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from sternway.config import DashboardSettings
from sternway.errors import StoreError
from sternway.pairing.secret_files import give_to_folders_owner

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_S = 5.0
"""How long a writer waits for another process (a backup) before it gives up; a backup of 1 GB takes about as long."""


class Store:
    """A database that has been checked and brought to today's tables.

    ``read`` and ``write`` give a connection inside one transaction; a failure becomes :class:`StoreError`.
    """

    def __init__(self, engine: sa.Engine, path: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._writer = engine.execution_options(sternway_begin="BEGIN IMMEDIATE")
        self._others: list[Store] = []
        self.path = path
        self.clock = clock

    def with_own_connections(self) -> "Store":
        """Return the same store with a pool of its own, which nothing else can use up; it closes with this one."""
        engine = _sqlite_engine(self.path) if self.path else sa.create_engine(self._engine.url, pool_pre_ping=True)
        own = Store(engine, self.path, self.clock)
        self._others.append(own)
        return own

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection to look things up with."""
        with _store_errors(), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a connection whose changes are on disk, all or none, when the block ends."""
        with _store_errors(), self._writer.begin() as connection:
            yield connection

    @property
    def insert(self) -> Callable[[sa.Table], Any]:
        """Return the database's own ``INSERT``, which can skip what is already there."""
        if self._engine.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # noqa: PLC0415

            return postgresql_insert
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415

        return sqlite_insert

    def shrink(self) -> None:
        """Give the room of deleted rows back to the disk, so that deleted is gone."""
        if self.path is None:
            return  # PostgreSQL does this by itself
        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)) as connection:
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} could not be cleaned after deleting: {error}") from error

    def close(self) -> None:
        """Let go of every connection."""
        for other in self._others:
            other.close()
        self._engine.dispose()


def open_store(settings: DashboardSettings, clock: Callable[[], float] = time.time) -> Store:
    """Open the store named by ``settings``, making or upgrading it where needed; an upgrade keeps a copy first."""
    path = _sqlite_path(settings)
    engine = _sqlite_engine(path) if path else sa.create_engine(settings.database, pool_pre_ping=True)
    if path is not None:
        check(path)
    _upgrade(engine, path)
    return Store(engine, path, clock)


def database_path(settings: DashboardSettings) -> Path:
    """Return where the SQLite store lives; raise :class:`StoreError` where another database is in charge."""
    path = _sqlite_path(settings)
    if path is None:
        raise StoreError("the store is not an SQLite file: use its own tools (pg_dump, pg_restore) for this")
    return path


def check(path: Path) -> None:
    """Raise :class:`StoreError` with what to do if the file at ``path`` is there but is no sound store."""
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise StoreError(f"{path} is damaged ({found}). It was left as it is. {_advice(path)}")


def check_backup(path: Path) -> None:
    """Raise :class:`StoreError` unless the file at ``path`` is a sound store that this version can work with."""
    if not path.is_file():
        raise StoreError(f"{path}: there is no such file")
    check(path)
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            step = str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError) as error:
        raise StoreError(f"{path} is not a backup of a Sternway dashboard") from error
    if not _known(step):
        raise StoreError(f"{path} was written by a newer Sternway (step {step}); install that version first")
    _refuse_active_content(path)


def _refuse_active_content(path: Path) -> None:
    """Raise :class:`StoreError` where a backup would run something of its own when it is used."""
    query = (
        "SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index') "
        "OR sql LIKE 'CREATE VIRTUAL%' ORDER BY name"
    )
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        found = connection.execute(query).fetchone()
    if found is not None:
        raise StoreError(
            f"{path} holds the {found[0]} {found[1]!r}, which no backup of Sternway has. It was not restored: "
            "use a backup that you made yourself"
        )


def backups(path: Path) -> list[Path]:
    """Return the copies kept beside the store at ``path``, newest first."""
    return sorted((path.parent / "backups").glob("*.db"), key=lambda file: file.stat().st_mtime, reverse=True)


def copy_store(path: Path, target: Path) -> Path:
    """Write a consistent copy of a store, even one in use, to ``target``, which must not exist yet."""
    if target.exists():
        raise StoreError(f"{target} exists already; name another file")
    if not target.parent.exists():
        target.parent.mkdir(parents=True, mode=0o700)
        give_to_folders_owner(target.parent)
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        partial.touch(mode=0o600)
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_S)) as connection:
            connection.execute("VACUUM INTO ?", (str(partial),))
        give_to_folders_owner(partial)
        partial.rename(target)
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"could not write {target}: {error}") from error
    return target


def revision(engine: sa.Engine) -> str | None:
    """Return which step the tables are at, ``None`` for an empty database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """Return the step this version of Sternway works with."""
    return str(ScriptDirectory.from_config(_alembic()).get_current_head())


def _sqlite_path(settings: DashboardSettings) -> Path | None:
    if not settings.database:
        return Path(settings.state_dir) / "dashboard.db"
    url = sa.make_url(settings.database)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _sqlite_engine(path: Path) -> sa.Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.chmod(0o600)  # one that was made with another umask; SQLite gives its journals the same mode
    except OSError as error:
        raise StoreError(f"cannot make {path.parent}: {error.strerror}; set [dashboard] state_dir") from error
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_S}, pool_timeout=BUSY_S
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the transaction is begun below, not by the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sternway_begin", "BEGIN"))

    return engine


def _upgrade(engine: sa.Engine, path: Path | None) -> None:
    with _store_errors():
        current, newest = revision(engine), newest_revision()
        if current == newest:
            return
        if current is None and sa.inspect(engine).get_table_names():
            raise StoreError(f"{path or 'the database'} holds tables of something else; name another store")
        if current is not None and not _known(current):
            raise StoreError(
                f"{path or 'the store'} was written by a newer Sternway (step {current}; this one is at {newest}). "
                "It was left as it is: install the newer version, or restore an older backup"
            )
        if path is not None and current is not None:
            copy_store(path, path.parent / "backups" / f"before-{newest}-{time.time_ns()}.db")
        config = _alembic()
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _known(step: str) -> bool:
    return step in {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _advice(path: Path) -> str:
    kept = backups(path)
    if not kept:
        return "No backup was found beside it; move the file away to start anew"
    return f"The newest backup is {kept[0]}: `sternway restore {kept[0]}` puts it in place and keeps the damaged file"


@contextlib.contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise StoreError(f"the store did not answer: {error.orig}; is the disk full or damaged?") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store did not answer: {error}") from error
