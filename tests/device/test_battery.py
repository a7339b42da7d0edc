import pytest

from sternway.device.battery import FuelGauge, under_voltage
from sternway.device.emulated import EmulatedBus, VirtualClock


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


def test_a_gauge_that_misses_one_question_is_asked_again():
    gauge_chip = Gauge(50.0)
    bus = bus_with({0x36: gauge_chip})
    gauge = FuelGauge(bus)
    assert gauge.percent() == 50.0
    bus.nack_count = 1
    assert gauge.percent() is None
    assert gauge.percent() == 50.0


@pytest.mark.parametrize(("text", "answer"), [("0\n", False), ("1\n", True)])
def test_under_voltage_is_read_where_the_board_can_tell(tmp_path, text, answer):
    (tmp_path / "hwmon1").mkdir()
    (tmp_path / "hwmon1" / "in0_lcrit_alarm").write_text(text)
    assert under_voltage(tmp_path) is answer


def test_under_voltage_is_unknown_where_it_cannot(tmp_path):
    assert under_voltage(tmp_path) is None
