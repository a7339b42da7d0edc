"""Two channels hear stumbles; whichever is first tells of it."""

import math

from sternway.events import Event, Kind


class StumbleRefractory:
    """Lets one stumble through and then none for ``refractory_s``, whichever channel it comes from.

    A stumble and its recovery steps are one event.
    """

    def __init__(self, refractory_s: float = 3.0) -> None:
        self._refractory_s = refractory_s
        self._quiet_until_s = -math.inf

    def first(self, events: list[Event]) -> list[Event]:
        """Return ``events`` in the order in which they were decided, without stumbles that were told already."""
        return [event for event in sorted(events, key=lambda event: event.decided_at_s) if self._passes(event)]

    def _passes(self, event: Event) -> bool:
        if event.kind is not Kind.STUMBLE:
            return True
        if event.decided_at_s < self._quiet_until_s:
            return False
        self._quiet_until_s = event.decided_at_s + self._refractory_s
        return True
