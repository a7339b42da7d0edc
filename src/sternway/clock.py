"""When is it? Records carry the monotonic clock, the boot it belongs to, and wall time with a word on its worth."""

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sternway.records import Moment

_TIME_ERROR = 5
"""What ntp_adjtime(2) answers while nobody has set the clock."""

_TIMESYNCD_STAMP = Path("/run/systemd/timesync/synchronized")
"""What systemd-timesyncd touches when it has set the clock, for a service whose sandbox forbids to ask the kernel."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def clock_synced() -> bool:
    """Say whether the kernel holds the wall clock to be set, by whichever time service (ntp_adjtime(2), read only).

    A Pi has no clock of its own that runs without power, so after a start without network this is false.
    """
    try:
        timex = ctypes.create_string_buffer(512)
        answer = int(ctypes.CDLL(None).ntp_adjtime(timex))
    except (OSError, AttributeError):
        answer = -1
    return _TIMESYNCD_STAMP.exists() if answer == -1 else answer != _TIME_ERROR


def boot_id() -> str:
    """Return the kernel's name for this boot."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "00000000-0000-0000-0000-000000000000"


class Clock:
    """Stamps what happens on one clip."""

    def __init__(
        self,
        clip_id: str,
        synced: Callable[[], bool] = clock_synced,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clip_id = clip_id
        self._boot_id = boot_id()
        self._synced = synced
        self._monotonic = monotonic
        self._wall = wall

    def moment(self, monotonic_s: float | None = None) -> Moment:
        """Return the moment at ``monotonic_s`` (now, where it is ``None``), its wall time reckoned back from now."""
        now_s = self._monotonic()
        at_s = now_s if monotonic_s is None else monotonic_s
        wall = datetime.fromtimestamp(self._wall().timestamp() - (now_s - at_s), UTC)
        return Moment(self._clip_id, self._boot_id, at_s, wall.isoformat(timespec="milliseconds"), self._synced())

    def utc_now(self) -> datetime | None:
        """Return the wall time, ``None`` while the clock is not set."""
        return self._wall() if self._synced() else None
