"""One clip as a running service: every part made from the settings, started in order, stopped in order."""

import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from sternway.clock import Clock
from sternway.config import Settings
from sternway.device.battery import FuelGauge, under_voltage
from sternway.device.bus import Bus
from sternway.device.bus_recovery import BusRecovery
from sternway.device.button import Button
from sternway.device.clip import Clip
from sternway.device.haptics import Haptics, Pins, wired_motor
from sternway.device.light import Light
from sternway.device.motor_test import MotorTest
from sternway.device.notify import Notifier
from sternway.device.pins import open_pin
from sternway.device.realtime import request_realtime, set_realtime_priority
from sternway.diary import Diary
from sternway.events import Press
from sternway.loop import Loop, LoopHooks, LoopParts
from sternway.memory import Memory
from sternway.monitor import MonitorResult
from sternway.notebook import Notebook
from sternway.power import Power
from sternway.publish.publisher import Publisher
from sternway.recording.recorder import Recorder
from sternway.wire.plan import WalkPlan
from sternway.wire.state import State

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the clip runs on, real or emulated: the bus, its pins and recovery, and the time."""

    bus: Bus
    pins: Pins | None = None
    bus_recovery: BusRecovery | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class ClipService:
    """Everything that runs on the clip.

    ``plan``, or else the clip's own notebook, holds until the home sends one; ``watch`` is shown every state, as for
    a terminal.
    """

    def __init__(
        self,
        settings: Settings,
        hardware: Hardware,
        *,
        plan: WalkPlan | None = None,
        watch: Callable[[State, MonitorResult], None] = lambda *_: None,
    ) -> None:
        bus, pins, clock, sleep = hardware.bus, hardware.pins, hardware.clock, hardware.sleep
        state_dir = Path(settings.clip.state_dir)
        state_dir.mkdir(parents=True, exist_ok=True)
        self.clip = Clip(
            bus, address=settings.sensor.address, clock=clock, sleep=sleep, bus_recovery=hardware.bus_recovery
        )
        wires = settings.pins
        motor = open_pin(wires.motor, lambda: wired_motor(wires, settings.haptics, pins))
        self._time = clock, sleep
        self.haptics = Haptics(motor, settings.haptics, prepare=set_realtime_priority)
        self._button = open_pin(wires.button, lambda: Button(wires.button, pins)) if wires.button else None
        self._light = open_pin(wires.led, lambda: Light(wires.led, pins))
        self._watch = watch
        self._notifier = Notifier()
        self._memory = Memory(state_dir / "memory.json")
        recorder = Recorder(settings.recording)
        diary = Diary(Notebook(state_dir / "programme"))
        stamps = Clock(settings.clip.id, monotonic=clock)
        self.publisher = Publisher(
            settings.clip,
            settings.broker,
            settings.outbox,
            clock=stamps,
            chores=(recorder.chore, self._memory.chore, diary.chore),
        )
        gauge = FuelGauge(bus)
        parts = LoopParts(self.clip, self.haptics, self.publisher, stamps, self._memory, recorder)
        hooks = LoopHooks(
            alive=self._notifier.alive,
            run_motor_test=self._run_motor_test,
            power=lambda: Power(gauge.percent(), under_voltage()),
            watch=self._on_state,
            diary=diary.offer,
            collect_garbage=gc.collect,
        )
        presses = self._button.presses if self._button else SimpleQueue[tuple[Press, float]]()
        self.loop = Loop(parts, presses, plan=plan or diary.plan_today(stamps.moment()), hooks=hooks)

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Watch the wearer until ``until`` says so, or for ever; leave the motor off and everything kept."""
        self.haptics.start()
        self.publisher.start()
        for refusal in request_realtime():
            _log.warning("%s", refusal)
        self._notifier.ready()
        try:
            for block in self.clip:
                self.loop.turn(block)
                if until():
                    break
        finally:
            self.close()
            gc.enable()

    def _run_motor_test(self) -> bool | None:
        """Return whether the sensor detects the motor; ``None`` where the test could not run now."""
        clock, sleep = self._time
        response = self.clip.use_exclusively(
            lambda chip: MotorTest(chip, self.haptics, clock=clock, sleep=sleep).run()
        )
        return None if response is None else response.detected

    def _on_state(self, state: State, outcome: MonitorResult) -> None:
        self._light.show(watching=state.fault is None)
        self._watch(state, outcome)

    def close(self) -> None:
        """Stop: the motor first."""
        self._notifier.stopping()
        self.haptics.close()
        if self._button is not None:
            self._button.close()
        self._light.close()
        self.loop.end()
        self.publisher.close()
        self._notifier.close()
