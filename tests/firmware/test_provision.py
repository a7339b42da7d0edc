"""``provision`` on a scratch card: idempotent, repairable, removable, and clear about what stands in its way."""

import errno
import hashlib
import os
import shutil
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("dtc") is None, reason="the device-tree compiler is not installed")


SOURCE = Path(__file__).parents[2]


@pytest.fixture
def wheels(tmp_path):
    """A folder with a wheel of the very sources here."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "sternway-0.1.0-py3-none-any.whl", "w") as wheel:
        for path in (SOURCE / "src/sternway").rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                wheel.write(path, path.relative_to(SOURCE / "src"))
        wheel.writestr("sternway-0.1.0.dist-info/METADATA", "Name: sternway")
    return folder


def contents(root):
    """Return every file below ``root`` with what is in it, and where every link points."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(root))] = os.readlink(path)
        elif path.is_file():
            found[str(path.relative_to(root))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def config(card):
    return (card / "boot/firmware/config.txt").read_text()


def test_a_stock_card_becomes_a_clip(provision, card, capsys):
    assert provision() == 0
    assert (card / "etc/systemd/system/sternway.service").exists()
    assert (card / "boot/firmware/overlays/sternway-clip.dtbo").read_bytes()[:4] == b"\xd0\x0d\xfe\xed"
    assert "dtparam=i2c_arm_baudrate=400000" in config(card)
    assert os.readlink(card / "usr/local/bin/sternway") == "/opt/sternway/bin/sternway"
    assert provision("--check") == 0
    assert "MISSING" not in capsys.readouterr().out


def test_the_service_is_stopped_before_the_doctor_looks(provision, capsys):
    provision()
    commands = capsys.readouterr().out.splitlines()[-1].partition("then: ")[2].split("; ")
    assert commands == [
        "sudo systemctl stop sternway",
        "sudo -u sternway sternway doctor",
        "sudo systemctl start sternway",
    ]


def test_a_second_run_changes_nothing(provision, card, fakes, capsys):
    provision()
    before = contents(card)
    (fakes / "log").unlink()
    capsys.readouterr()
    assert provision() == 0
    assert contents(card) == before
    assert "pip" not in (fakes / "log").read_text()
    assert capsys.readouterr().out.endswith("Nothing to do.\n")


def test_the_boot_lines_are_there_once_however_often_and_leave_without_a_trace(provision, card):
    stock = config(card)
    for _ in range(3):
        provision()
        (card / "boot/firmware/overlays/sternway-clip.dtbo").unlink()
    assert config(card).startswith(stock.rstrip())
    assert config(card).count("sternway-clip") == 1
    provision("--remove")
    assert config(card) == stock


def test_boot_lines_cut_short_by_a_power_cut_are_mended(provision, card):
    provision()
    whole = config(card)
    (card / "boot/firmware/config.txt").write_text(whole[: whole.index("dtoverlay")])
    assert provision("--check") == 1
    provision()
    assert config(card) == whole


def test_lines_that_somebody_added_later_stay(provision, card):
    provision()
    with (card / "boot/firmware/config.txt").open("a") as file:
        file.write("dtparam=spi=on\n")
    provision()
    provision("--remove")
    assert "dtparam=spi=on" in config(card)
    assert "i2c_arm_baudrate" not in config(card)


def test_settings_that_somebody_changed_stay(provision, card):
    provision()
    settings = card / "etc/sternway/sternway.toml"
    settings.write_text("[clip]\nid = 'kitchen'\n")
    provision()
    provision("--remove")
    assert "kitchen" in settings.read_text()


def test_remove_leaves_only_what_is_the_persons_own(provision, card):
    before = contents(card)
    provision()
    (card / "var/lib/sternway").mkdir(parents=True)
    (card / "var/lib/sternway/outbox.db").write_bytes(b"walks")
    (card / "opt/sternway.new").mkdir()
    (card / "opt/sternway.new/half").write_bytes(b"cut off")
    assert provision("--remove") == 0
    assert set(contents(card)) - set(before) == {"etc/sternway/sternway.toml", "var/lib/sternway/outbox.db"}
    assert provision("--remove") == 0


def test_check_changes_nothing_and_names_what_is_missing(provision, card, capsys):
    before = contents(card)
    assert provision("--check") == 1
    assert "MISSING  sternway and its four libraries" in capsys.readouterr().out
    assert contents(card) == before


def test_a_half_done_install_is_finished(provision, card, fakes):
    (fakes / "breaks").write_text("Connection broken")
    assert provision() == 1
    assert provision("--check") == 1
    (fakes / "breaks").unlink()
    assert provision() == 0
    assert (fakes / "log").read_text().count("venv") == 2


def test_an_update_is_noticed(provision, card, fakes):
    provision()
    (card / "opt/sternway/installed").write_text("an older version")
    provision()
    assert (fakes / "log").read_text().count("venv") == 2


def test_no_network_is_told_with_the_way_out(provision, card, fakes, capsys):
    (fakes / "breaks").write_text("Temporary failure in name resolution")
    assert provision() == 1
    assert "make wheels" in capsys.readouterr().err
    assert not (card / "opt/sternway/installed").exists()


def test_an_update_that_breaks_off_leaves_the_clip_as_it_was(provision, card, fakes):
    provision()
    (card / "opt/sternway/installed").write_text("an older version")
    before = contents(card)
    (fakes / "breaks").write_text("Temporary failure in name resolution")
    assert provision() == 1
    assert contents(card) == before
    (fakes / "breaks").unlink()
    assert provision() == 0
    assert provision("--check") == 0


def test_commands_name_the_folder_they_are_in(provision, card):
    provision()
    assert (card / "opt/sternway/bin/sternway").read_text().endswith(f"# {card}/opt/sternway/bin/python\n")
    assert [path.name for path in (card / "opt").iterdir()] == ["sternway"]


def test_what_came_from_a_wheel_is_there_for_its_sources_too(provision, fakes, wheels, capsys):
    provision("--wheels", wheels)
    assert provision("--check") == 0
    assert provision() == 0
    assert capsys.readouterr().out.endswith("Nothing to do.\n")
    with zipfile.ZipFile(wheels / "sternway-0.1.0-py3-none-any.whl", "a") as wheel:
        wheel.writestr("sternway/more.py", "")
    assert provision("--wheels", wheels, "--check") == 1


def test_a_prepared_card_without_sources_has_wheels_of_its_own(provision, wheels, tmp_path, monkeypatch, fakes):
    for part in ("firmware", "systemd", "requirements"):
        shutil.copytree(SOURCE / part, tmp_path / "prepared" / part)
    shutil.copytree(wheels, tmp_path / "prepared/wheels")
    monkeypatch.setattr(provision.module, "SOURCE", tmp_path / "prepared")
    assert provision() == 0
    assert provision("--check") == 0
    assert "--no-index" in (fakes / "log").read_text()


def test_a_damaged_wheel_is_told(provision, wheels, capsys):
    (wheels / "sternway-0.1.0-py3-none-any.whl").write_bytes(b"half")
    assert provision("--wheels", wheels) == 1
    assert "is damaged; copy it anew" in capsys.readouterr().err


def test_wheels_stand_in_for_the_network(provision, card, fakes, wheels):
    assert provision("--wheels", wheels) == 0
    calls = [line for line in (fakes / "log").read_text().splitlines() if line.startswith("pip")]
    assert len(calls) == 2
    assert all("--no-index" in line for line in calls)
    assert all("--require-hashes" in line for line in calls[:1])


@pytest.mark.parametrize(
    ("name", "words"), [("lgpio-0.0.0.2-py3-none-any.whl", "empty"), ("numpy-2.whl", "no sternway wheel")]
)
def test_a_folder_of_wheels_that_would_break_the_clip_is_refused(provision, tmp_path, capsys, name, words):
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / name).touch()
    assert provision("--wheels", wheels) == 1
    assert words in capsys.readouterr().err


def test_missing_packages_are_named(provision, fakes, capsys):
    (fakes / "lacks-python3-lgpio").touch()
    assert provision() == 1
    assert "python3-lgpio" in capsys.readouterr().err


@pytest.mark.parametrize("when", ["before", "in pip", "in a file"])
def test_a_full_card_is_told_and_nothing_is_left_half_written(provision, card, fakes, capsys, monkeypatch, when):
    if when == "before":
        usage = shutil.disk_usage("/")._replace(free=1_000_000)
        monkeypatch.setattr(provision.module.shutil, "disk_usage", lambda path: usage)
    elif when == "in pip":
        (fakes / "breaks").write_text("OSError: [Errno 28] No space left on device")
    else:

        def full(handle):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(provision.module.os, "fsync", full)
    stock = config(card)
    assert provision() == 1
    assert "the card is full" in capsys.readouterr().err
    assert config(card) == stock
    assert not [name for name in contents(card) if "/." in name]
    monkeypatch.undo()


def test_a_card_that_is_no_raspberry_pi_os_is_refused(provision, card, capsys):
    (card / "boot/firmware/config.txt").unlink()
    assert provision() == 1
    assert "is this Raspberry Pi OS?" in capsys.readouterr().err
