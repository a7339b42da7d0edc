"""A backup is a whole store even while it is written to; restoring loses nothing of what was there."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from sternway.cli import main
from sternway.config import DashboardSettings
from sternway.dashboard.service import lock
from sternway.dashboard.store.database import Store, open_store
from sternway.dashboard.store.schema import NOTES


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "sternway.toml"
    file.write_text(f"[dashboard]\nstate_dir = '{tmp_path / 'home'}'\n")
    return file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home" / "dashboard.db"


def opened(home: Path) -> Store:
    return open_store(DashboardSettings(state_dir=str(home.parent)))


def note(home: Path, name: str) -> None:
    store = opened(home)
    with store.write() as connection:
        connection.execute(sa.insert(NOTES).values(name=name, value="x"))
    store.close()


def notes(home: Path) -> set[str]:
    store = opened(home)
    with store.read() as connection:
        found = set(connection.execute(sa.select(NOTES.c.name)).scalars())
    store.close()
    return found


def test_what_was_backed_up_comes_back_and_what_was_there_is_kept(
    config: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note(home, "first")
    copy = tmp_path / "copy.db"
    assert main(["backup", str(copy), "--config", str(config)]) == 0
    note(home, "second")
    assert main(["restore", str(copy), "--config", str(config)]) == 0
    assert notes(home) == {"first"}
    [kept] = home.parent.glob("dashboard.before-restore-*.db")
    assert f"kept as {kept}" in capsys.readouterr().out
    kept.rename(home.parent / "again.db")
    assert main(["restore", str(home.parent / "again.db"), "--config", str(config)]) == 0
    assert notes(home) == {"first", "second"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_restored_by_root_the_store_is_still_the_dashboards(config: Path, home: Path, tmp_path: Path) -> None:
    note(home, "first")
    assert main(["backup", str(tmp_path / "copy.db"), "--config", str(config)]) == 0
    os.chown(home.parent, 8377, 8378)
    assert main(["restore", str(tmp_path / "copy.db"), "--config", str(config)]) == 0
    assert (home.stat().st_uid, home.stat().st_gid) == (8377, 8378)


def test_a_backup_taken_while_the_store_is_in_use_is_whole(config: Path, home: Path, tmp_path: Path) -> None:
    store = opened(home)
    with store.write() as connection:
        connection.execute(sa.insert(NOTES).values(name="open", value="x"))
    assert main(["backup", str(tmp_path / "copy.db"), "--config", str(config)]) == 0
    store.close()
    assert main(["restore", str(tmp_path / "copy.db"), "--config", str(config)]) == 0
    assert notes(home) == {"open"}


def test_a_store_whose_last_words_are_still_in_its_journal_comes_back_whole(
    config: Path, home: Path, tmp_path: Path
) -> None:
    store = opened(home)
    with store.write() as connection:
        connection.execute(sa.insert(NOTES).values(name="open", value="x"))
    for part in home.parent.glob("dashboard.db*"):  # as a power cut leaves them
        shutil.copyfile(part, tmp_path / part.name)
    store.close()
    home.with_name("dashboard.db.restoring").write_text("left by a power cut")
    assert main(["restore", str(tmp_path / "dashboard.db"), "--config", str(config)]) == 0
    assert notes(home) == {"open"}
    assert sorted(file.name for file in home.parent.glob("*restoring*")) == []


def test_a_damaged_store_can_be_replaced_and_is_kept(config: Path, home: Path, tmp_path: Path) -> None:
    note(home, "first")
    assert main(["backup", str(tmp_path / "copy.db"), "--config", str(config)]) == 0
    home.write_bytes(b"damaged" * 1000)
    assert main(["restore", str(tmp_path / "copy.db"), "--config", str(config)]) == 0
    assert notes(home) == {"first"}
    [kept] = home.parent.glob("dashboard.before-restore-*.db")
    assert kept.read_bytes() == b"damaged" * 1000


@pytest.mark.parametrize("content", [b"", b"holiday pictures", None])
def test_what_is_no_backup_is_refused_and_nothing_is_touched(
    config: Path, home: Path, tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    note(home, "first")
    wrong = tmp_path / "wrong.db"
    if content is not None:
        wrong.write_bytes(content)
    before = home.read_bytes()
    assert main(["restore", str(wrong), "--config", str(config)]) == 1
    assert str(wrong) in capsys.readouterr().err
    assert home.read_bytes() == before


def test_a_running_dashboard_is_not_pulled_away_from_under(
    config: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note(home, "first")
    main(["backup", str(tmp_path / "copy.db"), "--config", str(config)])
    with lock(home):
        assert main(["restore", str(tmp_path / "copy.db"), "--config", str(config)]) == 1
    assert "stop it first" in capsys.readouterr().err


def test_a_backup_never_overwrites_a_file(config: Path, home: Path, tmp_path: Path) -> None:
    note(home, "first")
    (tmp_path / "copy.db").write_text("mine")
    assert main(["backup", str(tmp_path / "copy.db"), "--config", str(config)]) == 1
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_without_a_store_there_is_nothing_to_back_up(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "--config", str(config)]) == 1
    assert "there is no store" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_backs_up_and_restores_still_belongs_to_the_dashboards_user(config: Path, home: Path) -> None:
    note(home, "first")
    for path in (home.parent, *home.parent.iterdir()):
        os.chown(path, 12345, 12346)
    assert main(["backup", "--config", str(config)]) == 0
    [copy] = (home.parent / "backups").iterdir()
    home.unlink()
    assert main(["restore", str(copy), "--config", str(config)]) == 0
    owners = {path.name: (path.stat().st_uid, path.stat().st_gid) for path in home.parent.rglob("*")}
    assert set(owners) >= {"dashboard.db", "dashboard.db.lock", "backups", copy.name}
    assert owners == dict.fromkeys(owners, (12345, 12346))


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON people BEGIN DELETE FROM records; END", "trigger"),
        ("CREATE VIEW v AS SELECT * FROM people", "view"),
        ("CREATE VIRTUAL TABLE f USING fts5(text)", "table"),
    ],
)
def test_a_backup_that_brings_something_active_along_is_refused(
    config: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], statement: str, kind: str
) -> None:
    note(home, "before")
    backup = tmp_path / "backup.db"
    assert main(["backup", str(backup), "--config", str(config)]) == 0
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        connection.execute(statement)
        connection.commit()
    assert main(["restore", str(backup), "--config", str(config)]) != 0
    assert f"holds the {kind}" in capsys.readouterr().err
    assert notes(home) == {"before"}
