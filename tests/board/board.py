"""Boots the virtual board, lets it show what it must, and prints a table; ``--write FILE`` keeps it with versions."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from image import SOURCE, make_card
from machine import Finding, boot, broker

from sternway.recording.script import Stand, Stumble, Walk
from sternway.recording.walker import Walker

RATE_HZ = 416.0


def walk(file):
    """Write a walk that stumbles every twelve seconds, as the sensor's rows at 416 Hz."""
    walker = Walker((Stand(0.5), *(Walk(12.0), Stumble()) * 6), seed=1)
    times_s = np.arange(0.0, walker.truth.duration_s, 1.0 / RATE_HZ)
    np.save(file, np.hstack(walker.at(times_s)).astype(np.float32))


def heard_outside(heard):
    """Return what the broker outside was told of stumbles."""
    rows = [line.split(" ", 1) for line in heard.read_text().splitlines()]
    stumbles = [json.loads(body) for _, body in rows if "stumble" in body]
    return Finding("a stumble event at the broker outside", bool(stumbles), f"{len(stumbles)} of {len(rows)} events")


def table(findings, times):
    """Return the result as a Markdown page's table."""
    rows = [f"| {found.name} | {'holds' if found.held else '**fails**'} | {found.words} |" for found in findings]
    head = ["| What | Result | Figure |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows, "", *(f"- {name}: {seconds:.0f} s" for name, seconds in times.items())])


def versions():
    """Return what this run was made with, in words."""
    qemu = subprocess.run(["qemu-system-aarch64", "--version"], capture_output=True, text=True, check=True).stdout
    commit = subprocess.run(
        ["git", "-C", SOURCE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return f"{datetime.now(UTC):%Y-%m-%d}, sternway {commit.stdout.strip() or '(no git)'}, {qemu.splitlines()[0]}"


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--cache", type=Path, default=Path.home() / ".cache/sternway/board")
    words.add_argument("--wheels", type=Path, default=SOURCE / "build/wheels")
    words.add_argument("--write", type=Path, help="put the table into this page, below its mark")
    chosen = words.parse_args()
    chosen.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=chosen.cache) as folder:
        work = Path(folder)
        began_s = time.monotonic()
        walk(work / "walk.npy")
        card = make_card(
            chosen.cache, work, chosen.wheels, [("opt/board/walk.npy", (work / "walk.npy").read_bytes())]
        )
        built_s = time.monotonic()
        with broker(work) as (port, heard):
            findings = [*boot(card, work, port), heard_outside(heard)]
        times = {"card made in": built_s - began_s, "board ran for": time.monotonic() - built_s}
    result = table(findings, times)
    print(result)
    if chosen.write:
        before = chosen.write.read_text().split("<!-- result -->")[0]
        chosen.write.write_text(f"{before}<!-- result -->\n{versions()}\n\n{result}\n")
    return 0 if all(found.held for found in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
