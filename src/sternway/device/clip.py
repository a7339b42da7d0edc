"""The sensor on the belt as a source of blocks: a visible state machine that recovers, or says why it cannot."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

from sternway.device import lsm6dsox, mpu6050
from sternway.device.bus import STUCK_ERRNOS, Bus
from sternway.device.bus_recovery import BusRecovery, NoBusRecovery
from sternway.device.chips import Candidate, Chip, Frames, find_chip, no_frames
from sternway.device.health import EXPLANATIONS, HealthTiming, StreamHealth
from sternway.device.recovery import Failure, RecoverySequence, RecoveryStep
from sternway.device.sample_clock import SampleClock
from sternway.errors import BusError, WrongChipError
from sternway.events import Cause
from sternway.samples import Block, empty_block

CANDIDATES = (
    Candidate(lsm6dsox.ADDRESSES, lsm6dsox.WHO_AM_I.address, {lsm6dsox.IDENTITY: lsm6dsox.Lsm6dsox}),
    Candidate(mpu6050.ADDRESSES, mpu6050.WHO_AM_I.address, mpu6050.drivers()),
)


T = TypeVar("T")


class ClipState(StrEnum):
    """Where the clip is on its way to samples."""

    RESET = "reset"
    WAIT = "wait"
    CONFIGURE = "configure"
    STREAM = "stream"
    RECOVER = "recover"


@dataclass(frozen=True, slots=True)
class ClipTiming:
    """How long the clip waits for what. All together keep recovery or FAULT within 2 s of any failure."""

    poll_s: float = 0.02
    fast_poll_s: float = 0.005  # while something may be about to happen
    stall_s: float = 0.1  # between count and data; the smallest FIFO runs over after 0.18 s
    bridge_s: float = 0.1  # a shorter hole, a second after the last one, is no gap: a straight line hides no step
    recheck_s: float = 1.0  # registers compared with the table
    proven_s: float = 1.0  # good samples for so long end a fault
    give_up_s: float = 1.0  # between attempts once given up
    health: HealthTiming = HealthTiming()


class Clip:
    """Reads the inertial chip and yields a block about every ``poll_s``; an empty one while there is nothing.

    Set ``fast_polling`` while what comes next must not wait: then the chip is read every ``fast_poll_s``.

    Nothing the bus or the chip does raises out of the iteration. ``state`` and ``failures`` show what happens, and
    ``cause`` is ``None`` or why there is a FAULT. ``explanation`` says in words what to check.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        address: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        bus_recovery: BusRecovery | None = None,
        timing: ClipTiming | None = None,
    ) -> None:
        self.state = ClipState.RESET
        self.fast_polling = False
        self.cause: Cause | None = None
        self.explanation = ""
        self.chip: Chip | None = None
        self._bus = bus
        self._address = address
        self._clock = clock
        self._sleep = sleep
        self._bus_recovery = bus_recovery or NoBusRecovery()
        self._timing = timing or ClipTiming()
        self._sample_clock = SampleClock(200.0)
        self._open = True
        self._sequence = RecoverySequence()
        self._health = StreamHealth(self._timing.health)
        self._not_before_s = 0.0
        self._resume = ClipState.RESET
        self._last_sample_s: float | None = None
        self._hole_s = -math.inf
        self._begin_stream(clock())
        self._steps = {
            ClipState.RESET: self._reset,
            ClipState.WAIT: self._wait,
            ClipState.CONFIGURE: self._configure,
            ClipState.STREAM: self._stream,
            ClipState.RECOVER: self._recover,
        }

    @property
    def failures(self) -> Counter[Failure]:
        """Return how often each kind of failure has happened."""
        return self._sequence.failures

    @property
    def recovery_steps(self) -> Counter[RecoveryStep]:
        """Return how often each recovery step was tried."""
        return self._sequence.steps

    @property
    def rate_hz(self) -> float:
        """Return the true sample rate, as the sample clock has learned it."""
        return self._sample_clock.rate_hz

    def close(self) -> None:
        """End the iteration."""
        self._open = False

    def __iter__(self) -> Iterator[Block]:
        """Yield blocks until closed, one a period; a late caller is not made later."""
        due_s = self._clock()
        while self._open:
            yield self.poll()
            now_s = self._clock()
            period_s = self._timing.fast_poll_s if self.fast_polling else self._timing.poll_s
            due_s = max(due_s + period_s, now_s - period_s)
            if due_s > now_s:
                self._sleep(due_s - now_s)

    def poll(self) -> Block:
        """Take one step of the state machine and return the samples that it gave."""
        now_s = self._clock()
        if now_s < self._not_before_s:
            return empty_block(now_s)
        block = None
        try:
            block = self._steps[self.state]()
        except WrongChipError as error:
            self._fail(Failure.WRONG_CHIP, str(error))
        except BusError as error:
            stuck = error.errno in STUCK_ERRNOS
            self._fail(Failure.STUCK_BUS if stuck else Failure.NO_ANSWER, str(error))
        return empty_block(self._clock()) if block is None else block

    def use_exclusively(self, use: Callable[[Chip], T]) -> T | None:
        """Let ``use`` have the streaming chip to itself, as for the motor's self-test; then the stream begins anew.

        ``None`` where there is no stream to interrupt or the chip stops answering.
        """
        if self.state is not ClipState.STREAM:
            return None
        self.state = ClipState.CONFIGURE
        try:
            return use(self._present())
        except BusError:
            return None

    def _reset(self) -> Block | None:
        self._resume = ClipState.RESET
        self.chip = find_chip(self._bus, CANDIDATES, self._address)
        self.chip.reset()
        self._not_before_s = self._clock() + self.chip.reset_s
        self.state = ClipState.WAIT
        return None

    def _wait(self) -> Block | None:
        self.state = ClipState.CONFIGURE
        return None

    def _configure(self) -> Block | None:
        chip = self._present()
        differing = chip.configure()
        if differing:
            self._fail(Failure.REGISTERS, "; ".join(differing))
            return None
        self._sample_clock.restart(chip.rate_hz)
        self._begin_stream(self._clock())
        self._settled_s = self._clock() + chip.settle_s
        self.state = self._resume = ClipState.STREAM
        return None

    def _begin_stream(self, now_s: float) -> None:
        self._gap = True
        self._settled_s = now_s
        self._proven_at_s = now_s + self._timing.proven_s
        self._checked_s = now_s
        self._health.begin(now_s)

    def _stream(self) -> Block | None:
        before_s = self._clock()
        pending = self._present().pending()
        now_s = self._clock()
        if pending.overflow:
            self._break(Failure.OVERFLOW)
        frames = self._take(pending.frames, before_s)
        if frames.lost or pending.lost:
            self._break(Failure.LOST_FRAMES)
        block = self._block(frames, before_s, now_s)
        failure = self._health.examine(frames, now_s)
        if pending.overflow or pending.lost or frames.lost:
            self._health.restart_rate(now_s)
        if failure is None and not self._health.keeps_rate(self._present().rate_hz, now_s):
            failure = Failure.WRONG_RATE
        if failure is not None:
            self._fail(failure, EXPLANATIONS[failure])
        elif now_s - self._checked_s > self._timing.recheck_s:
            self._recheck(now_s)
        elif now_s >= self._proven_at_s and self.explanation:
            self._sequence.reset()
            self.cause, self.explanation = None, ""
        return block

    def _recheck(self, now_s: float) -> None:
        """Compare the registers with the table: a chip that lost power for a moment has forgotten them."""
        self._checked_s = now_s
        differing = self._present().mismatches()
        if differing:
            self._fail(Failure.REGISTERS, "; ".join(differing))

    def _take(self, count: int, counted_after_s: float) -> Frames:
        """Return what was counted; nothing where the FIFO ran over before it was read, for then it is not that."""
        chip = self._present()
        try:
            frames = chip.take(count)
        except BusError:
            self._break(Failure.LOST_FRAMES)  # what was read of a broken burst is gone
            self._health.restart_rate(self._clock())
            raise
        if self._clock() - counted_after_s > self._timing.stall_s and chip.pending().overflow:
            chip.restart_fifo()
            self._health.begin(self._clock())  # the host was silent, not the chip
            return no_frames(lost=True)
        return frames

    def _break(self, failure: Failure) -> None:
        """Count a hole in the stream: the next block follows a gap, on a sample clock begun anew."""
        self.failures[failure] += 1
        self._sample_clock.restart()
        self._gap = True

    def _block(self, frames: Frames, before_s: float, after_s: float) -> Block | None:
        chip = self._present()
        times, jumped = self._sample_clock.advance(len(frames), before_s, after_s)
        if jumped:
            self.failures[Failure.LOST_FRAMES] += 1
            self._gap = True
        if len(frames) == 0 or after_s < self._settled_s:
            return None
        after_gap = self._gap and not self._is_bridged(float(times[0]))
        self._gap, self._last_sample_s = False, float(times[-1])
        return Block(
            times,
            frames.accel.astype(np.float64) * chip.accel_scale_mps2,
            frames.gyro.astype(np.float64) * chip.gyro_scale_radps,
            self._clock(),
            after_gap,
        )

    def _is_bridged(self, time_s: float) -> bool:
        """Return whether the hole before ``time_s`` is short and the first for a while, so that it is no gap."""
        since_last_s, self._hole_s = time_s - self._hole_s, time_s
        hole_s = math.inf if self._last_sample_s is None else time_s - self._last_sample_s
        return hole_s < self._timing.bridge_s < since_last_s / 10.0

    def _fail(self, failure: Failure, explanation: str) -> None:
        """Turn to recovery, which begins after a wait."""
        now_s = self._clock()
        self.explanation = explanation
        self._proven_at_s = now_s + self._timing.proven_s
        self._not_before_s = now_s + self._sequence.fail(failure, self._health.has_delivered)
        self._health.has_delivered = False
        self.state = ClipState.RECOVER

    def _recover(self) -> Block | None:
        """Take one recovery step; at the last one set the cause of the FAULT and go on trying after a while."""
        step = self._sequence.next_step()
        self.state = self._resume if step is RecoveryStep.RETRY else ClipState.RESET
        if step is RecoveryStep.CLEAR_BUS:
            self._bus_recovery.clear()
        elif step is RecoveryStep.REBIND:
            self._bus_recovery.rebind()
        elif step is RecoveryStep.RETRY:
            return self._steps[self.state]()
        elif step is RecoveryStep.GIVE_UP:
            self.cause = self._sequence.cause
            self._not_before_s = self._clock() + self._timing.give_up_s
        return None

    def _present(self) -> Chip:
        if self.chip is None:
            raise BusError("no sensor has been found yet")
        return self.chip
