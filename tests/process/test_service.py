"""The unmodified service as a process: real smbus2, real lgpio, real signals; only the wires are made up."""

import json
import re
import signal
import subprocess
import time

import pytest

from sternway.device.emulated import EmulatedClockChip, EmulatedMpu6050
from sternway.simulate.script import Stand, Stumble, Walk
from sternway.simulate.walker import Walker

pytestmark = pytest.mark.process

STUMBLER = (Stand(0.5), Walk(8.0), Stumble(), Walk(3600.0))


def faults(bench):
    """Return (cause, whether it begins) of every FAULT that the clip has recorded."""
    return [(body["cause"], body["severity"] > 0.0) for _, body in bench.records("event") if body["kind"] == "fault"]


def kinds(bench):
    return [body["kind"] for _, body in bench.records("event")]


def is_still(bench):
    edges = bench.pins.edges()
    return bench.pins.level(18) == 0 and (not edges or time.monotonic() - edges[-1].time_s > 0.3)


def test_it_says_ready_watches_and_leaves_the_motor_off(bench):
    bench.plug()
    bench.start()
    bench.until(bench.pins.buzzes, "the start was not felt")
    assert bench.systemd.times("READY=1")
    assert bench.end() == 0
    assert bench.pins.level(18) == 0
    assert bench.systemd.heard[-1][1] == "STOPPING=1"


def test_a_stumble_is_felt_in_its_own_rhythm_and_kept(bench):
    bench.plug(Walker(STUMBLER, seed=1))
    bench.start()
    bench.until(lambda: "stumble" in kinds(bench), "no stumble was found")
    event = next(body for _, body in bench.records("event") if body["kind"] == "stumble")
    bench.until(lambda: is_still(bench), "the motor never stopped")
    rises = bench.pins.rises_after(event["decided_at_s"])
    falls = [edge.time_s for edge in bench.pins.edges() if not edge.level and edge.time_s > rises[0]]
    # Strong, weak: 0.26 s, a pause of 0.1 s, 0.12 s; pauses of the software PWM are shorter than 5 ms. A busy machine
    # makes them longer, never shorter.
    pauses = [(b - a) for a, b in zip(falls, rises[1:], strict=False) if b - a > 0.09]
    assert len(pauses) == 1
    assert falls[-1] - rises[0] > 0.45


def test_a_sensor_that_comes_off_is_said_within_2_s_and_taken_back(bench):
    chip = bench.plug()
    bench.start()
    bench.until(lambda: bench.pins.buzzes() and is_still(bench), "the start was not felt")
    off_s = time.monotonic()
    chip.unplugged = True
    bench.until(lambda: bench.pins.rises_after(off_s), "the fault was not felt")
    assert bench.pins.rises_after(off_s)[0] - off_s < 4.0  # promised: 2 s; the rest is for a busy machine
    bench.until(lambda: is_still(bench), "the motor stayed on")
    alive_s = time.monotonic()
    bench.until(lambda: bench.systemd.times("WATCHDOG=1")[-1] > alive_s, "an honest fault must not be shot")
    chip.unplugged = False
    bench.until(lambda: ("no_sensor", False) in faults(bench), "the sensor was not taken back")
    assert faults(bench)[0] == ("no_sensor", True)


def test_a_brown_out_in_the_middle_of_a_walk_is_mended_without_a_fault(bench):
    chip = bench.plug(Walker((Stand(0.5), Walk(3600.0)), seed=1))
    bench.start()
    asked_for, count = chip.registers[0x10], chip.sample_count
    chip.brown_out()
    assert chip.registers[0x10] != asked_for
    bench.until(lambda: chip.registers[0x10] == asked_for, "it was not set up again")
    bench.until(lambda: chip.sample_count > count + 208, "it gives no samples")
    assert bench.end() == 0
    assert ("no_sensor", True) not in faults(bench)


def test_a_stuck_bus_climbs_the_ladder_to_the_adapters_driver(bench):
    chip = bench.plug()
    bench.start()
    bench.until(lambda: bench.pins.buzzes() and is_still(bench), "the start was not felt")
    bench.bus.adapter_hung = True
    driver = bench.devices / "sys/bus/platform/drivers/i2c-bcm2835"
    for what in ("unbind", "bind"):
        bench.until(
            lambda what=what: (driver / what).read_text() == "3f804000.i2c", f"the adapter was never told to {what}"
        )
    bench.bus.adapter_hung = False
    count = chip.sample_count
    bench.until(lambda: chip.sample_count > count + 208, "the sensor was not taken back")


