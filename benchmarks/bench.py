"""Run every benchmark, ratios first, and write the table and the JSON.

    python benchmarks/bench.py [--quick] [--only NAME ...] [--json FILE]

Each part is a program of its own in this folder and can be run alone; a part that fails is said and left out.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PARTS = {
    "peers": [],
    "cost": [],
    "latency": [],
    "start": [],
    "instructions": [],
    "network_faults": ["--minutes", "14"],
    "dashboard": [],
}
QUICK = {
    "peers": ["--minutes", "2"],
    "cost": ["--samples", "60000"],
    "latency": ["--seconds", "15"],
    "network_faults": ["--minutes", "1"],
    "dashboard": ["--walks", "100", "--requests", "5", "--seconds", "3", "--viewers", "10"],
}


def machine() -> dict[str, Any]:
    """Return what the figures were measured on, and how busy it was."""
    names = [line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": f"{platform.python_version()} of {sys.base_prefix}",
        "numpy": version("numpy"),
        "load_average": os.getloadavg(),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def run(name: str, words: list[str]) -> Any:
    """Return the figures of one part, run in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        command = [sys.executable, str(HERE / f"{name}.py"), *words, "--json", str(figures)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if figures.exists():
            return json.loads(figures.read_text())
        return {"absent": (done.stderr.strip().splitlines() or ["no figures"])[-1]}


def rows(figures: Any, name: str = "") -> list[tuple[str, str]]:
    """Return nested figures as lines of a table: the path to each, and the figure."""
    if isinstance(figures, dict) and any(isinstance(value, dict | list) for value in figures.values()):
        return [row for key, value in figures.items() for row in rows(value, f"{name} {key}".strip())]
    if isinstance(figures, dict):
        return [(name, "  ".join(f"{key} {value}" for key, value in figures.items()))]
    return [(name, ", ".join(map(str, figures)) if isinstance(figures, list) else str(figures))]


def main() -> None:
    """Run the parts asked for and print their table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter runs, a few minutes in all")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), default=list(PARTS))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"machine": machine()}
    for name in arguments.only:
        figures[name] = run(name, QUICK.get(name, PARTS[name]) if arguments.quick else PARTS[name])
        print(f"\n{name}", *(f"  {path:58} {value}" for path, value in rows(figures[name])), sep="\n", flush=True)
    print("\nmachine", *(f"  {path:58} {value}" for path, value in rows(figures["machine"])), sep="\n")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
