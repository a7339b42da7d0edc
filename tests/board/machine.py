"""The virtual board while it runs: QEMU, its console, its motor pin seen from outside, and a broker beside it."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
MOTOR = 5
MOST_S = 1800.0


@dataclass(frozen=True)
class Finding:
    """One thing shown: its name, whether it held, and the figure in one line."""

    name: str
    held: bool
    words: str


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def broker(work):
    """A mosquitto on this machine's loopback; yields its port and the file of all it was told."""
    port, heard = free_port(), work / "heard"
    settings = work / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n")
    path = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    with heard.open("wb") as file, (work / "mosquitto.log").open("wb") as log:
        mosquitto = subprocess.Popen([path, "-v", "-c", settings], stderr=log, stdout=log)
        time.sleep(1.0)
        ears = ["mosquitto_sub", "-V", "5", "-p", str(port), "-t", "sternway/+/event", "-F", "%t %p"]
        listener = subprocess.Popen(ears, stdout=file)
        try:
            yield port, heard
        finally:
            for process in (listener, mosquitto):
                process.terminate()
                process.wait()


def command(card, work, port):
    """QEMU's words.

    Time in the guest is counted in instructions, two nanoseconds each: a 500 MIPS processor, whatever this machine
    can spare, so that the clip's loop keeps its pace. The only way out is one address, forwarded to the broker.
    """
    forward = f"guestfwd=tcp:10.0.2.100:1883-cmd:{sys.executable} {HERE / 'forward.py'} {port}"
    return [
        "qemu-system-aarch64", "-M", "virt,gic-version=3", "-cpu", "cortex-a53", "-m", "1024", "-smp", "1",
        "-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off", "-nographic", "-no-reboot", "-monitor", "none",
        "-serial", "stdio", "-dtb", card.device_tree, "-kernel", card.kernel, "-initrd", card.initrd,
        "-append", "console=ttyAMA0 panic=-1 quiet mitigations=off systemd.show_status=0 net.ifnames=0",
        "-drive", f"if=none,id=card,file={card.disk},format=raw,cache=unsafe",
        "-device", "virtio-blk-device,drive=card",
        "-netdev", f"user,id=home,restrict=on,{forward}", "-device", "virtio-net-device,netdev=home",
        "-trace", "pl061_set_output", "-D", work / "pins.log",
    ]  # fmt: skip


def pin_levels(work):
    """Return every level that the board's GPIO controller put on the motor's pin, as its hardware saw it."""
    log = (work / "pins.log").read_text(errors="replace") if (work / "pins.log").exists() else ""
    return [int(level) for level in re.findall(rf"output {MOTOR} to (\d)", log)]


def boot(card, work, port, *, echo=print):
    """Run the board until its scenario ends; return what it found."""
    began_s, findings, levels_before = time.monotonic(), [], 0
    board = subprocess.Popen(
        command(card, work, port), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    patience = threading.Timer(MOST_S, board.kill)
    patience.start()
    with board, (work / "console.log").open("w") as console:
        for line in board.stdout:
            console.write(line)
            line = line[max(0, line.find("@@")) :]  # the console's own control codes may come first
            if "@! shot" in line:
                levels_before = len(pin_levels(work))
            if line.startswith("@@ "):
                findings.append(Finding(*json.loads(line[3:])))
                echo(told(findings[-1], time.monotonic() - began_s))
            if line.startswith("@@END"):
                break
        else:
            findings.append(Finding("the scenario runs to its end", False, " ".join(line.split())))
        patience.cancel()
        board.kill()
    return [*findings, *seen_outside(pin_levels(work), levels_before)]


def told(finding, after_s):
    return f"{after_s:7.0f} s  {'ok  ' if finding.held else 'FAIL'}  {finding.name}: {finding.words}"


def seen_outside(levels, levels_before):
    """Judge the motor's pin by what the GPIO controller did; the service was shot after ``levels_before`` changes."""
    yield Finding("the pin pulses, seen from outside", sum(levels) > 10, f"{sum(levels)} rises")
    around = levels[max(0, levels_before - 1) : levels_before + 1]
    more = len(levels) - levels_before
    yield Finding("the pin went low after kill -9, seen from outside", 0 in around, f"{more} changes to the end")
    yield Finding("the pin is low at the end, seen from outside", levels[-1:] == [0], "")
