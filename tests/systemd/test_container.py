"""The shipped unit under a real systemd, as pid 1 of a container: active, shot, hung, and back again.

The container borrows this machine's /usr and this environment's Python, so nothing is downloaded. There is no bus
and no pin in it: the clip runs and says so, which is all that systemd has to see. What a container cannot refuse
(devices, addresses, memory) is tried on the virtual board.
"""

import json
import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2]
HERE = Path(__file__).parent
PATIENCE_S = 180

pytestmark = [
    pytest.mark.systemd,
    pytest.mark.skipif(shutil.which("systemd-nspawn") is None, reason="systemd-nspawn is not installed"),
    pytest.mark.skipif(
        not Path("/usr/lib/systemd/systemd").exists(), reason="this machine has no systemd of its own"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="a container needs root"),
]

WRAPPER = """\
#!/bin/sh
export PYTHONPATH=/opt/src:/opt/site PYTHONDONTWRITEBYTECODE=1 LD_LIBRARY_PATH=/opt/python/lib
exec /opt/python/bin/python3 {words} "$@"
"""
COMMAND = '-c "from sternway.cli import main; raise SystemExit(main())"'


def put(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Boot the container once; return what its scenario found."""
    root = tmp_path_factory.mktemp("container")
    for name in (
        "usr",
        "etc",
        "var",
        "tmp",
        "run",
        "proc",
        "sys",
        "dev",
        "root",
        "opt/src",
        "opt/site",
        "opt/python",
    ):
        (root / name).mkdir(parents=True)
    root.chmod(0o755)
    for name in ("bin", "sbin", "lib", "lib64"):
        if (Path("/usr") / name).exists():
            (root / name).symlink_to(f"usr/{name}")
    put(root / "opt/sternway/bin/sternway", WRAPPER.format(words=COMMAND), 0o755)
    put(root / "opt/sternway/bin/python", WRAPPER.format(words=""), 0o755)
    put(root / "etc/os-release", "ID=sternway-test\n")
    put(root / "etc/sternway/sternway.toml", "[pins]\nmotor = 0\nbutton = 0\nled = 0\n")
    put(root / "etc/credstore/sternway.mqtt-password", "secret")
    put(root / "opt/scenario.py", (HERE / "scenario.py").read_text())
    units = root / "etc/systemd/system"
    for unit in ("sternway.service", "sternway-join.service"):
        put(units / unit, (SOURCE / "systemd" / unit).read_text())
    put(root / "etc/sysusers.d/sternway.conf", (SOURCE / "systemd/sysusers.conf").read_text())
    put(root / "etc/tmpfiles.d/sternway.conf", (SOURCE / "systemd/tmpfiles.conf").read_text())
    put(
        units / "scenario.service",
        "[Unit]\nAfter=basic.target\n[Service]\nType=oneshot\nExecStart=/opt/sternway/bin/python /opt/scenario.py\n"
        "StandardOutput=file:/var/said\nStandardError=inherit\n"
        "ExecStopPost=/bin/systemctl --no-block exit 0\n",
    )
    (units / "multi-user.target.wants").mkdir()
    (units / "multi-user.target.wants/scenario.service").symlink_to("../scenario.service")
    (units / "default.target").symlink_to("/usr/lib/systemd/system/multi-user.target")
    binds = {"/usr": "/usr", SOURCE / "src": "/opt/src", site.getsitepackages()[0]: "/opt/site"}
    if Path(sys.base_prefix) == Path("/usr"):
        (root / "opt/python").rmdir()
        (root / "opt/python").symlink_to("/usr")
    else:
        binds[sys.base_prefix] = "/opt/python"
    words = ["systemd-nspawn", f"--directory={root}", "--boot", "--register=no", "--keep-unit", "--link-journal=no"]
    words += ["--console=pipe", *(f"--bind-ro={outside}:{inside}" for outside, inside in binds.items())]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False)
    said = root / "var/said"
    if not said.exists():
        pytest.skip(f"this machine starts no container: {done.stderr.decode(errors='replace')[-300:]}")
    assert (root / "var/found.json").exists(), said.read_text()
    return json.loads((root / "var/found.json").read_text())


def test_the_unit_reaches_active_by_saying_ready(found):
    assert found["active"] == "active"


def test_it_runs_as_its_own_user_with_its_secret_at_hand(found):
    assert found["user"] == "sternway"
    assert found["credentials"] == ["mqtt-password"]


def test_shot_it_comes_back(found):
    assert found["after kill -9"] == "active"
    assert found["new process after kill -9"]


def test_hung_it_is_ended_by_the_watchdog_within_15_s_and_comes_back(found):
    assert found["after a hang"] == "active"
    assert found["hang ended after s"] < 15.0
    assert found["ended by"] == "watchdog"


def test_it_stops_when_told(found):
    assert found["after stop"] == "inactive"
