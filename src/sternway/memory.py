"""What the clip has learned and counted, kept in one file so that a restart costs nothing."""

import contextlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)


class Memory:
    """Keeps the newest snapshot in ``path``, written whole or not at all.

    The loop hands over with :meth:`keep`; :meth:`chore`, on the writer's thread, puts it on the disk. ``sync`` also
    waits for the disk itself: for what must outlive a power cut and not only a crash.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending: tuple[str, bool] | None = None
        self._failing = False

    def load(self) -> dict[str, Any]:
        """Return the last snapshot; an empty one where there is none. A damaged file is set aside, and said."""
        try:
            snapshot = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            self.set_aside(error)
            return {}
        return snapshot if isinstance(snapshot, dict) else {}

    def set_aside(self, why: Exception) -> None:
        """Put a snapshot that cannot be taken up out of the way, for whoever wants to look, and say so."""
        aside = self._path.with_suffix(".damaged")
        words = f"{type(why).__name__}: {why}"
        _log.error("%s cannot be read (%s): the clip learns anew; the old file is %s", self._path, words, aside)
        with contextlib.suppress(OSError):
            self._path.replace(aside)

    def keep(self, snapshot: Mapping[str, Any], *, sync: bool = False) -> None:
        """Take a snapshot to be written; a newer one replaces one not yet written.

        It becomes text here, on the caller's thread, so that what changes afterwards cannot tear it.
        """
        must_sync = sync or (self._pending is not None and self._pending[1])
        self._pending = (json.dumps(snapshot, allow_nan=False), must_sync)

    def chore(self) -> None:
        """Write the newest snapshot, if there is one."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        try:
            self._write(*pending)
            self._failing = False
        except OSError as error:
            if not self._failing:
                _log.error("%s cannot be written (%s): a restart would lose this walk", self._path, error.strerror)
            self._failing = True

    def _write(self, text: str, sync: bool) -> None:
        new = self._path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        new.replace(self._path)
