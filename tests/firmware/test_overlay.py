"""The overlay compiles, and applies to the device trees of the boards that Debian's kernel knows."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

OVERLAY = Path(__file__).parents[2] / "firmware/overlays/sternway-clip.dts"
BOARDS = ("bcm2837-rpi-3-b", "bcm2837-rpi-zero-2-w", "bcm2711-rpi-4-b")
CACHE = Path(os.environ.get("STERNWAY_DEVICE_TREES", Path.home() / ".cache/sternway/board/device-trees"))

pytestmark = pytest.mark.skipif(shutil.which("dtc") is None, reason="the device-tree compiler is not installed")


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    blob = tmp_path_factory.mktemp("overlay") / "sternway-clip.dtbo"
    words = ["dtc", "-@", "-I", "dts", "-O", "dtb", "-o", blob, OVERLAY]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return blob


def prop(tree, node, name):
    return subprocess.run(["fdtget", tree, node, name], capture_output=True, text=True, check=True).stdout.split()


def test_it_compiles_without_a_warning(overlay):
    assert overlay.stat().st_size > 0


@pytest.mark.parametrize("board", BOARDS)
def test_it_applies(overlay, board, tmp_path):
    tree = CACHE / f"{board}.dtb"
    if not tree.exists():
        pytest.skip("no device trees of Debian's kernel here: `make board-test` fetches them")
    merged = tmp_path / "merged.dtb"
    subprocess.run(["fdtoverlay", "-i", tree, "-o", merged, overlay], check=True)
    bus = prop(merged, "/__symbols__", "i2c1")[0]
    assert prop(merged, bus, "clock-frequency") == ["400000"]
    assert prop(merged, bus, "status") == ["okay"]
    pins = prop(merged, "/__symbols__", "gpio")[0] + "/sternway-pins"
    assert prop(merged, pins, "brcm,pins") == ["17", "18", "22"]
    assert prop(merged, pins, "brcm,pull") == ["2", "1", "1"]
