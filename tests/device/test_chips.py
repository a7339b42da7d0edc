import pytest

from sternway.device.chips import describe_unsupported, find_chip
from sternway.device.clip import CANDIDATES
from sternway.device.emulated import (
    EmulatedBus,
    EmulatedClockChip,
    EmulatedLsm6dsox,
    EmulatedMpu6050,
    VirtualClock,
)
from sternway.errors import BusError, WrongChipError

from .conftest import Bobbing


def bus_with(**chips):
    clock = VirtualClock()
    makers = {
        "lsm": lambda: EmulatedLsm6dsox(Bobbing(), clock),
        "mpu": lambda: EmulatedMpu6050(Bobbing(), clock),
        "mpu6500": lambda: EmulatedMpu6050(Bobbing(), clock, identity=0x70),
        "bmi": lambda: EmulatedMpu6050(Bobbing(), clock, identity=0xD1),
        "clock": EmulatedClockChip,
    }
    return EmulatedBus({int(at[1:], 16): makers[kind]() for at, kind in chips.items()}, clock, clock.sleep)


@pytest.mark.parametrize(
    ("chips", "name", "address"),
    [
        ({"x6a": "lsm"}, "LSM6DSOX", 0x6A),
        ({"x6b": "lsm"}, "LSM6DSOX", 0x6B),
        ({"x68": "mpu"}, "MPU-6050", 0x68),
        ({"x69": "mpu6500"}, "MPU-6500", 0x69),
        ({"x68": "clock", "x69": "mpu"}, "MPU-6050", 0x69),
        ({"x68": "mpu", "x6b": "lsm"}, "LSM6DSOX", 0x6B),
    ],
)
def test_finds_the_chip_where_it_sits(chips, name, address):
    chip = find_chip(bus_with(**chips), CANDIDATES)
    assert (chip.name, chip.address) == (name, address)


def test_refuses_an_unknown_chip_by_name():
    with pytest.raises(WrongChipError, match=r"0x68 is a BMI160 \(identity 0xd1\); Sternway reads an LSM6DSOX"):
        find_chip(bus_with(x68="bmi"), CANDIDATES)


def test_names_a_real_time_clock():
    assert "DS1307 or DS3231" in describe_unsupported(bus_with(x68="clock"), 0x68, 0x00)


def test_a_silent_bus_is_a_bus_error():
    with pytest.raises(BusError, match="no sensor answers at 0x6a or 0x6b or 0x68 or 0x69; check VCC"):
        find_chip(bus_with(), CANDIDATES)


def test_an_address_no_known_chip_can_have_is_refused():
    with pytest.raises(WrongChipError, match=r"no known chip can sit at 0x50; set sensor\.address to 0"):
        find_chip(bus_with(x6a="lsm"), CANDIDATES, 0x50)
