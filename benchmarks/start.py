"""How long `sternway run` takes to its first sample, and how much memory it holds: a fresh process, three times.

    python benchmarks/start.py [--json FILE]

Only bus and pins are emulated; nothing of the dashboard or the demo is imported. The environment is that of the
systemd unit. The simulated walker costs some 8 MB of what is measured.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sternway.cli import main as _cli  # noqa: F401  (what the command imports is part of its start)
from sternway.commands import run as _run  # noqa: F401
from sternway.config import ClipSettings, Settings
from sternway.service import ClipService, Hardware

TIMES = 3
HOLD_S = 20.0


def child(spawned_s: float) -> None:
    """Run a clip until its windows are full; print the seconds to the first decided sample, and the memory held."""
    from sternway.device.emulated import EmulatedBus, EmulatedLsm6dsox, EmulatedMotor, emulated_pins
    from sternway.simulate.walker import Walker

    clock = time.monotonic
    motor = EmulatedMotor(clock)
    chip = EmulatedLsm6dsox(Walker("walk", 1), clock, motor=motor)
    first_s: list[float] = []

    def until() -> bool:
        if not first_s and service.loop._monitor._time_s > 0.0:
            first_s.append(clock() - spawned_s)
        return bool(first_s) and clock() - spawned_s > HOLD_S

    with tempfile.TemporaryDirectory() as folder:
        settings = replace(Settings(), clip=ClipSettings("bench", folder))
        bus = EmulatedBus({0x6A: chip}, clock, time.sleep)
        service = ClipService(settings, Hardware(bus, emulated_pins(motor, settings.pins.motor)))
        service.run(until)
    status = Path("/proc/self/status").read_text()
    held_kb = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")}
    cpu_s = time.process_time()
    foreign = sorted(
        {name.split(".")[1] for name in sys.modules if name.startswith("sternway.d")} - {"detect", "device"}
    )
    print(json.dumps([first_s[0], held_kb["VmHWM"] / 1024.0, cpu_s, foreign]))


def main() -> None:
    """Print the figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        child(arguments.child)
        return
    rows = []
    for _ in range(TIMES):
        command = [sys.executable, __file__, "--child", repr(time.monotonic())]
        as_service = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=as_service)
        rows.append(json.loads(done.stdout))
    seconds, held_mb = [row[0] for row in rows], [row[1] for row in rows]
    figures = json.dumps(
        {
            "seconds_to_first_sample": {
                "median": round(statistics.median(seconds), 2),
                "max": round(max(seconds), 2),
            },
            "rss_MB_max": round(max(held_mb), 1),
            "cpu_seconds_of_20": round(statistics.median(row[2] for row in rows), 2),
            "not_of_the_clip": rows[0][3],
        },
        indent=1,
    )
    print(figures)
    if arguments.json:
        arguments.json.write_text(figures)


if __name__ == "__main__":
    main()
