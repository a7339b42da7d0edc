"""All the parts between the sensor and the warning, on one page. Pure: time comes with the samples."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sternway.alert.fall_countdown import FallCountdown
from sternway.alert.patterns import Pattern, Prompt
from sternway.alert.policy import AlertPolicy
from sternway.detect.detector import Detector
from sternway.detect.fall import FallDetector, FallSettings
from sternway.detect.fall_features import FallFeatureTracker
from sternway.detect.gate import WalkingGate
from sternway.detect.pre_impact import PreImpactDetector
from sternway.detect.sensor_fault import SensorFaultDetector
from sternway.detect.small_stumble import SmallStumbleDetector
from sternway.detect.stability import StabilityDetector
from sternway.detect.stumble import ALWAYS_WORN, IN_A_WALK, OperatingPoint, StumbleDetector
from sternway.detect.stumble_refractory import StumbleRefractory
from sternway.detect.worn import WornDetector
from sternway.events import Cause, Event, Kind, Press
from sternway.fault_effects import FROM_SAMPLES, PAUSING
from sternway.motion.mounting import Mounting, MountingEstimator, mounting_from, shift
from sternway.motion.speed import SpeedEstimator
from sternway.motion.trunk import TrunkMotion
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.records import Body, Phase, RecordKind
from sternway.samples import Block
from sternway.walk.outcome import Answer
from sternway.walk.outcome import Outcome as SessionOutcome
from sternway.walk.tracker import SessionTracker
from sternway.wire.commands import CommandBody, Ok
from sternway.wire.plan import WalkPlan

PIECE_S = 0.02
"""Blocks are cut to this, and the hold for our own motor begins this long after a decision, by when a motor has
hardly begun to turn: so neither depends on how the stream was cut."""

RUN_DOWN_S = 0.1
"""A coin motor goes on turning this long after the current is cut (data sheets: 40 to 80 ms)."""

SILENCE_S = 0.2
"""Without samples for this long, time is taken from the loop's clock instead."""

LATEST_DECISION_S = FallSettings().max_after_s
"""An event carries when it happened; a fall is decided last, at most this long after its impact."""

GATED = {Kind.STUMBLE: 0.7, Kind.PRE_IMPACT: 3.0}
"""Kinds for which it matters that they begin in gait, and how many seconds after its last rhythm that may be. A
stumble breaks off a step; a fall takes up to 2 s after the last one. Outside gait a foreseen fall does not count, and
a stumble must be more probable: sitting down hard and jumping look alike to one sensor."""

UNDER_WAY = frozenset({Phase.WARM_UP, Phase.BACKWARD, Phase.COOL_DOWN, Phase.WALK_TEST})
"""The phases in which the wearer is known to walk, or to turn between two lanes; in a rest they may sit down."""

PROVEN = frozenset({Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL})
"""Kinds that samples under suspicion do not prove."""

DISABLING = PAUSING - FROM_SAMPLES
"""Faults outside the sensor with which the clip cannot watch or cannot warn: they pause the walk."""


@dataclass(slots=True)
class MonitorResult:
    """What one block led to, in order."""

    trunk: list[TrunkMotion] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    patterns: list[Pattern] = field(default_factory=list)
    reports: list[tuple[RecordKind, Body]] = field(default_factory=list)
    answer: Answer | None = None
    haptics: bool | None = None


