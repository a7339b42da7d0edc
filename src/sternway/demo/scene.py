"""The emulated clip on its simulated walker: the production driver, loop, motor pin and publisher, on no hardware."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sternway.config import Settings
from sternway.device.emulated import EmulatedBus, EmulatedBusRecovery, EmulatedLsm6dsox, EmulatedMotor, emulated_pins
from sternway.monitor import MonitorResult
from sternway.programme.plan import Plan, Week
from sternway.service import ClipService, Hardware
from sternway.simulate.walker import Walker
from sternway.wire.state import State

PROGRAMME = Plan(
    name="demo", warm_up_min=0.3, cool_down_min=0.2, rest_s=10.0, walk_test_every_weeks=0, weeks=(Week(3, 1.0),)
)
"""Short enough that a newcomer sees every part of a walk."""

FIRST_WEEK = Plan(name="first week", warm_up_min=2.2, cool_down_min=1.0, rest_s=30.0, walk_test_every_weeks=0)
"""What the walker of the ``programme`` script walks: five minutes in five parts, eight with what is around them."""

START_AFTER_S = 1.0
PRESS_S = 0.2
UNPLUG_AT_S, PLUG_AT_S = 40.0, 46.0
RATE_ERROR = 0.006  # a real chip's clock is off by up to a few percent


@dataclass
class Scene:
    """A clip, its walker and what happens to them.

    ``script`` names what the walker does; ``watch`` is shown every state. The wearer's press comes after
    ``START_AFTER_S``; the ``fault`` script also pulls the sensor's plug for a few seconds.
    """

    settings: Settings
    script: str
    watch: Callable[[State, MonitorResult], None]
    seed: int = 1
    service: ClipService = field(init=False)

    def __post_init__(self) -> None:
        clock = time.monotonic
        motor = EmulatedMotor(clock)
        self._pins = emulated_pins(motor, self.settings.pins.motor)
        self._chip = EmulatedLsm6dsox(Walker(self.script, self.seed), clock, rate_error=RATE_ERROR, motor=motor)
        bus = EmulatedBus({0x6A: self._chip}, clock, time.sleep)
        self._started_s = clock()
        self._due = self._happenings()
        self.service = ClipService(
            self.settings,
            Hardware(bus, self._pins, EmulatedBusRecovery(bus)),
            plan=(FIRST_WEEK if self.script == "programme" else PROGRAMME).walk(0, "A short demo."),
            watch=self._on_state,
        )

    @property
    def elapsed_s(self) -> float:
        """Return how long the scene has played."""
        return time.monotonic() - self._started_s

    def _happenings(self) -> list[tuple[float, Callable[[], None]]]:
        button = self._pins.pin(f"GPIO{self.settings.pins.button}")
        happenings = [(START_AFTER_S, button.drive_low), (START_AFTER_S + PRESS_S, button.drive_high)]
        if self.script == "fault":
            happenings += [(UNPLUG_AT_S, lambda: self._plug(False)), (PLUG_AT_S, lambda: self._plug(True))]
        return happenings

    def _plug(self, plugged: bool) -> None:
        self._chip.unplugged = not plugged

    def _on_state(self, state: State, outcome: MonitorResult) -> None:
        while self._due and self._due[0][0] <= self.elapsed_s:
            self._due.pop(0)[1]()
        self.watch(state, outcome)
