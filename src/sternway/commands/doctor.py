"""``sternway doctor``: every step of bringing a clip up, each with *ok* or what to do."""

import argparse
import dataclasses
import json
import os
import platform
import resource
import shutil
import socket
import ssl
import sys
import tempfile
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from sternway import __version__
from sternway.clock import clock_synced
from sternway.config import BrokerSettings, Settings, chosen_settings
from sternway.device.bus import LinuxBus
from sternway.device.checks import (
    CheckContext,
    CheckStatus,
    Finding,
    check_bus,
    check_button,
    check_chip,
    check_motor,
    check_power,
    check_samples,
)
from sternway.device.emulated import (
    EmulatedBox,
    EmulatedBus,
    EmulatedLsm6dsox,
    EmulatedMotor,
    VirtualClock,
    emulated_pins,
)
from sternway.device.mounting_check import check_mounting
from sternway.errors import SternwayError
from sternway.pairing.invitation import apply_join
from sternway.pairing.tls import check_fingerprint, client_context, find_credentials
from sternway.simulate.script import Stand
from sternway.simulate.walker import Walker

_WAIT_S = 10.0
_REACH_S = 5.0
_MARKS = {
    CheckStatus.OK: "ok",
    CheckStatus.WRONG: "WRONG",
    CheckStatus.UNKNOWN: "unknown",
    CheckStatus.SKIPPED: "skipped",
}
# Room for a season of records and the system's own needs.
_LEAST_FREE_BYTES = 200_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("--config", type=Path, help="settings file (default: the system's, where it exists)")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="how long the sensor is listened to (default: 10)"
    )
    parser.add_argument("--press", action="store_true", help="wait for a press of the button")
    parser.add_argument("--tap", action="store_true", help="wait for a tap on the box, to judge how stiff it is")
    parser.add_argument("--emulated", action="store_true", help="examine an emulated clip, on any computer")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def main(arguments: argparse.Namespace) -> int:
    """Run every check; return 1 where something is wrong."""
    warnings.simplefilter("ignore")  # gpiozero warns of every pin library it does not find; one line says it
    settings = apply_join(chosen_settings(arguments.config))
    context = emulated_context(settings) if arguments.emulated else _real_context(settings)
    findings = []
    press_s, tap_s = _WAIT_S * arguments.press, _WAIT_S * arguments.tap
    for finding in examine(context, arguments.seconds, press_s, tap_s):
        findings.append(finding)
        if not arguments.json:
            print(line(finding), flush=True)
    wrong = [finding for finding in findings if finding.verdict is CheckStatus.WRONG]
    if arguments.json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        print(f"\n{len(wrong)} to mend: {', '.join(finding.check for finding in wrong)}" if wrong else "\nall well")
    return 1 if wrong else 0


def line(finding: Finding) -> str:
    """Return a finding as one line for people.

    >>> print(line(Finding("bus", CheckStatus.OK, "answers at 0x6a")))
    bus          ok       answers at 0x6a
    """
    return f"{finding.check:<12} {_MARKS[finding.verdict]:<8} {finding.words}"


def examine(context: CheckContext, seconds: float, press_s: float, tap_s: float) -> Iterator[Finding]:
    """Yield the findings in the order in which a clip is built."""
    settings = context.settings
    yield check_version()
    yield check_permissions(settings)
    bus = check_bus(context)
    yield bus
    if bus.verdict is CheckStatus.OK:
        yield check_chip(context)
        yield check_samples(context, seconds)
    yield check_motor(context)
    yield check_mounting(context, tap_s)
    yield check_button(context, press_s)
    yield check_power(context)
    yield check_clock()
    yield check_disk(settings)
    yield check_broker(settings.broker)


def _real_context(settings: Settings) -> CheckContext:
    return CheckContext(settings, LinuxBus(settings.sensor.bus), ask=lambda words: print(words, file=sys.stderr))