class Monitor:
    """Watches one wearer: samples in; events, patterns for the motor and finished reports out.

    ``gated`` lets stumbles and pre-impact falls count only where :func:`counts` says so. ``memory`` is what an
    earlier monitor learned (see :meth:`memory`); ``now_s`` and ``same_boot`` say when it is taken up again.
    ``policy`` is the one of a monitor that failed, which knows what was said last.
    """

    def __init__(
        self,
        clip_id: str = "clip-1",
        *,
        gated: bool = True,
        plan: WalkPlan | None = None,
        memory: Mapping[str, Any] | None = None,
        now_s: float = 0.0,
        same_boot: bool = True,
        policy: AlertPolicy | None = None,
    ) -> None:
        memory = memory or {}
        mounting = mounting_from(memory["mounting"]) if memory.get("mounting") else None
        self.session = SessionTracker(plan, clip_id)
        self.worn = WornDetector()
        self.faults = SensorFaultDetector()
        self.gate = WalkingGate()
        fall_features = FallFeatureTracker()
        self.stumble = StumbleDetector(baseline=memory.get("stumble"), fall_features=fall_features, gate=self.gate)
        self.small_stumble = SmallStumbleDetector()
        self._refractory = StumbleRefractory()
        self.stability = StabilityDetector(baselines=memory.get("stability"))
        self.countdown = FallCountdown()
        self.pre_impact = PreImpactDetector(fall_features=fall_features, gate=self.gate)
        fall = FallDetector(fall_features=fall_features)
        self._gated = gated
        self._mounting = mounting
        self.speed = SpeedEstimator(memory.get("speed"), memory.get("walked"))
        self._mounting_estimator: MountingEstimator | None = None
        self._new_mounting_from_s: float | None = None
        self._tracker = TrunkTracker(mounting=mounting)
        self._detectors: tuple[Detector, ...] = (
            self.faults,
            self.worn,
            self.stumble,
            self.small_stumble,
            self.pre_impact,
            fall,
            self.stability,
        )
        self.versions = {
            "stumble": self.stumble.version,
            "small_stumble": self.small_stumble.version,
            "pre_impact": self.pre_impact.version,
            "fall": fall.version,
        }
        self.policy = policy or AlertPolicy()
        self._result = MonitorResult()
        self._time_s = now_s
        if "session" in memory:
            self.countdown.restore(memory["countdown"], now_s, same_boot)
            if self.countdown.active and policy is None:
                self.policy.resume_fall_buzz(now_s)
            self._add_reports(self.session.restore(memory["session"], now_s, same_boot, self.countdown.active))

    def update(self, block: Block, cause: Cause | None = None) -> MonitorResult:
        """Take what the sensor gave, and why it gave nothing where the device knows; return what it led to."""
        for piece in pieces(block):
            for sliced in self._split_at_mounting(piece):
                for trunk in self._tracker.update(sliced):
                    self._process(trunk)
        self._pass_time(block.read_at_s, cause)
        return self.take_result()

    def take_result(self) -> MonitorResult:
        """Return what everything since last asked led to, also where an update failed midway."""
        outcome, self._result = self._result, MonitorResult()
        return outcome

    def press(self, press: Press, time_s: float) -> None:
        """Take a press of the button; what it leads to comes with the next :meth:`update`."""
        self._add_reports(self.session.press(press, time_s))
        if self.countdown.active:
            settle = self.countdown.cancel if press is Press.SHORT else self.countdown.send_now
            self._finish_countdown(settle(time_s), time_s)

    def command(self, order: CommandBody, time_s: float) -> tuple[Answer, bool | None]:
        """Take a command; return the answer, and whether the motor may buzz from now on where it was about that."""
        if isinstance(order, Ok) and self.countdown.active:
            self._finish_countdown(self.countdown.cancel(time_s), time_s)
            return Answer(True, "I'm OK."), None
        outcome = self.session.command(order, time_s)
        self._add_reports(outcome)
        return outcome.answer or Answer(False, "Nothing came of it."), outcome.haptics

    def motor_felt(self, felt: bool | None, time_s: float) -> None:
        """Take the result of the motor's self-test."""
        self._add_reports(self.session.motor_felt(felt, time_s))

    def announce(self, event: Event) -> None:
        """Let the wearer know of something that no sample shows, such as a low battery.

        The walk goes on, but for a failure without which nobody is watched or warned.
        """
        events, time_s = [event], event.decided_at_s
        if event.cause in DISABLING:
            self._conclude(events, self.session.tick(time_s, events), time_s)
            return
        self._result.events.append(event)
        if event.cause is not Cause.STORE_FULL:
            self._choose_pattern(events, (), time_s)

    def restore_faults(self, faults: Collection[Cause], time_s: float) -> None:
        """Know again of ``faults`` told by an earlier monitor, as far as they disable the clip."""
        for cause in sorted(DISABLING.intersection(faults)):
            self.session.recall_fault(cause, time_s)

    @property
    def alarm_near(self) -> bool:
        """Return whether a stumble or a fall may be told within the next samples: they had better not wait."""
        return self.stumble.alarm_near or self.pre_impact.alarm_near

    @property
    def mounting(self) -> Mounting | None:
        """Return how the clip sits, ``None`` until it is known."""
        return self._mounting

    def memory(self) -> dict[str, Any]:
        """Return what must outlive a restart, as plain JSON-able data."""
        return {
            "mounting": self._mounting.body() if self._mounting else None,
            "speed": self.speed.calibration,
            "walked": self.speed.walked,
            "stumble": self.stumble.baseline,
            "stability": self.stability.baselines,
            "session": self.session.snapshot(),
            "countdown": self.countdown.snapshot(),
        }

    def _process(self, trunk: TrunkMotion) -> None:
        """Follow one stretch of trunk motion, if only the news of a gap, from detection to the motor."""
        self._result.trunk.append(trunk)
        if len(trunk):
            self._time_s = trunk.samples[-1].time_s
        self._learn_mounting(trunk)
        self._follow_speed(trunk)
        self.stability.variation = self.session.variation
        self.gate.update(trunk)
        found: list[Event] = []
        before_s = self.faults.up_lost_at_s
        try:
            for detector in self._detectors:
                found += detector.update(trunk)
        finally:  # one that fails must not cost what another found
            events = self._refractory.first([event for event in found if self._is_believed(event)])
            if self.faults.up_lost_at_s > before_s:
                self._tracker.restart_attitude(self.faults.up_lost_at_s + PIECE_S)
            events += self.countdown.update(self._time_s, events)
            self._conclude(events, self.session.update(trunk, events), self._time_s)

    def _is_believed(self, event: Event) -> bool:
        """Return whether ``event`` counts: no alarm comes from doubtful samples, and some need gait."""
        if event.kind in PROVEN and self.faults.doubts(event):
            return False
        point = IN_A_WALK if self.session.phase in UNDER_WAY else ALWAYS_WORN
        return not self._gated or counts(event, self.gate, point)

    def _pass_time(self, now_s: float, cause: Cause | None) -> None:
        """Let time pass: what no sample shows is seen here."""
        events = self.faults.tick(now_s, cause)
        silent = now_s - self._time_s > SILENCE_S
        if silent:
            self._time_s = now_s
            events += self.countdown.update(now_s, events)
        if silent or events:
            self._conclude(events, self.session.tick(now_s, events), now_s)

    def _finish_countdown(self, events: list[Event], time_s: float) -> None:
        self._conclude(events, self.session.tick(time_s, events), time_s)

    def _conclude(self, events: list[Event], outcome: SessionOutcome, time_s: float) -> None:
        self._result.events += events
        self._add_reports(outcome, events, time_s)

    def _add_reports(
        self, outcome: SessionOutcome, events: Collection[Event] = (), time_s: float | None = None
    ) -> None:
        """Keep the session's reports, and let the wearer feel what is due."""
        self._result.reports += outcome.reports
        self._choose_pattern(events, outcome.cues, self._time_s if time_s is None else time_s)

    def _choose_pattern(self, events: Collection[Event], cues: Collection[Prompt], time_s: float) -> None:
        for pattern in self.policy.update(time_s, events, cues):
            start_s = self.policy.decided_at_s + PIECE_S
            self._tracker.motor_runs(start_s, start_s + pattern.duration_s + RUN_DOWN_S)
            self._result.patterns.append(pattern)

    def _follow_speed(self, trunk: TrunkMotion) -> None:
        """Give the report the mean speed of the walk under way, where a known distance was walked once."""
        if not self.speed.calibration:
            return
        if self.session.phase in (Phase.READY, Phase.STANDING_CHECK):
            self.speed.begin_walk()
        self.speed.update(trunk)
        self.session.describe(speed_mps={way: round(mps, 3) for way, mps in self.speed.mean_mps.items()})

    def _learn_mounting(self, trunk: TrunkMotion) -> None:
        """Find out in each warm-up, when it is known that the wearer walks forward, how the clip sits today."""
        if self.session.phase is not Phase.WARM_UP:
            self._mounting_estimator = None
            return
        if self._mounting_estimator is None:
            self._mounting_estimator = MountingEstimator()
        seen = self._mounting_estimator.update(trunk)
        if seen is None:
            return
        moved = self._mounting is not None and shift(self._mounting, seen, walked_forward=True).moved
        self.session.describe(sensor={"mounting_confidence": round(seen.confidence, 3), "mounting_moved": moved})
        if self._mounting is None or moved:
            self._mounting = seen
            self._new_mounting_from_s = self._time_s + 2.0 * PIECE_S

    def _split_at_mounting(self, piece: Block) -> Iterator[Block]:
        """Yield ``piece``, parted at the sample from which a new mounting holds wherever the stream was cut."""
        if self._new_mounting_from_s is None or not len(piece):
            yield piece
            return
        row = int(np.searchsorted(piece.time_s, self._new_mounting_from_s))
        if row:
            yield sliced(piece, 0, row)
        if row < len(piece):
            self._tracker.mount(self._mounting)
            self._new_mounting_from_s = None
            yield sliced(piece, row, len(piece))


