"""Collect, on any computer, all that `provision --wheels` needs on a Pi without a network.

``collect_wheels.py FOLDER`` fills FOLDER with Sternway's own wheel and, for 64-bit Raspberry Pi OS Bookworm (Python
3.11) and Trixie (3.13), the locked wheel of every library; a library without one is an error, not an empty install.
"""

import subprocess
import sys
from pathlib import Path

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


def collect(folder: Path) -> list[str]:
    """Fill ``folder``; return the names of all wheels."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("sternway-*.whl"):
        old.unlink()
    for python in PYTHONS:
        download(folder, python, "--require-hashes", "--requirement", str(SOURCE / "requirements/pi.lock"))
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*build, "--no-build-isolation", "--wheel-dir", str(folder), str(SOURCE)], check=True)
    names = sorted(path.name for path in folder.glob("*.whl"))
    if EMPTY_LGPIO in names:
        raise SystemExit(f"{folder / EMPTY_LGPIO} is an empty shell: lgpio must come from apt (python3-lgpio)")
    return names


if __name__ == "__main__":
    print("\n".join(collect(Path(sys.argv[1]))))
