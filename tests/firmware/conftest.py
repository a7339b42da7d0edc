"""A scratch root that looks like a stock Raspberry Pi OS, and commands that only remember."""

import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"

STOCK_CONFIG = """\
# For more options and information see http://rptl.io/configtxt
dtparam=audio=on
camera_auto_detect=1

[cm4]
otg_mode=1

[all]
"""

FAKES = {
    "dpkg-query": 'for name in "$@"; do case $name in python3-*|device-tree-*) '
    '[ -e "$FAKES/lacks-$name" ] || echo "$name installed";; esac; done',
    "systemctl": 'echo "systemctl $*" >> "$FAKES/log"; '
    '[ "$1" = --version ] && { echo "systemd 257 (257.13)"; exit 0; }; '
    'for word in "$@"; do case $word in --root=*) root=${word#--root=};; esac; done; '
    'wants=$root/etc/systemd/system/multi-user.target.wants; case "$*" in *enable*) mkdir -p $wants; '
    "ln -sf ../sternway.service $wants/sternway.service;; *disable*) rm -f $wants/sternway.service;; esac",
    "systemd-sysusers": 'echo "systemd-sysusers $*" >> "$FAKES/log"',
    "systemd-tmpfiles": 'echo "systemd-tmpfiles $*" >> "$FAKES/log"',
    # python3 -m venv --system-site-packages --clear FOLDER
    "python3": 'for word in "$@"; do folder=$word; done; rm -rf "$folder"; mkdir -p "$folder/bin"; '
    'cp "$FAKES/pip" "$folder/bin/python"; cp "$FAKES/sternway" "$folder/bin/sternway"; '
    'echo "# $folder/bin/python" >> "$folder/bin/sternway"; '
    'echo "venv" >> "$FAKES/log"',
    "pip": 'echo "pip $*" >> "$FAKES/log"; [ -e "$FAKES/breaks" ] && { cat "$FAKES/breaks" >&2; exit 1; }; exit 0',
    "sternway": "echo '[clip]'",
}


@pytest.fixture
def fakes(tmp_path, monkeypatch):
    """The folder of fake commands; files in it make them fail."""
    folder = tmp_path / "fakes"
    folder.mkdir()
    for name, script in FAKES.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("FAKES", str(folder))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def card(tmp_path):
    """The mounted card of a Pi that nobody has touched."""
    root = tmp_path / "card"
    (root / "boot/firmware/overlays").mkdir(parents=True)
    (root / "boot/firmware/config.txt").write_text(STOCK_CONFIG)
    (root / "usr/share/python-wheels").mkdir(parents=True)
    (root / "usr/share/python-wheels/pip-25.1-py3-none-any.whl").touch()
    return root


@pytest.fixture
def provision(fakes, card, monkeypatch):
    """Run ``provision`` on the card; return what it returned."""
    loader = importlib.machinery.SourceFileLoader("provision", str(FIRMWARE / "provision"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("provision", loader))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setitem(sys.modules, "provision", module)
    loader.exec_module(module)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["provision", "--root", str(card), *map(str, words)])
        return module.main()

    run.module = module
    return run
