"""What `make wheels` asks for is what a Pi needs, whichever Python makes it."""

import importlib.util
from pathlib import Path

import pytest
from packaging.requirements import Requirement

SCRIPT = Path(__file__).parents[2] / "firmware/collect_wheels.py"


@pytest.fixture(scope="module")
def wheels():
    spec = importlib.util.spec_from_file_location("collect_wheels", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_every_library_of_the_clip_is_asked_for_once_with_hashes(wheels, python):
    lines = wheels.locked_for(python).splitlines()
    names = [Requirement(line.split(" --hash")[0]).name for line in lines]
    assert {"gpiozero", "numpy", "paho-mqtt", "smbus2"} <= set(names)
    assert len(names) == len(set(names))
    assert all("--hash=sha256:" in line for line in lines)


def test_each_python_gets_its_own_numpy(wheels):
    assert wheels.locked_for("3.11") != wheels.locked_for("3.13")


def test_the_empty_lgpio_is_refused(wheels, tmp_path, monkeypatch):
    (tmp_path / wheels.EMPTY_LGPIO).touch()
    monkeypatch.setattr(wheels.subprocess, "run", lambda *words, **how: None)
    with pytest.raises(SystemExit, match="python3-lgpio"):
        wheels.collect(tmp_path)


def test_lgpio_is_not_locked_for_a_pi(wheels):
    assert "lgpio" not in wheels.locked_for("3.13")