def test_a_walk_survives_kill_9_with_what_it_has_counted(bench):
    bench.start()
    bench.plug(Walker((Stand(18.0), Walk(3600.0)), seed=1))
    bench.until(lambda: ("no_sensor", False) in faults(bench), "the sensor was not taken")
    bench.pins.press()

    def kept():
        """Return (when the walk began, its phase, steps) as they are on disk now."""
        walk = json.loads((bench.folder / "state/memory.json").read_text())["monitor"]["session"].get("walk")
        steps = sum(map(int, re.findall(r'"step_count": (\d+)', json.dumps(walk))))
        return (walk["started_s"], walk["phase"], steps) if walk else (None, "", 0)

    bench.until(lambda: kept()[2] >= 5, "no steps were counted")
    began_s, phase, steps = kept()
    assert bench.end(signal.SIGKILL) == -signal.SIGKILL
    assert kept()[2] >= steps
    bench.start()
    bench.until(lambda: kept()[2] >= steps + 5, "the count did not go on")
    assert kept()[:2] == (began_s, phase)


@pytest.mark.parametrize(
    ("chips", "cause", "words"),
    [
        ({0x6A: "other"}, "wrong_chip", "0x11"),
        ({0x68: "clock"}, "wrong_chip", "clock"),
        ({}, "no_sensor", "nothing answers"),
    ],
    ids=["another chip", "a clock where an IMU was meant", "SDA and SCL swapped: the bus is silent"],
)
def test_what_is_wired_wrongly_is_a_fault_with_its_cause(bench, chips, cause, words):
    for address, what in chips.items():
        if what == "clock":
            bench.bus.chips[address] = EmulatedClockChip()
        else:
            bench.plug(address=address, identity=0x11)
    bench.start()
    bench.until(lambda: (cause, True) in faults(bench), "no fault")
    bench.until(bench.pins.buzzes, "the fault was not felt")


@pytest.mark.parametrize(("address", "kind"), [(0x6B, None), (0x69, EmulatedMpu6050)])
def test_every_known_chip_is_found_at_every_address(bench, address, kind):
    bench.plug(address=address, **({"kind": kind} if kind else {}))
    bench.start()
    bench.until(bench.pins.buzzes, "the start was not felt")
    assert faults(bench) == []


def test_no_permission_on_i2c_is_said_and_ends_when_it_is_given(bench):
    bench.plug()
    bench.pins.deny("i2c-denied")
    bench.start()
    bench.until(lambda: ("no_sensor", True) in faults(bench), "no fault")
    bench.pins.allow("i2c-denied")
    bench.until(lambda: ("no_sensor", False) in faults(bench), "the sensor was not found")


@pytest.mark.parametrize("trouble", ["pin in use", "no permission on gpio"])
def test_without_the_motors_pin_it_ends_and_says_why(bench, trouble):
    bench.plug()
    if trouble == "pin in use":
        bench.pins.hold(18)
    else:
        bench.pins.deny()
    bench.start(watching=False)
    assert bench.process.wait(30.0) != 0
    assert "GPIO18" in bench.said()
    assert "Traceback" not in bench.said()


def doctor(bench):
    done = subprocess.run(
        bench.command("doctor", "--json", "--seconds", "1"),
        env=bench.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, {finding["check"]: finding for finding in json.loads(done.stdout)}


def test_the_doctor_has_nothing_to_mend_on_a_sound_clip(bench):
    bench.plug()
    code, findings = doctor(bench)
    assert {name: finding["words"] for name, finding in findings.items() if finding["verdict"] == "wrong"} == {}
    assert code == 0
    assert findings["motor"]["figures"]["onset_s"] < 0.2


def test_the_doctor_finds_two_chips_and_says_which_to_choose(bench):
    bench.plug()
    bench.plug(address=0x6B)
    code, findings = doctor(bench)
    assert code == 1
    assert "sensor.address" in findings["chip"]["words"]


def test_the_doctor_finds_a_held_pin(bench):
    bench.plug()
    bench.pins.hold(18)
    code, findings = doctor(bench)
    assert code == 1
    assert "GPIO18" in findings["motor"]["words"]
    assert findings["samples"]["verdict"] == "ok"
