"""Collect, on any computer, all that `provision --wheels` needs on a Pi without a network.

``collect_wheels.py FOLDER`` fills FOLDER with Sternway's own wheel and, for 64-bit Raspberry Pi OS Bookworm (Python
3.11) and Trixie (3.13), the locked wheel of every library; a library without one is an error, not an empty install.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

SOURCE = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.13")
# Wheels for any C library that both systems have (glibc 2.36 and 2.41).
PLATFORMS = ("manylinux_2_17_aarch64", "manylinux2014_aarch64", "manylinux_2_27_aarch64", "manylinux_2_28_aarch64")
EMPTY_LGPIO = "lgpio-0.0.0.2-py3-none-any.whl"


def download(folder: Path, python: str, *what: str) -> None:
    """Download for one Python of a Pi."""
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    target = ["--only-binary", ":all:", "--python-version", python, *platforms, "--dest", str(folder)]
    subprocess.run([*pip, *target, *what], check=True)


def locked_for(python: str) -> str:
    """Return the lock as it holds on a Pi with that Python; pip itself would ask this computer's."""
    pi = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_machine": "aarch64",
    }
    kept = []
    for entry in (SOURCE / "requirements/pi.lock").read_text(encoding="utf-8").replace(" \\\n", " ").splitlines():
        if not entry or entry.startswith("#"):
            continue
        words = entry.split()
        hashes = [word for word in words if word.startswith("--hash")]
        requirement = Requirement(" ".join(word for word in words if word not in hashes))
        if requirement.marker is None or requirement.marker.evaluate(pi):
            kept.append(" ".join([f"{requirement.name}{requirement.specifier}", *hashes]))
    return "\n".join(kept)


def collect(folder: Path) -> list[str]:
    """Fill ``folder``; return the names of all wheels."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("sternway-*.whl"):
        old.unlink()
    for python in PYTHONS:
        with tempfile.TemporaryDirectory() as work:
            lock = Path(work) / "pi.lock"
            lock.write_text(locked_for(python), encoding="utf-8")
            download(folder, python, "--require-hashes", "--requirement", str(lock))
    shutil.rmtree(SOURCE / "build/lib", ignore_errors=True)  # what is left of an older build would go into the wheel
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*build, "--no-build-isolation", "--wheel-dir", str(folder), str(SOURCE)], check=True)
    names = sorted(path.name for path in folder.glob("*.whl"))
    if EMPTY_LGPIO in names:
        raise SystemExit(f"{folder / EMPTY_LGPIO} is an empty shell: lgpio must come from apt (python3-lgpio)")
    return names


if __name__ == "__main__":
    print("\n".join(collect(Path(sys.argv[1]))))
