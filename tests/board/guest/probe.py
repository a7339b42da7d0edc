"""Run in the clip's own sandbox: what is refused, and what is not?"""

import ctypes
import json
import os
import socket
import sys


def outcome(act):
    """Return ok or the name of the refusal."""
    try:
        act()
    except OSError as error:
        return error.strerror
    return "ok"


def opened(path, how=os.O_RDWR):
    return outcome(lambda: os.close(os.open(path, how)))


def sent(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        return outcome(lambda: wire.sendto(b"?", (address, 9)))


def scheduled(priority):
    how = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    return outcome(lambda: os.sched_setscheduler(0, how, os.sched_param(priority)))


def main():
    if sys.argv[1:] == ["memory"]:
        print(len(bytearray(os.urandom(1 << 20) * 400)))
        return
    print(
        json.dumps(
            {
                "the sensor's bus": opened("/dev/i2c-1"),
                "the pins": opened("/dev/gpiochip0"),
                "a forbidden device": opened("/dev/cuse"),
                "an address at home": sent("10.0.2.100"),
                "a forbidden address": sent("203.0.113.7"),
                "its own state": opened("/var/lib/sternway/probe", os.O_RDWR | os.O_CREAT),
                "the system's files": opened("/etc/probe", os.O_RDWR | os.O_CREAT),
                "priority 40": scheduled(40),
                "priority 41": scheduled(41),
                "memory kept in RAM": "ok" if ctypes.CDLL(None).mlockall(3) == 0 else "refused",
                "the boot's name": opened("/proc/sys/kernel/random/boot_id", os.O_RDONLY),
                "the board's revision": opened("/proc/device-tree/system/linux,revision", os.O_RDONLY),
            }
        )
    )


main()
