import pytest

from sternway.device.battery import TOLERATED_MISS_COUNT, FuelGauge, under_voltage
from sternway.device.emulated import EmulatedBus, VirtualClock
from sternway.power import Power


class Gauge:
    unplugged = False

    def __init__(self, percent, version=0x0012):
        self.registers = {0x04: round(percent * 256), 0x08: version}

    def read(self, register, count):
        return self.registers[register].to_bytes(count, "big")

    def write(self, register, data):
        raise AssertionError("a gauge is only read")


def bus_with(chips):
    clock = VirtualClock()
    return EmulatedBus(chips, clock, clock.sleep)


def test_reads_what_is_left():
    assert FuelGauge(bus_with({0x36: Gauge(61.5)})).percent() == 61.5


def test_more_than_full_is_full():
    assert FuelGauge(bus_with({0x36: Gauge(103.0)})).percent() == 100.0


def test_without_a_gauge_it_is_unknown_and_the_bus_is_asked_only_once():
    bus = bus_with({})
    gauge = FuelGauge(bus)
    assert [gauge.percent() for _ in range(5)] == [None] * 5
    assert bus.transfer_count == 1


def test_something_else_at_its_address_is_not_believed():
    assert FuelGauge(bus_with({0x36: Gauge(50.0, version=0xFFFF)})).percent() is None


def test_a_bus_that_is_stuck_at_the_first_question_is_asked_again():
    bus = bus_with({0x36: Gauge(50.0)})
    gauge = FuelGauge(bus)
    bus.adapter_hung = True
    assert gauge.percent() is None
    bus.adapter_hung = False
    assert gauge.percent() == 50.0


def test_a_gauge_that_falls_silent_is_believed_for_a_minute_and_asked_again():
    bus = bus_with({0x36: Gauge(8.0)})
    gauge = FuelGauge(bus)
    assert gauge.percent() == 8.0
    bus.nack_count = TOLERATED_MISS_COUNT + 1
    assert [gauge.percent() for _ in range(TOLERATED_MISS_COUNT)] == [8.0] * TOLERATED_MISS_COUNT
    assert gauge.percent() is None
    assert gauge.percent() == 8.0
    bus.nack_count = 1
    assert gauge.percent() == 8.0


def test_a_charge_that_hovers_is_low_once():
    chip = Gauge(0.0)
    gauge = FuelGauge(bus_with({0x36: chip}))

    def is_low(percent):
        chip.registers[0x04] = round(percent * 256)
        return Power(battery_percent=gauge.percent()).is_low

    steps = {11.0: False, 10.0: False, 9.99: True, 10.01: True, 5.0: True, 11.99: True, 12.0: False, 10.5: False}
    assert {percent: is_low(percent) for percent in steps} == steps


def test_a_low_charge_is_said_as_it_is():
    chip = Gauge(9.0)
    gauge = FuelGauge(bus_with({0x36: chip}))
    said = []
    for percent in (9.0, 4.0, 7.0, 11.0, 12.5):
        chip.registers[0x04] = round(percent * 256)
        said.append(gauge.percent())
    assert said == [9.0, 4.0, 7.0, pytest.approx(10.0, abs=0.01), 12.5]


@pytest.mark.parametrize(("text", "answer"), [("0\n", False), ("1\n", True)])
def test_under_voltage_is_read_where_the_board_can_tell(tmp_path, text, answer):
    (tmp_path / "hwmon1").mkdir()
    (tmp_path / "hwmon1" / "in0_lcrit_alarm").write_text(text)
    assert under_voltage(tmp_path) is answer


def test_under_voltage_is_unknown_where_it_cannot(tmp_path):
    assert under_voltage(tmp_path) is None
