"""What the virtual board is asked to show, step by step; each line that begins with @@ is a finding for the host."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

PYTHON = "/opt/sternway/bin/python"
BOARD = Path("/opt/board")
TRACE = Path("/sys/kernel/tracing")
FELT = TRACE / "instances/felt"  # the pin's trace once more, for the chip that feels the motor
MOTOR, LINES = 5, 8
PATIENCE_S = 120.0
# What a stumble feels like, the first time and soon again, by its pauses in seconds.
STUMBLES = {"strong, weak": (0.1,), "strong, weak, strong, weak": (0.04, 0.06, 0.04)}
SETTINGS = """\
[clip]
id = "clip-1"
[pins]
motor = 5
button = 0
led = 7
[broker]
host = "10.0.2.100"
port = 1883
tls = false
"""


def say(name, holds, words=""):
    print(f"@@ {json.dumps([name, bool(holds), ' '.join(str(words).split())])}", flush=True)


def run(*words, **how):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **how)
    return done.returncode, (done.stdout + done.stderr).strip()


def until(holds, patience_s=PATIENCE_S):
    end_s = time.monotonic() + patience_s
    while not (found := holds()) and time.monotonic() < end_s:
        time.sleep(0.1)
    return found


def shown(unit, name):
    return run("systemctl", "show", unit, f"--property={name}", "--value")[1]


def pid():
    return int(shown("sternway", "MainPID") or 0)


def journal():
    return run("journalctl", "--unit", "sternway", "--boot", "--output=cat", "--no-pager")[1]


def wire_up():
    """The network, the bus and the trace of the pins, as the outside world would have them."""
    run("modprobe", "virtio_net")
    until(lambda: Path("/sys/class/net/eth0").exists(), 10.0)
    for words in ("link set lo up", "link set eth0 up", "address add 10.0.2.15/24 dev eth0"):
        run("ip", *words.split())
    say("the network is there", "10.0.2.15" in run("ip", "address")[1])
    run("modprobe", "cuse")
    os.chmod("/dev/cuse", 0o666)  # so that only the sandbox can refuse it
    if not TRACE.joinpath("trace").exists():
        run("mount", "-t", "tracefs", "tracefs", str(TRACE))
    FELT.mkdir()
    for trace in (TRACE, FELT):
        (trace / "trace_clock").write_text("mono")
        (trace / "events/gpio/gpio_value/enable").write_text("1")


def provision():
    environment = {**os.environ, "PIP_NO_COMPILE": "no"}  # "no" says no to compiling (pip): minutes, for numpy
    words = ("/opt/checkout/firmware/provision", "--wheels", "/opt/wheels")
    code, said = run(*words, env=environment)
    say("provision installs", code == 0, said.splitlines()[-1])
    stamp = Path("/opt/sternway/installed").stat().st_mtime_ns
    code, said = run(*words, env=environment)
    again = Path("/opt/sternway/installed").stat().st_mtime_ns == stamp
    say(
        "provision again changes nothing",
        code == 0 and again and said.endswith("Nothing to do."),
        said.splitlines()[-1],
    )
    code, said = run(words[0], "--check", *words[1:])
    say("provision --check", code == 0, f"{said.count('there ')} steps there, {said.count('MISSING')} missing")
    run("systemctl", "stop", "sternway")
    Path("/etc/sternway/sternway.toml").write_text(SETTINGS)


def plug_the_sensor():
    log = Path("/run/adapter.log").open("w")  # noqa: SIM115 (the adapter writes there as long as it lives)
    adapter = subprocess.Popen(
        [PYTHON, BOARD / "i2c_adapter.py", BOARD / "walk.npy", FELT / "trace_pipe"], stderr=log
    )
    if not until(lambda: Path("/dev/i2c-1").exists(), 300.0):
        say("the bus appears", False, Path("/run/adapter.log").read_text()[-300:])
    run("udevadm", "settle")
    # CUSE gives a character device of its own kind: the unit's char-i2c names the kernel's.
    extra = Path("/run/systemd/system/sternway.service.d")
    extra.mkdir(parents=True, exist_ok=True)
    (extra / "bus.conf").write_text("[Service]\nDeviceAllow=/dev/i2c-1 rw\n")
    run("systemctl", "daemon-reload")
    shutil.chown("/dev/i2c-1", "root", "i2c")
    os.chmod("/dev/i2c-1", 0o660)
    shutil.chown("/dev/gpiochip0", "root", "gpio")
    os.chmod("/dev/gpiochip0", 0o660)
    return adapter


def score():
    code, said = run("systemd-analyze", "security", "sternway", "--threshold=17", "--no-pager")
    found = re.search(r"exposure level for \S+: ([\d.]+)", said)
    version = run("systemctl", "--version")[1].split()[1]
    say("systemd-analyze security <= 1.7", code == 0, f"{found[1] if found else said[-100:]} (systemd {version})")


def doctor():
    """Let the doctor look at the clip as the service's user: all must be well, and what cannot be known said so."""
    allowed = ("--property=SupplementaryGroups=i2c gpio", "--property=WorkingDirectory=/var/lib/sternway")
    words = ("systemd-run", "--quiet", "--wait", "--pipe", "--uid=sternway", *allowed)
    code, said = run(*words, "/opt/sternway/bin/sternway", "doctor", "--json", "--seconds", "3")
    findings, _ = json.JSONDecoder().raw_decode(said[said.index("[") :])
    verdicts = "; ".join(f"{found['check']} {found['verdict']}" for found in findings)
    wrong = "; ".join(found["words"] for found in findings if found["verdict"] == "wrong")
    say("sternway doctor has nothing to mend", code == 0 and not wrong, f"{verdicts} {wrong}")
    motor = next(found for found in findings if found["check"] == "motor")
    say("the chip feels the motor", motor["verdict"] == "ok", motor["words"])


