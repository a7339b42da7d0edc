"""The store opens what is sound, upgrades what is old after keeping a copy, and leaves everything else alone."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from sternway.config import DashboardSettings
from sternway.dashboard.store import database as store_module
from sternway.dashboard.store.database import backups, copy_store, open_store
from sternway.dashboard.store.export import CHUNK_COUNT, journal_csv
from sternway.dashboard.store.schema import JOURNAL, METADATA, NOTES
from sternway.errors import StoreError


def settings(folder: Path) -> DashboardSettings:
    return DashboardSettings(state_dir=str(folder))


def test_a_new_store_has_every_table_and_keeps_what_is_written(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path))
    with store.write() as connection:
        connection.execute(sa.insert(NOTES).values(name="a", value="b"))
    store.close()
    again = open_store(settings(tmp_path))
    with again.read() as connection:
        assert connection.execute(sa.select(NOTES.c.value)).scalar_one() == "b"
        assert set(METADATA.tables) <= set(sa.inspect(connection).get_table_names())
    again.close()


def test_the_migrations_make_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    store = open_store(settings(tmp_path))
    with store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    store.close()


def test_it_writes_through_to_the_disk(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path))
    with store.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.close()


def test_only_the_dashboard_can_read_its_files_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        store = open_store(settings(tmp_path / "home"))
        with store.write() as connection:
            connection.execute(sa.insert(NOTES).values(name="a", value="b"))
            copy_store(tmp_path / "home" / "dashboard.db", tmp_path / "home" / "backups" / "one.db")
            found = {file: file.stat().st_mode & 0o777 for file in (tmp_path / "home").rglob("*")}
        store.close()
    finally:
        os.umask(before)
    assert {file.name for file in found} >= {"dashboard.db", "dashboard.db-wal", "backups", "one.db"}
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert all(mode == (0o700 if file.is_dir() else 0o600) for file, mode in found.items()), found


def test_an_export_that_nobody_reads_holds_no_connection(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path))
    rows = [
        {"clip_id": "clip-1", "entry_id": f"e{number}", "at_s": 1.0, "day": "2026-05-06", "kind": "note"}
        | {"entry": {"body": {}, "written": "", "entry_id": f"e{number}", "corrects": None}, "written_by": "walker"}
        for number in range(2 * CHUNK_COUNT + 1)
    ]
    with store.write() as connection:
        connection.execute(sa.insert(JOURNAL), rows)
    downloads = [journal_csv(store, "clip-1") for _ in range(40)]
    for lines in downloads:
        next(lines), next(lines)
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(JOURNAL)).scalar_one() == len(rows)
    told = [line.split(",")[-2] for line in downloads[0]]
    assert told == [row["entry_id"] for row in rows[1:]]
    store.close()


def test_pages_cannot_use_up_the_connections_of_the_intake(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path))
    intake = store.with_own_connections()
    with contextlib.ExitStack() as stack:
        for _ in range(15):
            stack.enter_context(store.read())
        with intake.write() as connection:
            connection.execute(sa.insert(NOTES).values(name="a", value="b"))
    store.close()


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path))
    twice = sa.insert(NOTES).values(name="a", value="b")

    def write_twice() -> None:
        with store.write() as connection:
            connection.execute(twice)
            connection.execute(twice)

    with pytest.raises(StoreError):
        write_twice()
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(NOTES)).scalar_one() == 0
    store.close()


def test_a_damaged_store_is_refused_left_as_it_is_and_its_backup_named(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path))
    with store.write() as connection:
        connection.execute(sa.insert(NOTES), [{"name": str(n), "value": "x" * 200} for n in range(500)])
    store.close()
    path = tmp_path / "dashboard.db"
    kept = copy_store(path, tmp_path / "backups" / "daily-1.db")
    damaged = bytearray(path.read_bytes())
    damaged[8192:40000] = b"\x55" * (40000 - 8192)
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match=f"damaged.*sternway restore {kept}"):
        open_store(settings(tmp_path))
    assert path.read_bytes() == damaged


def test_a_file_that_is_no_database_is_refused_and_left(tmp_path: Path) -> None:
    path = tmp_path / "dashboard.db"
    path.write_bytes(b"holiday pictures" * 100)
    with pytest.raises(StoreError, match="damaged"):
        open_store(settings(tmp_path))
    assert path.read_bytes() == b"holiday pictures" * 100


def test_the_store_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "dashboard.db") as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
    connection.close()
    with pytest.raises(StoreError, match="something else"):
        open_store(settings(tmp_path))


def test_the_store_of_a_newer_version_is_refused_and_left(tmp_path: Path) -> None:
    open_store(settings(tmp_path)).close()
    with sqlite3.connect(tmp_path / "dashboard.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match=r"newer Sternway.*9999"):
        open_store(settings(tmp_path))


def test_an_older_store_is_upgraded_after_a_copy_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(settings(tmp_path))
    with store.write() as connection:
        connection.execute(sa.insert(NOTES).values(name="old", value="kept"))
    store.close()
    newer = tmp_path / "migrations"
    shutil.copytree(store_module.MIGRATIONS, newer, ignore=shutil.ignore_patterns("__pycache__"))
    (newer / "versions" / "9998_later.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision, down_revision = '9998', '{store_module.newest_revision()}'\n"
        "def upgrade():\n    op.add_column('notes', sa.Column('more', sa.Text))\n"
    )
    monkeypatch.setattr(store_module, "MIGRATIONS", newer)
    open_store(settings(tmp_path)).close()
    with sqlite3.connect(tmp_path / "dashboard.db") as connection:
        assert connection.execute("SELECT value, more FROM notes").fetchall() == [("kept", None)]
    connection.close()
    [kept] = backups(tmp_path / "dashboard.db")
    assert kept.name.startswith("before-9998")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="state_dir"):
        open_store(settings(tmp_path / "file" / "below"))
