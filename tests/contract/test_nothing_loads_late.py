"""What the loop needs is loaded when the clip starts: a module read from a Pi's card in mid-walk would stop it."""

import pickle
import subprocess
import sys

import numpy as np

from sternway.samples import Block
from sternway.simulate.walker import Walker

RATE_HZ, BLOCK_COUNT, WALK_S = 208.0, 4, 120.0
PROGRAM = """
import pickle, sys
import sternway.service
from sternway.device.motor_test import judge
from sternway.monitor import Monitor
from sternway.events import Press
from sternway.wire.plan import WalkPlan

blocks, shake = pickle.load(sys.stdin.buffer)
monitor = Monitor(plan=WalkPlan(stretches=2, stretch_min=1.0, rest_s=10.0, warm_up_min=0.3, cool_down_min=0.2))
known = set(sys.modules)
monitor.press(Press.SHORT, 1.0)
monitor.motor_felt(judge(*shake, 0.5, 0.9).detected, 1.0)
kinds = {event.kind.value for block in blocks for event in monitor.update(block).events}
print(sorted(kinds), sorted(set(sys.modules) - known))
"""


def test_a_walk_loads_no_module():
    time_s = np.arange(0.0, WALK_S, 1.0 / RATE_HZ)
    accel_mps2, gyro_radps = Walker("stumble", 1).at(time_s)
    cuts = [slice(start, start + BLOCK_COUNT) for start in range(0, len(time_s), BLOCK_COUNT)]
    blocks = [Block(time_s[cut], accel_mps2[cut], gyro_radps[cut], float(time_s[cut][-1])) for cut in cuts]
    moments_s = np.arange(0.0, 1.2, 0.001)
    buzz = np.sin(2.0 * np.pi * 200.0 * moments_s) * ((moments_s > 0.55) & (moments_s < 0.9))
    shake = moments_s, np.column_stack([buzz, buzz, buzz])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=pickle.dumps((blocks, shake)), capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == "['stability', 'stumble'] []"
