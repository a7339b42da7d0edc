"""The records of one walk by a made-up walker, seeded.

Everything goes in as a clip's own records do: encoded, decoded, checked and stored by the same functions.
"""

import datetime
import itertools
from collections.abc import Iterator

import numpy as np

from sternway import __version__
from sternway.events import Event, Kind
from sternway.records import Body, Moment, Record, RecordKind
from sternway.simulate.script import BACKWARD, Act, Stumble, Walk
from sternway.simulate.walker import Walker
from sternway.wire.event import event_body, event_in_walk
from sternway.wire.messages import Arrival, decode_record, encode_record, numbered
from sternway.wire.plan import WalkPlan
from sternway.wire.report import (
    Answers,
    Cadence,
    Dose,
    Happenings,
    PostureOfWalk,
    SensorOfWalk,
    SessionReport,
    Softness,
    Steadiness,
)
from sternway.wire.trace import Trace, trace_body
from sternway.wire.values import Level

DAY_S = 86_400.0
TRACE_HZ = 100.0
TRACE_S = 5.0


class MadeUpClip:
    """Makes the records of one walker, seeded: the same seed gives the same weeks."""

    def __init__(self, clip_id: str, seed: int) -> None:
        self._clip_id = clip_id
        self._rng = np.random.default_rng(seed)
        self._store_id = self._rng.bytes(16).hex()
        self._seq = 0
        self._trip = _Trip(seed)

    def walk(self, start_s: float, plan: WalkPlan, unsteadiness: float, stumble_count: int) -> Iterator[Arrival]:
        """Give the records of one walk that begins at ``start_s`` (Unix seconds).

        ``unsteadiness`` 0 is as steady as this walker gets and 1 far from it.
        """
        boot_id, zero_s = self._rng.bytes(8).hex(), start_s - 60.0
        timeline = _timeline(plan)
        backward = [part for part in timeline if part[0] == "backward"]
        events = self._changes(backward, unsteadiness)
        for _ in range(stumble_count):
            begun_s, end_s = backward[int(self._rng.integers(len(backward)))][1:]
            events.append(self._stumble(float(self._rng.uniform(begun_s + 5.0, end_s - 5.0))))
        events.sort(key=lambda event: event.decided_at_s)
        for event in events:
            yield self._record(RecordKind.EVENT, event_body(event), boot_id, zero_s, event.decided_at_s)
            if event.kind is Kind.STUMBLE:
                trace = self._trip.trace(event)
                yield self._record(RecordKind.TRACE, trace, boot_id, zero_s, event.time_s + TRACE_S / 2.0)
        ended_s = timeline[-1][2]
        report = self._report(plan, timeline, events, unsteadiness)
        yield self._record(RecordKind.SESSION, report, boot_id, zero_s, ended_s)

    def _record(self, kind: RecordKind, body: Body, boot_id: str, zero_s: float, monotonic_s: float) -> Arrival:
        wall = datetime.datetime.fromtimestamp(zero_s + monotonic_s, datetime.UTC)
        wall_time = wall.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = Record(kind, body, Moment(self._clip_id, boot_id, monotonic_s, wall_time, True))
        self._seq += 1
        return decode_record(numbered(encode_record(record), self._store_id, self._seq, 1), self._clip_id)

    def _stumble(self, time_s: float) -> Event:
        severity = round(float(self._rng.uniform(0.35, 0.9)), 2)
        evidence = {"peak_g": round(1.6 + 1.4 * severity, 2), "score": round(3.0 + 4.0 * severity, 2)}
        return Event(Kind.STUMBLE, round(time_s, 2), round(time_s + 0.42, 2), severity, evidence)

    def _changes(self, backward: list[tuple[str, float, float]], unsteadiness: float) -> list[Event]:
        """Return how steadiness went: steady once known, and now and then less so."""
        level, events = "unknown", []
        for _, begun_s, end_s in backward:
            for time_s in np.arange(begun_s + 15.0, end_s, 20.0):
                wanted = "raised" if self._rng.random() < unsteadiness else "steady"
                if wanted != level:
                    level = wanted
                    z = float(self._rng.normal(2.4 if wanted == "raised" else 0.3, 0.3))
                    evidence = {"step_time_variability_z": round(z, 2), "score": round(abs(z) / 4.0, 2)}
                    severity = 0.5 if wanted == "raised" else 0.0
                    events.append(
                        Event(Kind.STABILITY, float(time_s), float(time_s), severity, evidence, level=wanted)
                    )
        return events

    def _trials_s(self, unsteadiness: float) -> list[float]:
        """Return three trials of the walk test, some 4 to 6 s each."""
        return [round(float(self._rng.normal(4.2 + 12.0 * unsteadiness, 0.25)), 2) for _ in range(3)]

    def _report(
        self, plan: WalkPlan, timeline: list[tuple[str, float, float]], events: list[Event], unsteadiness: float
    ) -> SessionReport:
        """Return a session body of the form that the clip writes."""
        seconds = {phase: sum(end - begun for name, begun, end in timeline if name == phase) for phase in _PHASES}
        counts: dict[str, int] = {}
        for event in events:
            counts[event.kind.value] = counts.get(event.kind.value, 0) + 1
        stopped = counts.get("stumble", 0) >= 2
        cadence_spm = float(self._rng.normal(92.0 - 8.0 * unsteadiness, 2.0))
        forward_s = seconds["warm_up"] + seconds["cool_down"]
        levels = _level_seconds(timeline, events)
        backward_mps3 = float(self._rng.normal(78.0 + 12.0 * unsteadiness, 4.0))
        raised = levels.get("raised", 0.0) >= 0.2 * seconds["backward"]
        return SessionReport(
            started_s=timeline[0][1],
            ended_s=timeline[-1][2],
            reason="two_stumbles" if stopped else "done",
            stopped=stopped,
            complete=not stopped,
            done_share=1.0,
            unseen_s=0.0,
            dose=Dose(
                backward_s=round(seconds["backward"], 2),
                forward_s=round(forward_s, 2),
                unknown_s=4.0,
                turning_s=8.0,
                steps_backward=round(seconds["backward"] / 60.0 * cadence_spm),
                steps_forward=round(forward_s / 60.0 * 104.0),
                steps_unknown=6,
                steps_turning=12,
                lane_count=round(seconds["backward"] / 9.0),
                stretch_count=plan.stretches,
            ),
            cadence_spm=Cadence(backward=round(cadence_spm, 2), forward=104.0),
            steadiness=Steadiness(
                steady_s=round(levels.get("steady", 0.0), 1),
                raised_s=round(levels.get("raised", 0.0), 1),
                unknown_s=round(levels.get("unknown", 0.0), 1),
                level=Level.RAISED if raised else Level.STEADY,
            ),
            events=Happenings(count=counts, listed=tuple(event_in_walk(event, "backward") for event in events)),
            softness=Softness(
                backward_mps3=round(backward_mps3, 2), forward_mps3=112.0, ratio=round(backward_mps3 / 112.0, 3)
            ),
            posture=PostureOfWalk(
                lean_rad=round(float(self._rng.normal(0.07 + 0.03 * unsteadiness, 0.01)), 4),
                sway_mps2=round(float(self._rng.normal(0.55 + 0.25 * unsteadiness, 0.04)), 4),
            ),
            sensor=SensorOfWalk(motor_felt=True, haptics_off=False),
            versions={"sternway": __version__},
            plan=plan,
            answers=Answers(place="hall", surface="yes", footwear="trainers", support=plan.support),
            phases=tuple((phase, begun_s) for phase, begun_s, _ in timeline),
            walk_test_s=tuple(self._trials_s(unsteadiness)) if plan.walk_test else (),
            cues={"start": 2, "change": 2 * plan.stretches, "end": 1},
        )


