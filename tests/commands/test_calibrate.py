import json

import numpy as np
import pytest
from gpiozero import BadPinFactory

from sternway.alert.patterns import MEANINGS, PATTERNS
from sternway.cli import main
from sternway.commands import calibrate as calibrate_command
from sternway.commands.calibrate import fit, teach
from sternway.device.clip import Clip
from sternway.device.emulated import EmulatedBus, EmulatedLsm6dsox, VirtualClock
from sternway.memory import Memory
from sternway.motion.mounting import Mounting
from sternway.simulate.script import BACKWARD, Sit, Stand, Walk
from sternway.simulate.walker import Walker
from sternway.walk import calibration as fitting

MOUNTING = Mounting(up=(0.0, -0.6, 0.8), forward=(1.0, 0.0, 0.0), confidence=1.0)


def calibrate(script, tmp_path, distance_m=None):
    """Fit an emulated clip on a simulated walker; return the status, the file and what was said and played."""
    walker = Walker(script, 3, mounting=MOUNTING)
    clock = VirtualClock()
    bus = EmulatedBus({0x6A: EmulatedLsm6dsox(walker, clock)}, clock, clock.sleep)
    said, played = [], []
    path = tmp_path / "memory.json"
    path.write_text('{"monitor": {"stumble": {"learned": 7}}}', encoding="utf-8")
    clip = Clip(bus, clock=clock, sleep=clock.sleep)
    status = fit(clip, Memory(path), said.append, lambda pattern: played.append(pattern.name), distance_m)
    return status, json.loads(path.read_text(encoding="utf-8"))["monitor"], said, played


def test_standing_and_walking_forward_tell_how_the_clip_sits(tmp_path):
    status, memory, said, played = calibrate((Stand(6.0), Walk(20.0), Stand(60.0)), tmp_path)
    assert status == 0
    assert played == ["start", "end"]
    assert np.dot(memory["mounting"]["up"], MOUNTING.up) > np.cos(np.radians(5.0))
    assert np.dot(memory["mounting"]["forward"], MOUNTING.forward) > np.cos(np.radians(10.0))
    assert "stand still" in said[0]
    assert "FORWARD" in said[1]
    assert "+z" in said[2]


def test_what_the_clip_knew_before_stays(tmp_path):
    _, memory, _, _ = calibrate((Stand(6.0), Walk(20.0), Stand(60.0)), tmp_path)
    assert memory["stumble"] == {"learned": 7}


def test_who_never_walks_is_told_so_and_nothing_is_kept(tmp_path):
    status, memory, said, played = calibrate((Stand(6.0), Sit(120.0)), tmp_path)
    assert status == 1
    assert "mounting" not in memory
    assert played == ["start", "trouble"]
    assert "start again" in said[-1]


def test_a_known_distance_gives_speed_for_the_way_it_was_walked(tmp_path):
    script = (Stand(6.0), Walk(14.0), Stand(6.0), Walk(15.0, BACKWARD), Stand(60.0))
    status, memory, _, played = calibrate(script, tmp_path, distance_m=9.75)
    assert status == 0
    assert played == ["start", "change", "end"]
    assert list(memory["speed"]) == ["backward"]


def test_a_distance_never_walked_ends_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "DISTANCE_LIMIT_S", 15.0)
    status, memory, _, played = calibrate((Stand(6.0), Walk(14.0), Stand(60.0)), tmp_path, distance_m=10.0)
    assert status == 1
    assert "speed" not in memory
    assert played == ["start", "change", "trouble"]


@pytest.mark.parametrize("distance", ["nan", "inf", "0", "-10", "ten"])
def test_a_distance_that_cannot_be_walked_is_refused(distance, capsys):
    with pytest.raises(SystemExit):
        main(["calibrate", f"--distance={distance}"])
    assert f"{distance} is not a distance to walk: write metres, more than 0" in capsys.readouterr().err


def test_without_a_motor_the_cues_are_taught_in_words(monkeypatch, capsys):
    monkeypatch.setattr(calibrate_command, "wired_motor", lambda *_: (_ for _ in ()).throw(BadPinFactory("none")))
    assert main(["calibrate", "--teach"]) == 0
    taught = capsys.readouterr().out
    assert "no motor to feel" in taught
    assert all(pattern.words in taught for pattern in PATTERNS.values())
    assert main(["calibrate"]) == 1, "fitting needs its cues"


def test_teaching_plays_and_names_every_cue():
    said, played, slept = [], [], []
    teach(said.append, played.append, slept.append)
    assert played == list(PATTERNS.values())
    assert all(slept_s > pattern.duration_s for slept_s, pattern in zip(slept, played, strict=True))
    for pattern, meaning in zip(PATTERNS.values(), MEANINGS.values(), strict=True):
        assert any(pattern.words in line and meaning in line for line in said)
