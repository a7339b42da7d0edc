"""What the virtual board is asked to show, step by step; each line that begins with @@ is a finding for the host."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

PYTHON = "/opt/sternway/bin/python"
BOARD = Path("/opt/board")
TRACE = Path("/sys/kernel/tracing")
MOTOR = 5
PATIENCE_S = 120.0
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
    print(f"@@ {json.dumps([name, bool(holds), str(words), round(time.monotonic(), 2)])}", flush=True)


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
    TRACE.joinpath("trace_clock").write_text("mono")
    TRACE.joinpath("events/gpio/gpio_value/enable").write_text("1")


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
    say("provision --check", run(words[0], "--check", *words[1:])[0] == 0)
    run("systemctl", "stop", "sternway")
    Path("/etc/sternway/sternway.toml").write_text(SETTINGS)


def plug_the_sensor():
    log = Path("/run/adapter.log").open("w")  # noqa: SIM115 (the adapter writes there as long as it lives)
    adapter = subprocess.Popen([PYTHON, str(BOARD / "i2c_adapter.py"), str(BOARD / "walk.npy")], stderr=log)
    if not until(lambda: Path("/dev/i2c-1").exists(), 300.0):
        say("the bus appears", False, Path("/run/adapter.log").read_text()[-300:])
    run("udevadm", "settle")
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
    words = [
        "systemd-run",
        "--quiet",
        "--wait",
        "--pipe",
        "--uid=sternway",
        "--property=SupplementaryGroups=i2c gpio",
    ]
    words += [
        "--property=WorkingDirectory=/var/lib/sternway",
        "/opt/sternway/bin/sternway",
        "doctor",
        "--json",
        "--seconds",
        "3",
    ]
    said = run(*words)[1]
    try:
        findings = {found["check"]: found for found in json.loads(said[said.index("[") :])}
        checks = ("bus", "chip", "samples")
        wrong = "; ".join(found["words"] for found in findings.values() if found["verdict"] == "wrong")
        words = "; ".join(f"{name} {findings[name]['verdict']}" for name in findings) + (wrong and f" ({wrong})")
        say(
            "sternway doctor finds bus, chip and samples",
            all(findings[n]["verdict"] == "ok" for n in checks),
            words,
        )
    except (ValueError, KeyError) as error:
        say("sternway doctor finds bus, chip and samples", False, f"{error} {said[-300:]}")


def edges():
    """Return (time, level) at every change of the motor's pin, from the kernel's trace."""
    found = []
    for row in TRACE.joinpath("trace").read_text().splitlines():
        match = re.search(r" (\d+\.\d+): gpio_value: (\d+) set (\d)", row)
        if match:
            found.append((float(match[1]), int(match[2]), int(match[3])))
    lines = {line for _, line, _ in found}
    motor = min(lines) if lines else 0  # the lower of 5 and 7 that was ever set
    levels = [(at, level) for at, line, level in found if line == motor]
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


def start_and_walk():
    began_s = time.monotonic()
    code, said = run("systemctl", "start", "sternway")
    say(
        "the unit reaches active",
        code == 0 and shown("sternway", "ActiveState") == "active",
        f"{time.monotonic() - began_s:.1f} s {said[-200:]}",
    )
    say(
        "the loop has real-time priority, nothing was refused",
        os.sched_getscheduler(pid()) & 0xFF == os.SCHED_FIFO,
        journal()[-150:],
    )
    felt = until(lambda: [start_s for start_s, _ in buzzes(edges()) if start_s > began_s])
    say("the start is felt", felt)
    status = Path(f"/proc/{pid()}/status").read_text() if pid() else ""
    say(
        "its memory",
        status,
        ", ".join(" ".join(line.split()) for line in status.splitlines() if line[:6] in ("VmRSS:", "VmLck:")),
    )


def share():
    """Say how much of this processor, one of 500 MIPS, the service takes while somebody walks."""

    def spent_s():
        return int(shown("sternway", "CPUUsageNSec")) / 1e9

    before_s, began_s = spent_s(), time.monotonic()
    time.sleep(20.0)
    passed_s = time.monotonic() - began_s
    used = (spent_s() - before_s) / passed_s
    say("it keeps up with a processor of 500 MIPS", used < 0.8, f"{100.0 * used:.0f} % of it")


def stumble():
    """Find a buzz with the rhythm strong (0.26 s), pause (0.1 s), weak (0.12 s)."""

    def found():
        for start_s, end_s in buzzes(edges()):
            inside = [(at, level) for at, level in edges() if start_s <= at <= end_s]
            falls = [at for at, level in inside if not level]
            pauses = [b - a for (a, la), (b, lb) in itertools.pairwise(inside) if not la and lb and b - a > 0.05]
            if len(pauses) == 1 and 0.35 < end_s - start_s < 0.75 and falls:
                return f"{end_s - start_s:.2f} s with one pause of {pauses[0]:.2f} s"
        return ""

    words = until(found)
    say("a stumble buzzes in its own rhythm", words, words or [[round(b - a, 2)] for a, b in buzzes(edges())])


def shoot():
    """Kill the service while the motor turns: it must not go on turning, and the service must come back."""
    run("systemctl", "restart", "sternway")
    seen = len(edges())
    until(lambda: len(edges()) > seen and edges()[-1][1] == 1)
    victim, before, shot_s = pid(), int(shown("sternway", "NRestarts")), time.monotonic()
    os.kill(victim, signal.SIGKILL)
    print("@! shot", flush=True)
    back = until(
        lambda: int(shown("sternway", "NRestarts")) > before and shown("sternway", "ActiveState") == "active"
    )
    say("kill -9: restarted", back and pid() != victim)
    after = [(at - shot_s, level) for at, level in edges() if at > shot_s]
    low = bool(after) and after[0][1] == 0
    say(
        "kill -9: the motor is off",
        low and "motor_off.py" not in journal(),
        f"{after[0][0]:.1f} s later" if low else after[:3],
    )


def still():
    time.sleep(2.0)
    return edges()[-1][1] == 0 if edges() else True


def hang(adapter):
    """Let the bus hang in the middle of a transfer: only the watchdog can end that."""
    victim = pid()
    began_s = time.monotonic()
    adapter.send_signal(signal.SIGSTOP)
    gone = until(lambda: pid() != victim, 60.0)
    took_s = time.monotonic() - began_s
    adapter.send_signal(signal.SIGCONT)
    say("a hung loop: the watchdog ends it within 15 s", gone and took_s < 15.0, f"{took_s:.1f} s")
    say("a hung loop: restarted", until(lambda: shown("sternway", "ActiveState") == "active"))
    say("a hung loop: the motor is off", still())


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
        say("the sandbox was tried", outcomes, said[-200:])


def main():
    say("boot", True, f"{Path('/proc/version').read_text().split()[2]}, {time.monotonic():.0f} s")
    wire_up()
    provision()
    adapter = plug_the_sensor()
    score()
    doctor()
    start_and_walk()
    share()
    stumble()
    shoot()
    hang(adapter)
    sandbox()
    print("@@END", flush=True)


try:
    main()
except Exception as error:
    say("the scenario runs to its end", False, repr(error))
    raise