_PHASES = ("standing_check", "warm_up", "backward", "rest", "cool_down")


class _Trip:
    """A simulated walker who trips once: where the samples of every stumble in the history come from."""

    def __init__(self, seed: int) -> None:
        script: list[Act] = [Walk(12.0, BACKWARD), Stumble(0.9), Walk(12.0, BACKWARD)]
        self._walker = Walker(script, seed)
        self._at_s = next(one.time_s for one in self._walker.truth.happenings if one.kind is Kind.STUMBLE)

    def trace(self, event: Event) -> Trace:
        """Return the body of a trace around ``event``."""
        around_s = np.arange(round(TRACE_S * TRACE_HZ)) / TRACE_HZ - TRACE_S / 2.0
        accel_mps2, gyro_radps = self._walker.at(self._at_s + around_s)
        return trace_body(event, event.time_s - TRACE_S / 2.0, TRACE_HZ, accel_mps2, gyro_radps)


def _timeline(plan: WalkPlan) -> list[tuple[str, float, float]]:
    """Return the phases of a walk as (phase, begun_s, end_s), a minute after the clip was switched on."""
    lengths = [("standing_check", 10.0), ("warm_up", plan.warm_up_min * 60.0)]
    for stretch in range(plan.stretches):
        lengths += [("rest", plan.rest_s)] if stretch else []
        lengths += [("backward", plan.stretch_min * 60.0)]
    lengths.append(("cool_down", plan.cool_down_min * 60.0))
    timeline, begun_s = [], 60.0
    for phase, length_s in lengths:
        timeline.append((phase, begun_s, begun_s + length_s))
        begun_s += length_s
    return timeline


def _level_seconds(timeline: list[tuple[str, float, float]], events: list[Event]) -> dict[str, float]:
    """Return how long backward walking was at each level."""
    seconds: dict[str, float] = {}
    changes = [(event.time_s, str(event.level)) for event in events if event.kind is Kind.STABILITY]
    for phase, begun_s, end_s in timeline:
        if phase != "backward":
            continue
        level = ([name for at_s, name in changes if at_s <= begun_s] or ["unknown"])[-1]
        edges = [(begun_s, level), *((at_s, name) for at_s, name in changes if begun_s < at_s < end_s), (end_s, "")]
        for (from_s, name), (to_s, _) in itertools.pairwise(edges):
            seconds[name] = seconds.get(name, 0.0) + to_s - from_s
    return seconds
