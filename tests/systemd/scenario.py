"""Runs in the container: asks systemd about the clip's unit and writes down what it says."""

import json
import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

UNIT = "sternway.service"


def shown(name):
    words = ["systemctl", "show", UNIT, f"--property={name}", "--value"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def until(holds, patience_s=60.0):
    end_s = time.monotonic() + patience_s
    while not holds() and time.monotonic() < end_s:
        time.sleep(0.1)


def back(before):
    until(lambda: shown("NRestarts") != before and shown("ActiveState") == "active")
    return shown("ActiveState")


def main():
    found = {}
    subprocess.run(["systemctl", "start", UNIT], check=False)
    found["active"] = shown("ActiveState")
    if found["active"] != "active":
        raise SystemExit(f"the unit does not start:\n{journal()}")
    pid = int(shown("MainPID"))
    found["user"] = pwd.getpwuid(Path(f"/proc/{pid}").stat().st_uid).pw_name if pid else ""
    found["credentials"] = sorted(os.listdir(f"/run/credentials/{UNIT}"))
    restarts = shown("NRestarts")
    os.kill(pid, signal.SIGKILL)
    found["after kill -9"] = back(restarts)
    found["new process after kill -9"] = int(shown("MainPID")) != pid
    time.sleep(3.0)  # into the loop
    restarts, pid, began_s = shown("NRestarts"), int(shown("MainPID")), time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    until(lambda: int(shown("MainPID")) != pid)
    found["hang ended after s"] = time.monotonic() - began_s
    found["ended by"] = "watchdog" if "Watchdog timeout" in journal() else journal()[-300:]
    found["after a hang"] = back(restarts)
    subprocess.run(["systemctl", "stop", UNIT], check=False)
    found["after stop"] = shown("ActiveState")
    Path("/var/found.json").write_text(json.dumps(found))


def journal():
    words = ["journalctl", "--boot", "--no-pager", "--output=cat", f"--unit={UNIT}"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    main()