def counts(event: Event, gate: WalkingGate, point: OperatingPoint) -> bool:
    """Return whether what a detector found counts: a foreseen fall in gait, a stumble where ``point`` accepts it.

    A stumble that says no probability, as none is judged for it, counts in gait.
    """
    if event.kind not in GATED:
        return True
    in_gait = gate.open_at(event.time_s, GATED[event.kind])
    probability = event.evidence.get("probability") if event.kind is Kind.STUMBLE else None
    return in_gait if probability is None else point.accepts(probability, in_gait)


def pieces(block: Block, piece_s: float = PIECE_S) -> Iterator[Block]:
    """Yield ``block`` cut to at most ``piece_s``; a block that is short enough, or empty, as it is."""
    count = len(block)
    if count < 2 or not block.time_s[-1] - block.time_s[0] > piece_s:
        yield block
        return
    edges = np.arange(block.time_s[0], block.time_s[-1], piece_s)
    starts = np.unique(np.searchsorted(block.time_s, edges)).tolist()
    for start, end in zip(starts, [*starts[1:], count], strict=True):
        yield sliced(block, start, end)


def sliced(block: Block, start: int, end: int) -> Block:
    """Return the samples ``[start, end)`` of ``block``."""
    return Block(
        block.time_s[start:end],
        block.accel_mps2[start:end],
        block.gyro_radps[start:end],
        block.read_at_s,
        block.after_gap and start == 0,
    )
