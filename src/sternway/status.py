"""What the clip says about itself now, put together from all its parts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sternway import __version__
from sternway.events import Cause, Event, Kind
from sternway.monitor import Monitor
from sternway.power import Power
from sternway.records import Body, Moment
from sternway.wire.report import SessionReport
from sternway.wire.state import State
from sternway.wire.values import Level, Way

COUNTED = frozenset({Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL})


class Status:
    """Remembers the last event and walk and this week's dose, which outlive a restart, and describes the present."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        kept = kept or {}
        self._last_walk: str | None = kept.get("last_walk")
        self._last_event_at: str | None = kept.get("last_event_at")
        self._last_event_kind: str | None = kept.get("last_event_kind")
        self._event_count = int(kept.get("event_count", 0))
        self._week: str | None = kept.get("week")
        self._week_steps = int(kept.get("week_steps", 0))
        self._week_backward_s = float(kept.get("week_backward_s", 0.0))

    def event(self, event: Event, moment: Moment) -> None:
        """Count ``event`` if it is one that a person would ask about."""
        if event.kind in COUNTED:
            self._event_count += 1
            self._last_event_at, self._last_event_kind = moment.wall_time, event.kind.value

    def report(self, body: Body, moment: Moment) -> None:
        """Count a finished walk."""
        if not isinstance(body, SessionReport):
            return
        self._last_walk = moment.wall_time
        self._roll(moment)
        dose = body.dose
        self._week_steps += dose.steps_backward + dose.steps_forward + dose.steps_unknown
        self._week_backward_s += dose.backward_s

    def kept(self) -> dict[str, Any]:
        """Return what must outlive a restart, as plain JSON-able data."""
        return {
            "last_walk": self._last_walk,
            "last_event_at": self._last_event_at,
            "last_event_kind": self._last_event_kind,
            "event_count": self._event_count,
            "week": self._week,
            "week_steps": self._week_steps,
            "week_backward_s": self._week_backward_s,
        }

    def state(self, monitor: Monitor, faults: Sequence[Cause], power: Power, haptics: bool, moment: Moment) -> State:
        """Return the state of the clip at ``moment``, with the first of its ``faults``.

        A week's dose is unknown while the clock is not set.
        """
        view = monitor.session.view
        self._roll(moment)
        in_walk = view.phase.value != "ready"
        return State(
            phase=view.phase,
            direction=Way(view.direction.word),
            steps=view.steps,
            steps_backward=view.steps_backward,
            backward_s=round(view.backward_s, 1),
            forward_s=round(view.forward_s, 1),
            cadence_spm=None if view.cadence_spm is None else round(view.cadence_spm, 1),
            stability=Level.UNKNOWN if monitor.faults.causes else Level(monitor.stability.level),
            stability_learning=monitor.stability.learning,
            fault=faults[0] if faults else None,
            worn=monitor.worn.worn,
            battery_percent=power.battery_percent,
            under_voltage=power.under_voltage,
            haptics=haptics,
            last_walk=self._last_walk,
            last_event_at=self._last_event_at,
            last_event_kind=None if self._last_event_kind is None else Kind(self._last_event_kind),
            event_count=self._event_count,
            lane=view.lane,
            plan_progress=view.plan_progress,
            version=__version__,
            week_steps=self._week_steps + view.steps * in_walk if moment.clock_synced else None,
            week_backward_s=self._week_backward_s + view.backward_s * in_walk if moment.clock_synced else None,
        )

    def _roll(self, moment: Moment) -> None:
        """Begin the week anew on its Monday, as far as the clock can be trusted."""
        if not moment.clock_synced:
            return
        year, week, _ = datetime.fromisoformat(moment.wall_time).isocalendar()
        name = f"{year}-W{week:02}"
        if name != self._week:
            self._week, self._week_steps, self._week_backward_s = name, 0, 0.0
