"""Instructions a second of signal, under callgrind: repeatable where time is not, and the base of a guess for ARM.

    python benchmarks/instructions.py [--json FILE]

Two runs of the same backward walk, clip mounted, one 10 s longer: the difference is the steady cost. Needs valgrind.
Where that is a twentieth more than ``KEPT_MILLION`` or beyond, it ends with 1: find what grew, or say with the change
why it may. Debian's Python is kept apart from one built by hand, which without profile guidance takes 8 % more.

The Pi Zero 2 W figure is an estimate, not a measurement. It assumes as many A64 as x86 instructions for the same
CPython and NumPy (within 20 %), and 0.6 to 1.0 instructions a cycle for an interpreter on an in-order Cortex-A53 at
1.0 GHz with 512 kB of shared L2.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from walking import START_S, blocks

from sternway.monitor import Monitor
from sternway.simulate.walker import BELT

SKIP_S, SHORT_S, LONG_S = 45.0, 4.0, 14.0
KEPT_MILLION = 41.7 if sys.base_prefix == "/usr" else 45.0
"""CPython 3.11, NumPy 2.4, x86-64; Debian's own, or another."""
MOST = 1.05
CLOCK_HZ = 1.0e9
INSTRUCTIONS_A_CYCLE = (1.0, 0.6)


def counted(seconds: float) -> int:
    """Return the instructions of a fresh process that watches ``seconds`` of the walk."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, __file__, "--child"]
    fixed = os.environ | {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([*command, str(seconds)], capture_output=True, text=True, check=True, env=fixed)
    found = re.search(r"Collected : (\d+)", done.stderr)
    assert found is not None, done.stderr
    return int(found[1])


def main() -> None:
    """Print the figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        watching = Monitor(memory={"mounting": BELT.body()})
        for block in blocks(SKIP_S + arguments.child):
            if block.read_at_s > START_S + SKIP_S:
                watching.update(block)
        return
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed: run `make system-packages`, or `sudo apt install valgrind`")
    a_second = (counted(LONG_S) - counted(SHORT_S)) / (LONG_S - SHORT_S)
    grown = a_second / 1e6 / KEPT_MILLION
    figures = json.dumps(
        {
            "million_a_second_of_signal": round(a_second / 1e6, 2),
            "of_the_figure_kept": round(grown, 3),
            "estimated_share_of_a_Pi_Zero_2_W_core": [
                round(a_second / CLOCK_HZ / rate, 3) for rate in INSTRUCTIONS_A_CYCLE
            ],
        },
        indent=1,
    )
    print(figures)
    if arguments.json:
        arguments.json.write_text(figures)
    if grown > MOST:
        sys.exit(f"a second of signal takes {grown:.2f} times the instructions it took")


if __name__ == "__main__":
    main()
