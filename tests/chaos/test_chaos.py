import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parent / "chaos.py"


@pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed (apt install mosquitto)")
def test_nothing_is_lost_and_nothing_twice_when_clip_broker_and_dashboard_are_shot():
    played = subprocess.run(
        [sys.executable, TOOL, "--records", "60", "--kills", "3", "--seed", "11"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert played.returncode == 0, played.stdout[-800:] + played.stderr[-800:]