def forget():
    """Forget what the pins did so far."""
    TRACE.joinpath("trace").write_text("")


def edges():
    """Return (time, level) at every change of the motor's pin, from the kernel's trace."""
    rows = re.findall(r" (\d+\.\d+): gpio_value: (\d+) set (\d)", TRACE.joinpath("trace").read_text())
    levels = [(float(at), int(level)) for at, line, level in rows if int(line) % LINES == MOTOR]
    return [now for before, now in itertools.pairwise([(0.0, 0), *levels]) if now[1] != before[1]]


def buzzes(found, still_s=0.3):
    """Return [start, end] of every stretch in which the motor was on with pauses shorter than ``still_s``."""
    stretches = []
    for at, level in found:
        if level and (not stretches or at - stretches[-1][1] > still_s):
            stretches.append([at, at])
        elif stretches:
            stretches[-1][1] = at
    return stretches


def start():
    began_s = time.monotonic()
    code, _ = run("systemctl", "start", "sternway")
    active = code == 0 and shown("sternway", "ActiveState") == "active"
    say("the unit reaches active", active, f"{time.monotonic() - began_s:.1f} s")
    said = journal()
    refused = [word for word in ("real-time", "swapped") if word in said]
    priority = os.sched_getscheduler(pid()) & 0xFF
    say(
        "the loop has real-time priority, nothing was refused",
        priority == os.SCHED_FIFO and not refused,
        refused or "",
    )
    felt = until(lambda: buzzes(edges()))
    say("the start is felt", felt, f"{felt[0][0] - began_s:.1f} s after the start was asked for" if felt else "")
    resident = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid()}/status").read_text())
    say("its memory <= 80 MB", int(resident[1]) <= 80_000, f"{int(resident[1]) / 1000:.0f} MB")


def share():
    """Say how much of this processor, one of 500 MIPS, the service takes while somebody walks."""

    def spent_s():
        return int(shown("sternway", "CPUUsageNSec")) / 1e9

    before_s, began_s = spent_s(), time.monotonic()
    time.sleep(8.0)
    used = (spent_s() - before_s) / (time.monotonic() - began_s)
    say("it keeps up with a processor of 500 MIPS", used < 0.8, f"{100.0 * used:.0f} % of it")


def rhythm():
    """Return, in words, a buzz that had a stumble's rhythm; pauses of the software PWM are shorter than 5 ms."""
    seen = edges()
    for start_s, end_s in buzzes(seen):
        inside = [(at, level) for at, level in seen if start_s <= at <= end_s]
        pauses = [b - a for (a, la), (b, lb) in itertools.pairwise(inside) if not la and lb and b - a > 0.02]
        for words, wanted in STUMBLES.items():
            alike = len(pauses) == len(wanted) and all(abs(a - b) < 0.02 for a, b in zip(pauses, wanted, strict=True))
            if alike and time.monotonic() - end_s > 0.3:
                return f"{words}: {end_s - start_s:.2f} s, pauses of {', '.join(f'{s:.2f} s' for s in pauses)}"
    return ""


def stumble(name):
    words = until(rhythm)
    say(name, words, words or [round(end_s - start_s, 2) for start_s, end_s in buzzes(edges())])


def faults():
    """Return the causes of all faults that the clip has recorded."""
    with contextlib.closing(sqlite3.connect("file:/var/lib/sternway/outbox.db?mode=ro", uri=True)) as store:
        rows = store.execute("select message from outbox where kind = 'event'").fetchall()
    events = [json.loads(message)["body"] for (message,) in rows]
    return [event["cause"] for event in events if event["kind"] == "fault"]


