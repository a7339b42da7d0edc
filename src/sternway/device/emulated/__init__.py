"""What would the hardware do? Chips with a FIFO and a rate of their own, wire time, a motor that shakes, and faults.

Written from the register table and from independent public drivers (Linux st_lsm6dsx and inv_mpu6050, Adafruit's
CircuitPython drivers), never from ours, so that ours can be wrong here.
"""

from sternway.device.emulated.box import EmulatedBox
from sternway.device.emulated.bus import (
    BrokenBurst,
    EmulatedBus,
    EmulatedBusRecovery,
    EmulatedClockChip,
    ShiftedBurst,
)
from sternway.device.emulated.chip import EmulatedChip, Motion
from sternway.device.emulated.clock import VirtualClock
from sternway.device.emulated.lsm6dsox import EmulatedLsm6dsox
from sternway.device.emulated.motor import EmulatedMotor, emulated_pins
from sternway.device.emulated.mpu6050 import EmulatedMpu6050

__all__ = [
    "BrokenBurst",
    "EmulatedBox",
    "EmulatedBus",
    "EmulatedBusRecovery",
    "EmulatedChip",
    "EmulatedClockChip",
    "EmulatedLsm6dsox",
    "EmulatedMotor",
    "EmulatedMpu6050",
    "Motion",
    "ShiftedBurst",
    "VirtualClock",
    "emulated_pins",
]
