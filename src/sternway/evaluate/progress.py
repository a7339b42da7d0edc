"""A progress bar where work is long and somebody watches."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def progress(items: Iterable[T], count: int) -> Iterator[T]:
    """Yield ``items``, showing on a terminal's standard error how many of ``count`` are done.

    Nothing is shown where the output of errors is a file or a pipe, or where tqdm (extra ``[train]``) is missing.
    """
    try:
        from tqdm import tqdm  # noqa: PLC0415
    except ImportError:
        yield from items
        return
    yield from tqdm(items, total=count, disable=not sys.stderr.isatty(), leave=False)
