"""The shipped units, judged by systemd itself: no unknown word, little exposed, motor off at the end."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "systemd"
CLIP, DASHBOARD, JOIN = "sternway.service", "sternway-dashboard.service", "sternway-join.service"

pytestmark = [
    pytest.mark.systemd,
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed"),
]


def analyze(*words):
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False)


def systemd_version():
    return int(re.search(r"systemd (\d+)", analyze("--version").stdout)[1])


@pytest.fixture
def installed(tmp_path):
    """A root file system with the units where they go and the programs that they start."""
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    for unit in (CLIP, DASHBOARD, JOIN):
        shutil.copy(SHIPPED / unit, units)
    for target in Path("/usr/lib/systemd/system").glob("*.target"):
        shutil.copy(target, units)
    for program in (
        "opt/sternway/bin/sternway",
        "opt/sternway/bin/python",
        "opt/sternway-dashboard/bin/sternway",
        "bin/systemctl",
    ):
        path = tmp_path / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return units


def verified(installed, unit):
    return analyze("verify", "--man=no", "--recursive-errors=yes", f"--root={installed.parents[2]}", unit)


@pytest.mark.parametrize("unit", [CLIP, DASHBOARD, JOIN])
def test_systemd_understands_every_word(installed, unit):
    answer = verified(installed, unit)
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("word", ["WatchdogSec", "MemoryMax", "DeviceAllow", "LoadCredential"])
def test_a_mistyped_word_would_be_found(installed, word):
    unit = installed / CLIP
    unit.write_text(unit.read_text().replace(f"{word}=", f"{word}c="))
    assert verified(installed, CLIP).returncode != 0


def test_the_back_off_is_understood_where_systemd_knows_it(installed):
    if systemd_version() < 254:
        pytest.skip("RestartSteps= came with systemd 254")
    drop_in = installed / f"{CLIP}.d"
    drop_in.mkdir()
    shutil.copy(SHIPPED / "back-off.conf", drop_in)
    answer = verified(installed, CLIP)
    assert (answer.returncode, answer.stderr) == (0, "")


def exposure(path, most):
    answer = analyze("security", "--offline=true", f"--threshold={round(most * 10)}", path)
    return answer.returncode, float(re.search(r"exposure level for \S+: ([\d.]+)", answer.stdout)[1])


@pytest.mark.parametrize(("unit", "most"), [(CLIP, 1.7), (DASHBOARD, 1.2), (JOIN, 2.5)])
def test_little_is_exposed(unit, most):
    code, score = exposure(SHIPPED / unit, most)
    assert (code, score <= most) == (0, True), score


# The unit that Debian's mosquitto 2.0 ships, as far as it bears on what is exposed.
BARE_MOSQUITTO = """\
[Unit]
Description=Mosquitto MQTT Broker
[Service]
Type=notify
ExecStart=/usr/sbin/mosquitto -c /etc/mosquitto/mosquitto.conf
Restart=on-failure
"""


def test_the_drop_in_closes_the_broker(tmp_path):
    packaged = Path("/usr/lib/systemd/system/mosquitto.service")
    bare = tmp_path / "mosquitto.service"
    bare.write_text(packaged.read_text() if packaged.exists() else BARE_MOSQUITTO)
    _, before = exposure(bare, 10.0)
    # An offline look at one file does not follow drop-ins: systemd would read them one after the other, as here.
    bare.write_text(f"{bare.read_text()}\n{(SHIPPED / 'mosquitto/hardening.conf').read_text()}")
    code, after = exposure(bare, 1.5)
    assert before > 8.0
    assert (code, after <= 1.5) == (0, True), after


def words_of(unit, name):
    """Return all values of one directive of a shipped unit."""
    return re.findall(rf"^{name}=(.*)$", (SHIPPED / unit).read_text(), re.MULTILINE)


def test_the_motor_is_off_after_every_end_and_the_clip_comes_back():
    assert words_of(CLIP, "ExecStopPost") == ["/opt/sternway/bin/python -m sternway.device.motor_off"]
    assert words_of(CLIP, "Restart") == ["always"]
    assert words_of(CLIP, "StartLimitIntervalSec") == ["0"]
    assert float(words_of(CLIP, "WatchdogSec")[0]) <= 6.0


def test_the_clip_does_not_wait_for_a_network():
    assert not any("network" in value for name in ("After", "Wants", "Requires") for value in words_of(CLIP, name))


def run(tool, root, name):
    """Copy a shipped file to where it goes below ``root`` and let systemd's own tool act on it."""
    folder = root / f"usr/lib/{tool}.d"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "etc").mkdir(exist_ok=True)
    shutil.copy(SHIPPED / name, folder / "sternway.conf")
    create = ["--create"] if tool == "tmpfiles" else []
    return subprocess.run(
        [f"systemd-{tool}", f"--root={root}", *create, "sternway.conf"], capture_output=True, text=True, check=False
    )


def names(file):
    return {line.split(":")[0] for line in file.read_text().splitlines()}


def test_the_users_can_be_made(tmp_path):
    for name in ("sysusers.conf", "sysusers-dashboard.conf"):
        made = run("sysusers", tmp_path, name)
        assert made.returncode == 0, made.stderr
    assert {"sternway", "sternway-dashboard"} <= names(tmp_path / "etc/passwd")
    assert {"i2c", "gpio"} <= names(tmp_path / "etc/group")


def test_the_clips_folder_is_its_own(tmp_path):
    run("sysusers", tmp_path, "sysusers.conf")
    made = run("tmpfiles", tmp_path, "tmpfiles.conf")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "var/lib/sternway").stat().st_mode & 0o777 == 0o700
