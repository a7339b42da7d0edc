"""From the chip to the motor in real time: emulated chip and bus, the production driver, loop, publisher and motor.

    python benchmarks/latency.py [--seconds 60] [--json FILE]

Twice: quiet, and with everything in the way at once (the disk full, the broker down, as many busy processes as there
are cores). A sample's latency runs from the sample itself to the moment at which a warning that it led to would be
handed to the motor; the oldest sample of each block is the worst. What exceeds the FIFO's fill of 20 ms is ours.
"""

import argparse
import contextlib
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sternway.config import BrokerSettings, ClipSettings, Settings
from sternway.demo.scene import Scene
from sternway.samples import Block

FILL_S = 0.02


@contextlib.contextmanager
def everything_in_the_way() -> Iterator[None]:
    """Fill the disk (no file of this process may grow) and keep every core busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        for process in busy:
            process.kill()
            process.wait()


class Stopwatch:
    """Notes how old the oldest and the newest sample of each block are when the monitor has decided on them.

    ``warned_ms`` is the same for the warnings themselves: from the sample that decided to the call that plays.
    """

    def __init__(self, scene: Scene) -> None:
        self.oldest_ms: list[float] = []
        self.newest_ms: list[float] = []
        self.warned_ms: list[float] = []
        self._monitor = scene.service.loop._monitor
        self._update, self._play = self._monitor.update, scene.service.haptics.play
        self._monitor.update = self._decide  # type: ignore[method-assign]
        scene.service.haptics.play = self._buzz  # type: ignore[method-assign]

    def _decide(self, block: Block, *rest: Any) -> Any:
        outcome = self._update(block, *rest)
        now_s = time.monotonic()
        if len(block):
            self.oldest_ms.append(1000.0 * (now_s - float(block.time_s[0])))
            self.newest_ms.append(1000.0 * (now_s - float(block.time_s[-1])))
        return outcome

    def _buzz(self, pattern: Any) -> None:
        self.warned_ms.append(1000.0 * (time.monotonic() - self._monitor.policy.decided_at_s))
        self._play(pattern)


def measure(seconds: float, troubled: bool) -> dict[str, Any]:
    """Return the latencies of one run of ``seconds``; the first two seconds are left out."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = replace(
            Settings(),
            clip=ClipSettings("bench", folder),
            broker=BrokerSettings(host="127.0.0.1" if troubled else "", port=9, tls=False),
        )
        scene = Scene(settings, "stumble", lambda *_: None)
        watch = Stopwatch(scene)
        with everything_in_the_way() if troubled else contextlib.nullcontext():
            scene.service.run(until=lambda: scene.elapsed_s > seconds)
    return {
        "blocks": len(watch.oldest_ms),
        "oldest_sample_ms": _spread(watch.oldest_ms[100:]),
        "beyond_fill_ms": _spread([value - 1000.0 * FILL_S for value in watch.oldest_ms[100:]]),
        "newest_sample_ms": _spread(watch.newest_ms[100:]),
        "warnings_ms": [round(value, 2) for value in watch.warned_ms],
    }


def _spread(values: list[float]) -> dict[str, float]:
    points = {"p50": np.percentile(values, 50), "p99": np.percentile(values, 99), "max": max(values)}
    return {name: round(float(value), 2) for name, value in points.items()}


def main() -> None:
    """Print the figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each run")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    figures = json.dumps(
        {name: measure(arguments.seconds, name != "quiet") for name in ("quiet", "troubled")}, indent=1
    )
    print(figures)
    if arguments.json:
        arguments.json.write_text(figures)


if __name__ == "__main__":
    main()