def brown_out(adapter):
    """Let the chip lose its power for a moment in the middle of the walk: it is set up anew, the walk goes on."""
    before, known = pid(), len(faults())
    forget()
    adapter.send_signal(signal.SIGUSR2)
    stumble("after a brown-out of the chip the next stumble is felt")
    new = faults()[known:]
    say("the brown-out was no fault and no restart", not new and pid() == before, ", ".join(new))


def shoot():
    """Kill the service while the motor turns: it must not go on turning, and the service must come back."""
    forget()
    until(lambda: [level for _, level in edges()][-1:] == [1])
    victim, restarts, shot_s = pid(), int(shown("sternway", "NRestarts")), time.monotonic()
    os.kill(victim, signal.SIGKILL)
    print("@! shot", flush=True)
    low = until(lambda: edges()[-1][1] == 0)
    say("kill -9: the motor is off", low, f"{edges()[-1][0] - shot_s:.1f} s later")
    back = until(
        lambda: int(shown("sternway", "NRestarts")) > restarts and shown("sternway", "ActiveState") == "active"
    )
    say("kill -9: restarted", back and pid() != victim, f"{time.monotonic() - shot_s:.1f} s later")


def hang(adapter):
    """Let a transfer on the bus never end: the loop hangs in it, and only the watchdog can help."""
    time.sleep(2.0)  # into the loop
    victim, began_s = pid(), time.monotonic()
    adapter.send_signal(signal.SIGUSR1)
    gone = until(lambda: pid() != victim, 60.0)
    took_s = time.monotonic() - began_s
    adapter.send_signal(signal.SIGUSR1)
    by_watchdog = "Watchdog timeout" in journal()
    say("a hung loop: the watchdog ends it", gone and by_watchdog, f"{took_s:.1f} s")
    back = until(lambda: shown("sternway", "ActiveState") == "active" and pid() not in (0, victim))
    whole_s = time.monotonic() - began_s
    say("a hung loop: restarted within 15 s", back and whole_s < 15.0, f"{whole_s:.1f} s after it hung")


def sandbox():
    run("systemctl", "stop", "sternway")
    unit = Path("/etc/systemd/system/sternway.service").read_text()
    drop = ("ExecStopPost", "Watchdog", "Restart", "StartLimit", "Type=", "NotifyAccess", "ExecStart=")
    kept = "\n".join(line for line in unit.splitlines() if not line.startswith(drop))
    for mode in ("", "memory"):
        exec_start = (
            f"[Service]\nType=oneshot\nStandardOutput=file:/run/probe\nExecStart={PYTHON} {BOARD}/probe.py {mode}\n"
        )
        Path("/run/systemd/system/probe.service").write_text(f"{kept}\n{exec_start}")
        run("systemctl", "daemon-reload")
        code, said = run("systemctl", "start", "probe")
        if mode:
            result = shown("probe", "Result")
            say("400 MB are refused (MemoryMax)", code != 0 and result in ("oom-kill", "exit-code", "signal"), result)
            continue
        outcomes = json.loads(Path("/run/probe").read_text() or "{}")
        refused = {"a forbidden device", "a forbidden address", "the system's files", "priority 41"}
        for name, result in outcomes.items():
            say(f"sandbox: {name}", (result != "ok") == (name in refused), result)
        say("the sandbox was tried", outcomes, "" if outcomes else said[-200:])


def read_only_root():
    """Let nothing be written but what the clip records, on a partition of its own."""
    run("systemctl", "restart", "systemd-journald")  # a start of the Pi would: now it knows that the log stays in RAM
    say("the log stays in RAM", until(lambda: list(Path("/run/log/journal").glob("*/system.journal")), 10.0))
    run("mount", "-t", "tmpfs", "-o", "size=64M", "tmpfs", "/var/lib/sternway")
    code, said = run("mount", "-o", "remount,ro", "/")
    run("systemctl", "start", "sternway")
    until(lambda: Path("/var/lib/sternway/outbox.db").exists(), 20.0)
    kept = sorted(path.name for path in Path("/var/lib/sternway").glob("*.db"))
    active = shown("sternway", "ActiveState") == "active"
    say("with a read-only root it runs and records", code == 0 and active and kept, said or ", ".join(kept))
    run("systemctl", "stop", "sternway")


def main():
    say("boot", True, f"{Path('/proc/version').read_text().split()[2]}, {time.monotonic():.0f} s")
    wire_up()
    provision()
    adapter = plug_the_sensor()
    score()
    doctor()
    forget()
    start()
    share()
    stumble("a stumble buzzes in its own rhythm")
    brown_out(adapter)
    shoot()
    hang(adapter)
    sandbox()
    read_only_root()
    print("@@END", flush=True)


try:
    main()
except Exception as error:
    say("the scenario runs to its end", False, repr(error))
    raise
