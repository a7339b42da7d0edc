import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from sternway.device.bus_recovery import AdapterRecovery, NoBusRecovery


class Line(MockPin):
    """An I2C line with its pull-up: low while the host pulls it, or while a chip does."""

    def __init__(self, factory, info):
        super().__init__(factory, info)
        self.pulled_by_host = self.pulled_by_chip = False
        self.driven_high = False
        self.falls = 0
        self.on_fall = lambda: None

    def _set_function(self, value):
        self._function = value
        if value == "input":
            self.pulled_by_host = False

    def _set_state(self, value):
        self.driven_high = self.driven_high or bool(value)
        if not value and not self.pulled_by_host:
            self.pulled_by_host = True
            self.falls += 1
            self.on_fall()

    def _get_state(self):
        return int(not (self.pulled_by_host or self.pulled_by_chip))


@pytest.fixture
def sysfs(tmp_path):
    driver = tmp_path / "bus/platform/drivers/i2c-bcm2835"
    device = tmp_path / "devices/platform/soc/fe804000.i2c"
    (device / "i2c-1").mkdir(parents=True)
    driver.mkdir(parents=True)
    (driver / "unbind").touch()
    (driver / "bind").touch()
    (device / "driver").symlink_to(driver)
    (tmp_path / "bus/i2c/devices").mkdir(parents=True)
    (tmp_path / "bus/i2c/devices/i2c-1").symlink_to(device / "i2c-1")
    return tmp_path


@pytest.fixture
def lines():
    factory = MockFactory(pin_class=Line)
    return factory, factory.pin("GPIO2"), factory.pin("GPIO3")


def recovery_of(sysfs, factory=None):
    return AdapterRecovery(1, sysfs=sysfs, factory=factory, sleep=lambda _: None)


def written(sysfs, what):
    return (sysfs / "bus/platform/drivers/i2c-bcm2835" / what).read_text()


def hold_for(clocks, sda, scl):
    """Let a chip hold SDA low until SCL has fallen ``clocks`` times."""
    sda.pulled_by_chip = True

    def on_fall():
        sda.pulled_by_chip = scl.falls < clocks

    scl.on_fall = on_fall


@pytest.mark.parametrize("clocks", [1, 5, 9])
def test_clocks_until_the_chip_lets_go_and_gives_the_pins_back(sysfs, lines, clocks):
    factory, sda, scl = lines
    hold_for(clocks, sda, scl)
    assert recovery_of(sysfs, factory).clear() is True
    assert scl.falls == clocks + 1  # one more for the stop
    assert (sda.state, scl.state) == (1, 1)
    assert not sda.driven_high
    assert not scl.driven_high
    assert (written(sysfs, "unbind"), written(sysfs, "bind")) == ("fe804000.i2c", "fe804000.i2c")


def test_a_line_shorted_to_ground_is_given_up_after_18_clocks(sysfs, lines):
    factory, sda, scl = lines
    sda.pulled_by_chip = True
    assert recovery_of(sysfs, factory).clear() is False
    assert scl.falls == 19
    assert written(sysfs, "bind") == "fe804000.i2c"


def test_pins_are_left_alone_where_the_adapter_cannot_be_unbound(sysfs, lines):
    factory, _, scl = lines
    (sysfs / "bus/platform/drivers/i2c-bcm2835/unbind").unlink()
    (sysfs / "bus/platform/drivers/i2c-bcm2835/unbind").mkdir()  # not writable, even for root
    bus_recovery = recovery_of(sysfs, factory)
    assert bus_recovery.is_permitted is False
    assert bus_recovery.clear() is False
    assert scl.falls == 0


def test_without_gpio_the_adapter_still_comes_back(sysfs):
    class NoPins:
        def pin(self, name):
            raise RuntimeError("no GPIO here")

    assert recovery_of(sysfs, NoPins()).clear() is False
    assert written(sysfs, "bind") == "fe804000.i2c"


def test_rebinds_the_adapter(sysfs):
    assert recovery_of(sysfs).rebind() is True
    assert (written(sysfs, "unbind"), written(sysfs, "bind")) == ("fe804000.i2c", "fe804000.i2c")


def test_an_adapter_that_did_not_come_back_is_bound_the_next_time(sysfs):
    bind = sysfs / "bus/platform/drivers/i2c-bcm2835/bind"
    bus_recovery = recovery_of(sysfs)
    assert bus_recovery.is_permitted
    write = bus_recovery._write
    bus_recovery._write = lambda what: what == "unbind" and write(what)
    assert bus_recovery.rebind() is False
    bus_recovery._write = write
    (sysfs / "bus/i2c/devices/i2c-1").unlink()  # the adapter is gone while its driver is unbound
    assert bus_recovery.rebind() is True
    assert bind.read_text() == "fe804000.i2c"


@pytest.mark.parametrize("bus_recovery", [AdapterRecovery(4711), NoBusRecovery()])
def test_an_adapter_that_is_not_there_cannot_be_recovered(bus_recovery):
    assert bus_recovery.clear() is False
    assert bus_recovery.rebind() is False
