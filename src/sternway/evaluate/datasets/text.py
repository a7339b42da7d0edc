"""Text files as people hand them on: with a byte-order mark, or written where decimals have a comma."""

from pathlib import Path

import numpy as np

from sternway.errors import RecordingError
from sternway.samples import Floats

MOST_OFF = 2
"""Labels and samples whose numbers differ by this many still belong together: somebody counted an end otherwise."""


def text_of(path: Path) -> str:
    """Return the text of a file, without a byte-order mark; raise ``RecordingError`` where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror})") from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def number(cell: str) -> float:
    """Return the number in a cell whose decimals follow a point or a comma; raise ``ValueError`` for anything else.

    >>> number(" -0,25 "), number("1.5")
    (-0.25, 1.5)
    """
    return float(cell.replace(",", "."))


def fitted(labels: Floats, count: int, path: Path) -> tuple[Floats, tuple[str, ...]]:
    """Return ``count`` labels (n,), the last one repeated or left out where a sample or two are amiss, and a remark.

    Raises ``RecordingError`` where more are amiss.
    """
    if len(labels) == count:
        return labels, ()
    words = f"{path}: {len(labels)} labels for {count} samples"
    if not len(labels) or abs(len(labels) - count) > MOST_OFF:
        raise RecordingError(f"{words}; they must be as many")
    return np.resize(np.pad(labels, (0, MOST_OFF), mode="edge"), count), (f"{words}; read as if their first agreed",)
