import os
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[2] / "benchmarks" / "instructions.py"


def test_without_valgrind_the_count_fails_and_says_what_to_install(tmp_path):
    done = subprocess.run(
        [sys.executable, TOOL], env=os.environ | {"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "apt install valgrind" in done.stderr
