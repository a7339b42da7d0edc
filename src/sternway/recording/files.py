"""Sternway's own recording file: what the sensor said and what was made of it, readable with NumPy alone.

A recording is a chain of gzip members, each holding arrays in NumPy's own ``.npy`` form, one after the other::

    with gzip.open("walk.swrec") as file:
        header = json.loads(np.load(file).tobytes())   # the first array: UTF-8 text of a JSON object
        samples = np.load(file)                         # then structured arrays of samples ...
                                                        # ... and, as text again, notes such as events

A member is written whole and synced to disk before the next begins, so a power cut costs at most the member that was
being written; a reader keeps everything before it. Samples are raw chip counts (``int16``) where the header names the
scale, else SI. The header says which, and carries every unit in its keys.
"""

import gzip
import io
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sternway.errors import RecordingError
from sternway.samples import Block

FORMAT = "sternway-recording"
VERSION = 1
SUFFIX = ".swrec"
_COUNTS = np.dtype([("time_s", "<f8"), ("accel", "<i2", (3,)), ("gyro", "<i2", (3,)), ("after_gap", "?")])
_SI = np.dtype([("time_s", "<f8"), ("accel", "<f8", (3,)), ("gyro", "<f8", (3,)), ("after_gap", "?")])
_ACCEL_SCALE, _GYRO_SCALE = "accel_mps2_per_count", "gyro_radps_per_count"


class RecordingWriter:
    """Appends blocks and notes to a new recording.

    ``header`` may name ``accel_mps2_per_count`` and ``gyro_radps_per_count``; then samples are stored as chip counts.
    ``member_s`` is how much motion one compressed member holds, which is what a power cut can cost.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], member_s: float = 10.0) -> None:
        self._member_s = member_s
        self._scales = _scales(header)
        self._arrays: list[NDArray[Any]] = []
        self._started_s: float | None = None
        self._file: BinaryIO = path.open("xb")
        text = json.dumps({"format": FORMAT, "version": VERSION, **header}, allow_nan=False)
        self._arrays.append(np.frombuffer(text.encode(), dtype=np.uint8))
        self.flush()

    def add(self, block: Block) -> None:
        """Append the samples of ``block``; a full member goes to disk at once."""
        if not len(block):
            return
        rows = np.zeros(len(block), dtype=_COUNTS if self._scales else _SI)
        accel_scale, gyro_scale = self._scales or (1.0, 1.0)
        rows["time_s"] = block.time_s
        rows["accel"] = _stored(block.accel_mps2, accel_scale, rows["accel"].dtype)
        rows["gyro"] = _stored(block.gyro_radps, gyro_scale, rows["gyro"].dtype)
        rows["after_gap"][0] = block.after_gap
        self._arrays.append(rows)
        start_s = float(block.time_s[0]) if self._started_s is None else self._started_s
        self._started_s = start_s
        if block.time_s[-1] - start_s >= self._member_s:
            self.flush()

    def note(self, note: Mapping[str, Any]) -> None:
        """Append something that is not a sample, such as an event, in its place among the samples."""
        self._arrays.append(np.frombuffer(json.dumps(note).encode(), dtype=np.uint8))

    def flush(self) -> None:
        """Write what is pending as one member and wait until the disk has it."""
        if not self._arrays:
            return
        member = io.BytesIO()
        for array in _joined(self._arrays):
            np.save(member, array, allow_pickle=False)
        self._file.write(gzip.compress(member.getvalue(), compresslevel=6, mtime=0))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._arrays, self._started_s = [], None

    def close(self) -> None:
        """Write what is pending and close the file."""
        try:
            self.flush()
        finally:
            self._file.close()

    def abandon(self) -> None:
        """Close the file as it stands on the disk, without what is pending."""
        self._file.close()

    def __enter__(self) -> "RecordingWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Recording:
    """A recording on disk, as a :class:`~sternway.samples.Source` of its blocks.

    ``header`` is the description it was written with. After a pass, ``notes`` holds its notes in order and
    ``truncated`` says whether the end was cut off, as by a power cut.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.notes: list[dict[str, Any]] = []
        self.truncated = False
        first = next(self._arrays(), None)
        if first is None or first.dtype != np.uint8:
            raise RecordingError(f"{path}: not a Sternway recording (no header could be read)")
        self.header = _parsed(first, path)
        if self.header.get("format") != FORMAT:
            raise RecordingError(f"{path}: not a Sternway recording (its format is {self.header.get('format')!r})")
        if self.header.get("version") != VERSION:
            raise RecordingError(f"{path}: written as version {self.header.get('version')}; this reads {VERSION}")
        self._scales = _scales(self.header)

    def __iter__(self) -> Iterator[Block]:
        self.notes, self.truncated = [], False
        arrays = self._arrays()
        next(arrays, None)
        for array in arrays:
            if array.dtype == np.uint8:
                self.notes.append(_parsed(array, self._path))
            elif array.dtype in (_COUNTS, _SI):
                yield from self._blocks(array)
            else:
                raise RecordingError(f"{self._path}: holds an array of unknown kind {array.dtype}")

    def _blocks(self, rows: NDArray[Any]) -> Iterator[Block]:
        accel_scale, gyro_scale = self._scales or (1.0, 1.0)
        starts = np.union1d([0], np.flatnonzero(rows["after_gap"]))
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
            part = rows[start:end]
            time_s = part["time_s"].astype(np.float64)
            yield Block(
                time_s,
                part["accel"] * accel_scale,
                part["gyro"] * gyro_scale,
                read_at_s=float(time_s[-1]),
                after_gap=bool(part["after_gap"][0]),
            )

    def _arrays(self) -> Iterator[NDArray[Any]]:
        """Yield whole arrays until the end, or until the first damage."""
        try:
            with gzip.open(self._path) as file:
                while file.peek(1):
                    yield np.load(file, allow_pickle=False)
        except FileNotFoundError as error:
            raise RecordingError(f"{self._path}: there is no such file") from error
        except (EOFError, ValueError, zlib.error, gzip.BadGzipFile):
            self.truncated = True
        except OSError as error:
            raise RecordingError(f"{self._path}: cannot be read ({error.strerror or error})") from error


def _scales(header: Mapping[str, Any]) -> tuple[float, float] | None:
    if _ACCEL_SCALE not in header:
        return None
    return float(header[_ACCEL_SCALE]), float(header[_GYRO_SCALE])


def _stored(values: NDArray[np.float64], scale: float, kind: np.dtype[Any]) -> NDArray[Any]:
    if kind.kind == "f":
        return values
    finite = np.nan_to_num(values / scale, nan=0.0, posinf=32767, neginf=-32768)
    return np.clip(np.rint(finite), -32768, 32767).astype(kind)


def _joined(arrays: list[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """Join neighbouring sample arrays into one, which compresses better and loads faster."""
    run: list[NDArray[Any]] = []
    for array in arrays:
        if array.dtype == np.uint8:
            if run:
                yield np.concatenate(run)
                run = []
            yield array
        else:
            run.append(array)
    if run:
        yield np.concatenate(run)


def _parsed(array: NDArray[Any], path: Path) -> dict[str, Any]:
    try:
        note = json.loads(array.tobytes())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RecordingError(f"{path}: a note in it is not JSON") from error
    if not isinstance(note, dict):
        raise RecordingError(f"{path}: a note in it is not a JSON object")
    return note
