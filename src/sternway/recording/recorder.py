"""Records whole walks on the clip without ever making the loop wait."""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sternway.config import RecordingSettings
from sternway.recording.files import SUFFIX, RecordingWriter
from sternway.samples import Block

_log = logging.getLogger(__name__)

WAITING_BLOCKS = 3000  # about a minute of 20 ms blocks: a disk that sleeps longer costs raw samples, nothing else


class Recorder:
    """Takes blocks and notes from the loop; its chore, on the writer's thread, puts them on the disk.

    ``begin`` opens a new file for a walk and ``end`` closes it. The folder is held under ``max_bytes`` by removing
    the oldest recordings. ``dropped_count`` counts blocks lost because the disk did not keep up.
    """

    def __init__(self, settings: RecordingSettings) -> None:
        self.dropped_count = 0
        self._settings = settings
        self._jobs: deque[Callable[[], None]] = deque()
        self._writer: RecordingWriter | None = None
        self._recording = False

    def begin(self, name: str, header: Mapping[str, Any]) -> None:
        """Begin a recording called ``name``."""
        if self._settings.enabled:
            self._recording = True
            self._jobs.append(lambda: self._open(name, header))

    def offer(self, block: Block) -> None:
        """Take ``block`` if a walk is being recorded."""
        if not self._recording or not len(block):
            return
        if len(self._jobs) >= WAITING_BLOCKS:
            self.dropped_count += 1
            return
        self._jobs.append(lambda: self._add(block))

    def note(self, note: Mapping[str, Any]) -> None:
        """Take something that is not a sample, such as an event."""
        if self._recording:
            self._jobs.append(lambda: self._note(note))

    def end(self) -> None:
        """End the recording."""
        if self._recording:
            self._recording = False
            self._jobs.append(self._close)

    def chore(self) -> None:
        """Do the waiting work; called on the writer's thread."""
        while self._jobs:
            job = self._jobs.popleft()
            try:
                job()
            except OSError as error:
                self._give_up(error)

    def _open(self, name: str, header: Mapping[str, Any]) -> None:
        self._close()
        folder = Path(self._settings.directory)
        folder.mkdir(parents=True, exist_ok=True)
        self._make_room(folder)
        self._writer = RecordingWriter(folder / f"{name}{SUFFIX}", header)

    def _add(self, block: Block) -> None:
        if self._writer is not None:
            self._writer.add(block)

    def _note(self, note: Mapping[str, Any]) -> None:
        if self._writer is not None:
            self._writer.note(note)

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _give_up(self, error: OSError) -> None:
        _log.error("the recording of this walk stops here (%s); warnings and records go on", error.strerror or error)
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.abandon()

    def _make_room(self, folder: Path) -> None:
        files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
        sizes = [path.stat().st_size for path in files]
        while files and sum(sizes) > self._settings.max_bytes:
            files.pop(0).unlink()
            sizes.pop(0)
