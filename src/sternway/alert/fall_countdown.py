"""After a fall the wearer has 20 s to say "I'm OK" before it is confirmed."""

from collections.abc import Iterable, Mapping
from typing import Any

from sternway.events import Event, Kind

COUNTDOWN_S = 20.0
"""How long the wearer has: long enough to find the button lying down, short enough to matter."""


class FallCountdown:
    """Adds what becomes of a fall: cancelled by the wearer, sent at once, or confirmed by silence.

    A second fall during the countdown does not prolong it. The buzz repeats meanwhile (see
    :class:`~sternway.alert.policy.AlertPolicy`). Survives a restart through ``snapshot`` and ``restore``.
    """

    def __init__(self, countdown_s: float = COUNTDOWN_S) -> None:
        self._countdown_s = countdown_s
        self._fall: tuple[float, float] | None = None

    @property
    def active(self) -> bool:
        """Whether a fall waits to be settled."""
        return self._fall is not None

    def remaining_s(self, time_s: float) -> float | None:
        """Return the seconds left to say "I'm OK", ``None`` without a fall."""
        return None if self._fall is None else max(0.0, self._fall[1] + self._countdown_s - time_s)

    def reset(self) -> None:
        """Forget an unsettled fall."""
        self._fall = None

    def update(self, time_s: float, events: Iterable[Event] = ()) -> list[Event]:
        """Take new ``events``; return ``fall_confirmed`` once the countdown of a fall has run out by ``time_s``."""
        for event in events:
            if event.kind is Kind.FALL and self._fall is None:
                self._fall = (event.time_s, event.decided_at_s)
        if self._fall is None or time_s < self._fall[1] + self._countdown_s:
            return []
        return self._settle(Kind.FALL_CONFIRMED, self._fall[1] + self._countdown_s, severity=1.0)

    def cancel(self, time_s: float) -> list[Event]:
        """Return ``fall_cancelled``: the wearer says "I'm OK". Nothing without a fall."""
        return self._settle(Kind.FALL_CANCELLED, time_s, severity=0.0)

    def send_now(self, time_s: float) -> list[Event]:
        """Return ``fall_confirmed`` at once: the wearer asks for it. Nothing without a fall."""
        return self._settle(Kind.FALL_CONFIRMED, time_s, severity=1.0)

    def snapshot(self) -> dict[str, Any]:
        """Return what must survive a restart, as plain JSON-able data."""
        return {"fall": self._fall}

    def restore(self, snapshot: Mapping[str, Any], time_s: float, same_boot: bool = True) -> None:
        """Go on from ``snapshot``; after a new boot, whose clock began anew, the wearer gets the full time again."""
        fall = snapshot.get("fall")
        if fall is not None:
            self._fall = (float(fall[0]), float(fall[1])) if same_boot else (time_s, time_s)

    def _settle(self, kind: Kind, decided_at_s: float, severity: float) -> list[Event]:
        if self._fall is None:
            return []
        fall_s, noticed_s = self._fall
        self._fall = None
        return [Event(kind, fall_s, decided_at_s, severity, {"after_s": decided_at_s - noticed_s})]
