"""The same rows in PostgreSQL: started for this test where it is installed."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sternway.config import DashboardSettings
from sternway.dashboard.store.database import Store, database_path, open_store
from sternway.dashboard.store.export import EXPORTS
from sternway.dashboard.store.intake import keep
from sternway.dashboard.store.lookup import events, label, walk_count
from sternway.dashboard.store.retention import delete_everything, drop_old_traces, forget_clip
from sternway.dashboard.web.auth import Door
from sternway.demo.broker import free_port
from sternway.demo.weeks import fill
from sternway.errors import StoreError


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh server on loopback."""
    programs = [shutil.which(name, path=_search_path()) for name in ("initdb", "pg_ctl")]
    if None in programs:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    initdb, pg_ctl = map(str, programs)
    options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    folder = Path("/tmp") / f"sternway-postgresql-{os.getpid()}"
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("there is no user postgres to run PostgreSQL as")
        os.chown(folder, user.pw_uid, user.pw_gid)
        options |= {"user": user.pw_uid, "group": user.pw_gid}
    port = free_port()
    try:
        subprocess.check_call(
            [initdb, "-D", folder / "data", "-U", "sternway", "-A", "trust", "--no-sync"], **options
        )
        flags = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        subprocess.check_call([pg_ctl, "-D", folder / "data", "-w", "-o", flags, "start"], **options)
        yield f"postgresql+psycopg://sternway@127.0.0.1:{port}/postgres"
        subprocess.check_call([pg_ctl, "-D", folder / "data", "-m", "immediate", "stop"], **options)
    finally:
        shutil.rmtree(folder)


def _search_path() -> str:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return os.pathsep.join([os.environ["PATH"], *map(str, versions)])


def test_four_weeks_go_in_come_out_and_are_deleted(postgresql: str, clock: Any, record: Any) -> None:
    settings = DashboardSettings(database=postgresql)
    store: Store = open_store(settings, clock)
    store.close()
    store = open_store(settings, clock)
    fill(store, "clip-1", clock.now_s)
    assert walk_count(store, "clip-1") == 12
    for _ in range(2):
        assert list(keep(store, [(record(1), 1)]).values()) == [1]
    first, *_ = events(store, "clip-1", 0.0, 1e12, ("stumble",))
    label(store, first.id, "right", "Ada")
    clock.now_s += 400 * 86_400.0
    assert drop_old_traces(store, 365) == 1
    for _, _, lines in EXPORTS.values():
        assert len(list(lines(store, "clip-1"))) > 10
    door = Door(store)
    person = door.set_up(door.setup_code(), "Ada", "three short words")
    assert door.known(door.remember(person)) == person
    forget_clip(store, "clip-1")
    delete_everything(store)
    assert walk_count(store, "clip-1") == 0
    store.close()


def test_copies_are_left_to_its_own_tools() -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        database_path(DashboardSettings(database="postgresql+psycopg://sternway@127.0.0.1/x"))
