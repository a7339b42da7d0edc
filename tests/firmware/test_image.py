import subprocess
import sys
from pathlib import Path

import pytest
import yaml

FIRMWARE = Path(__file__).parents[2] / "firmware"


def prepare(*words):
    command = [sys.executable, FIRMWARE / "image/prepare", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def boot(tmp_path):
    folder = tmp_path / "bootfs"
    folder.mkdir()
    (folder / "config.txt").touch()
    (folder / "user-data").write_text("#cloud-config\nhostname: mine\n")
    return folder


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "sternway-0.1.0-py3-none-any.whl").touch()
    return folder


def test_the_card_gets_all_that_its_first_start_runs(boot, wheels):
    assert prepare(boot, "--wheels", wheels).returncode == 0
    first_start = yaml.safe_load((boot / "user-data").read_text())
    for command in first_start["runcmd"]:
        for word in command:
            if word.startswith("/boot/firmware/"):
                assert (boot / word.removeprefix("/boot/firmware/")).exists(), word
    assert (boot / "user-data.before-sternway").read_text().endswith("hostname: mine\n")


def test_a_first_start_is_told_nothing_secret_and_lets_no_password_in(boot, wheels):
    first_start = yaml.safe_load((FIRMWARE / "image/user-data").read_text())
    assert first_start["ssh_pwauth"] is False
    assert first_start["ssh_authorized_keys"] == []
    assert first_start["mounts"][0][1] == "/var/lib/sternway"
    assert "nofail" in first_start["mounts"][0][3]


def test_a_folder_that_is_no_boot_partition_is_refused(tmp_path, wheels):
    done = prepare(tmp_path, "--wheels", wheels)
    assert (done.returncode, "no config.txt" in done.stderr) == (1, True)
    assert not (tmp_path / "sternway").exists()


def test_without_wheels_nothing_is_copied(boot, tmp_path):
    done = prepare(boot, "--wheels", tmp_path / "none")
    assert (done.returncode, "make wheels" in done.stderr) == (1, True)
    assert not (boot / "sternway").exists()
