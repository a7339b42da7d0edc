"""Boots the virtual board, lets it show what it must, and prints a table; ``--write FILE`` keeps it with versions."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from image import SOURCE, make_card
from machine import Finding, boot, broker

from sternway.simulate.script import Stand, Stumble, Walk
from sternway.simulate.walker import Walker

RATE_HZ = 416.0
OVERLAY = SOURCE / "firmware/overlays/sternway-clip.dts"


def walk(file):
    """Write a walk that stumbles every twelve seconds, as the sensor's rows at 416 Hz."""
    walker = Walker((Stand(0.5), *(Walk(12.0), Stumble()) * 6), seed=1)
    times_s = np.arange(0.0, walker.truth.duration_s, 1.0 / RATE_HZ)
    np.save(file, np.hstack(walker.at(times_s)).astype(np.float32))


def heard_outside(heard):
    """Return what the broker outside was told of stumbles."""
    kinds = Counter(json.loads(line.split(" ", 1)[1])["event_type"] for line in heard.read_text().splitlines())
    words = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return Finding("a stumble event at the broker outside", kinds["stumble"] > 0, words)


def overlays(trees, work):
    """See whether the overlay applies to every device tree of a Raspberry Pi that Debian's kernel has."""
    overlay = work / "sternway-clip.dtbo"
    subprocess.run(["dtc", "-q", "-@", "-O", "dtb", "-o", overlay, OVERLAY], check=True)
    words = [["fdtoverlay", "-i", tree, "-o", work / "merged.dtb", overlay] for tree in trees]
    refused = [str(line[2].stem) for line in words if subprocess.run(line, check=False).returncode]
    names = ", ".join(refused) or f"all {len(trees)} of Debian's bcm2837 and bcm2711"
    return Finding("the overlay applies", trees and not refused, names)


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
        findings.append(overlays(sorted((chosen.cache / "device-trees").glob("*.dtb")), work))
        times = {"card made in": built_s - began_s, "board ran for": time.monotonic() - built_s}
    result = table(findings, times)
    print(result)
    if chosen.write:
        before = chosen.write.read_text().split("<!-- result -->")[0]
        chosen.write.write_text(f"{before}<!-- result -->\n{versions()}\n\n{result}\n")
    return 0 if all(found.held for found in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
