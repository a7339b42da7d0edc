"""``sternway calibrate``: fit the clip to its wearer, and teach the cues."""

import argparse
import contextlib
import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from sternway.alert.patterns import MEANINGS, PATTERNS, Pattern
from sternway.config import SETTINGS_FILE, chosen_settings
from sternway.device.bus import LinuxBus
from sternway.device.bus_recovery import AdapterRecovery
from sternway.device.clip import Clip
from sternway.device.haptics import Haptics, wired_motor
from sternway.device.pins import open_pin
from sternway.errors import PinError
from sternway.memory import Memory
from sternway.motion.mounting import Mounting
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block
from sternway.walk.calibration import Fitting, FittingPhase

PAUSE_S = 2.0
"""Between two cues when teaching: time to feel one, read its name and look down again."""

Say = Callable[[str], None]
Play = Callable[[Pattern], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("--teach", action="store_true", help="play each cue and name it; measure nothing")
    parser.add_argument("--distance", type=_metres, metavar="METRES", help="also learn speed by walking this far")
    parser.add_argument("--config", type=Path, help=f"settings file (default: {SETTINGS_FILE} where it exists)")


def _metres(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0.0 < (distance_m := float(text)) < math.inf:
            return distance_m
    raise argparse.ArgumentTypeError(f"{text} is not a distance to walk: write metres, more than 0, such as 10")


def main(arguments: argparse.Namespace) -> int:
    """Guide the wearer through the fitting, or teach the cues."""
    settings = chosen_settings(arguments.config)
    try:
        motor = open_pin(settings.pins.motor, lambda: wired_motor(settings.pins, settings.haptics))
    except PinError:
        if not arguments.teach:
            raise
        print("There is no motor to feel here (sternway doctor says why): these are the rhythms in words.")
        teach(print, lambda _: None, lambda _: None)
        return 0
    haptics = Haptics(motor, settings.haptics)
    haptics.start()
    try:
        if arguments.teach:
            teach(print, haptics.play, time.sleep)
            return 0
        number = settings.sensor.bus
        clip = Clip(LinuxBus(number), address=settings.sensor.address, bus_recovery=AdapterRecovery(number))
        memory = Memory(Path(settings.clip.state_dir) / "memory.json")
        return fit(clip, memory, print, haptics.play, arguments.distance)
    finally:
        haptics.close()


def teach(say: Say, play: Play, sleep: Callable[[float], None]) -> None:
    """Play and name every cue the clip has."""
    say("The clip speaks in rhythms. Hold it, or wear it, and feel each one:")
    for cue, pattern in PATTERNS.items():
        say(f"  {pattern.name.replace('_', ' '):16} {pattern.words:28} {MEANINGS[cue]}")
        play(pattern)
        sleep(pattern.duration_s + PAUSE_S)


def fit(clip: Iterable[Block], memory: Memory, say: Say, play: Play, distance_m: float | None = None) -> int:
    """Fit the clip and keep what was learned; return 0 when it worked."""
    tracker, fitting = TrunkTracker(), Fitting(distance_m)
    said = ""
    for block in clip:
        for trunk in tracker.update(block):
            before = fitting.mounting
            for cue in fitting.update(trunk):
                play(PATTERNS[cue])
                start_s = float(trunk.time_s[-1])
                tracker.motor_runs(start_s, start_s + PATTERNS[cue].duration_s + 0.1)
            if fitting.mounting is not None and before is None:
                tracker.mount(fitting.mounting)
                say(mounting_words(fitting.mounting))
        if fitting.words != said:
            said = fitting.words
            say(said)
        if fitting.over:
            break
    if fitting.phase is FittingPhase.DONE and fitting.walked is not None:
        say(
            f"Reports of walks now give your speed {fitting.walked.word}; before, there was nothing to measure it by."
        )
    return keep(fitting, memory)


def keep(fitting: Fitting, memory: Memory) -> int:
    """Write what was learned beside what the clip already knows; return the exit status."""
    if fitting.phase is not FittingPhase.DONE or fitting.mounting is None:
        return 1
    snapshot = memory.load()
    known = snapshot.setdefault("monitor", {})
    known["mounting"] = fitting.mounting.body()
    known["speed"] = {**known.get("speed", {}), **fitting.speed.calibration}
    memory.keep(snapshot, sync=True)
    memory.chore()
    return 0


def mounting_words(mounting: Mounting) -> str:
    """Say how the clip sits, in axes printed on most breakout boards.

    >>> mounting_words(Mounting((0.0, -1.0, 0.0), (0.0, 0.0, 1.0), 0.9))
    'The clip sits with -y (0 degrees off) up and +z (0 degrees off) forward; confidence 90 %.'
    """
    up, forward = _axis_words(mounting.up), _axis_words(mounting.forward)
    return f"The clip sits with {up} up and {forward} forward; confidence {100.0 * mounting.confidence:.0f} %."


def _axis_words(direction: tuple[float, float, float]) -> str:
    """Return the nearest chip axis and how far off it is."""
    index = max(range(3), key=lambda axis: abs(direction[axis]))
    sign = "+" if direction[index] > 0.0 else "-"
    off_rad = math.acos(min(1.0, abs(direction[index])))
    return f"{sign}{'xyz'[index]} ({math.degrees(off_rad):.0f} degrees off)"
