"""What is true now, walk or no walk: how the wearer moves, and whether the clip can watch."""

from dataclasses import dataclass, field

from sternway.events import Event, Kind
from sternway.motion.gait import Direction, Step

RECENT_STEPS = 8
"""Steps behind the cadence shown live."""


@dataclass(slots=True)
class LiveGait:
    """Direction and cadence of the last few steps."""

    direction: Direction = Direction.UNKNOWN
    recent_s: list[float] = field(default_factory=list)

    def sample(self, walking: bool, direction: Direction) -> None:
        """Take one sample; standing ends the bout that the cadence belongs to."""
        self.direction = direction if walking else Direction.UNKNOWN
        if not walking:
            self.recent_s.clear()

    def step(self, step: Step) -> None:
        """Take one step."""
        if step.step_time_s is not None:
            self.recent_s = [*self.recent_s[1 - RECENT_STEPS :], step.step_time_s]

    @property
    def cadence_spm(self) -> float | None:
        """Return the cadence in steps a minute, ``None`` when not walking."""
        return 60.0 * len(self.recent_s) / sum(self.recent_s) if len(self.recent_s) > 1 else None


@dataclass(slots=True)
class Watch:
    """Whether the clip can watch the wearer: no fault, on the belt, and no fall being asked about."""

    faults: set[str] = field(default_factory=set)
    worn: bool = True
    fall_open: bool = False

    def event(self, event: Event) -> None:
        """Take one event; those of severity 0 say that it is over."""
        if event.kind is Kind.FAULT:
            cause = event.cause.value if event.cause else "unknown"
            (self.faults.add if event.severity > 0.0 else self.faults.discard)(cause)
        elif event.kind is Kind.NOT_WORN:
            self.worn = event.severity <= 0.0
        elif event.kind is Kind.FALL:
            self.fall_open = True
        elif event.kind in (Kind.FALL_CONFIRMED, Kind.FALL_CANCELLED):
            self.fall_open = False

    @property
    def obstacle(self) -> str | None:
        """Return in words what forbids walking on now."""
        if self.fall_open:
            return "A fall is being asked about: say first that you are OK."
        if self.faults:
            return f"The clip has a fault ({', '.join(sorted(self.faults))}) and cannot watch you."
        return None if self.worn else "The clip is not on the belt."