def emulated_context(settings: Settings) -> CheckContext:
    """Return an emulated clip on a standing person, in a stiff box with a motor, and time that costs none.

    Whatever it is asked to do, a fingertip taps its box.
    """
    clock = VirtualClock()
    motor = EmulatedMotor(clock)
    box = EmulatedBox(motor, clock)
    chip = EmulatedLsm6dsox(Walker((Stand(3600.0),), seed=1), clock, rate_error=0.012, motor=box)
    bus = EmulatedBus({0x6A: chip}, clock, clock.sleep)
    here = dataclasses.replace(settings.clip, state_dir=tempfile.gettempdir())
    settings = dataclasses.replace(settings, clip=here)
    pins = emulated_pins(motor, settings.pins.motor)
    return CheckContext(settings, bus, pins, clock, clock.sleep, ask=lambda _: box.tap())


def check_version() -> Finding:
    """Say what runs here."""
    words = f"sternway {__version__}, Python {platform.python_version()}, numpy {version('numpy')}, {_board()}"
    return Finding("version", CheckStatus.OK, words)


def _board() -> str:
    try:
        return Path("/proc/device-tree/model").read_text(encoding="utf-8").strip("\0 \n")
    except OSError:
        return f"{platform.system()} on {platform.machine()}"


def check_permissions(settings: Settings) -> Finding:
    """See whether this user may do what the service must."""
    lacking = []
    soft, _ = resource.getrlimit(resource.RLIMIT_RTPRIO)
    if os.geteuid() != 0 and soft == 0:
        lacking.append("no real-time priority here (the service has it: LimitRTPRIO)")
    state_dir = Path(settings.clip.state_dir)
    home = next((folder for folder in (state_dir, *state_dir.parents) if folder.exists()), state_dir)
    if not os.access(home, os.W_OK):
        words = f"{state_dir} cannot be written; run this as the service's user: sudo -u sternway sternway doctor"
        return Finding("permissions", CheckStatus.WRONG, words)
    return Finding("permissions", CheckStatus.OK, "; ".join(lacking) or "all that the service needs")


def check_clock() -> Finding:
    """See whether the wall clock has been set since the start; a Pi has none of its own."""
    if clock_synced():
        return Finding("clock", CheckStatus.OK, "set by a time service")
    words = "not set: records will carry no trusted wall time until the network is there (timedatectl)"
    return Finding("clock", CheckStatus.UNKNOWN, words)


def check_disk(settings: Settings) -> Finding:
    """See whether there is room for what must not be lost."""
    folder = Path(settings.clip.state_dir)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    needed = settings.outbox.max_bytes + _LEAST_FREE_BYTES
    if settings.recording.enabled:
        needed += settings.recording.max_bytes
    words = f"{free / 1e9:.1f} GB free at {folder}"
    if free < needed:
        words += f", {needed / 1e9:.1f} GB needed; remove old recordings or use a larger card"
        return Finding("disk", CheckStatus.WRONG, words, {"free_bytes": float(free)})
    return Finding("disk", CheckStatus.OK, words, {"free_bytes": float(free)})


def check_broker(broker: BrokerSettings) -> Finding:
    """See whether the broker can be reached, and whether it is the right one."""
    if not broker.host:
        return Finding(
            "broker", CheckStatus.SKIPPED, "none set: nothing is published; `sternway join` connects a clip"
        )
    trouble = ""
    for host in filter(None, (broker.host, broker.local_name)):
        try:
            how = _reach(broker, host)
        except SternwayError as error:
            return Finding("broker", CheckStatus.WRONG, str(error))
        except (OSError, ssl.SSLError) as error:
            trouble += f"{host} port {broker.port}: {_advice(error)}; "
        else:
            return Finding("broker", CheckStatus.OK, f"{host} port {broker.port} {how}")
    return Finding("broker", CheckStatus.WRONG, trouble.removesuffix("; "))


def _reach(broker: BrokerSettings, host: str) -> str:
    context = client_context(broker, find_credentials(broker))
    with socket.create_connection((host, broker.port), timeout=_REACH_S) as plain:
        if context is None:
            return "answers, without TLS"
        with context.wrap_socket(plain, server_hostname=host) as connection:
            if broker.fingerprint and not broker.ca_file:
                check_fingerprint(connection, broker.fingerprint)
            return f"answers, {connection.version()}, certificate trusted"


def _advice(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); pair again, or set broker.ca_file"
    if isinstance(error, socket.gaierror):
        return "the name is not known here; check broker.host, or use the broker's address"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there; is mosquitto running?"
    if isinstance(error, TimeoutError):
        return f"no answer in {_REACH_S:.0f} s; is it on this network?"
    return str(error)
