"""The replay gate: what the detectors say of fixed recordings may not move unnoticed.

``scores.json`` holds it for walks made by the simulated walker. Where it moves on purpose, rewrite it with
``python tests/replay/test_scores.py`` and look at the difference. Where ``STERNWAY_DATA`` names the recordings, a
fixed part of the real data must stay above floors.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from sternway.commands.evaluate import chosen
from sternway.evaluate import pipeline
from sternway.evaluate.datasets import dataset
from sternway.evaluate.score import scores
from sternway.evaluate.trial import Activity, Trial
from sternway.events import Kind
from sternway.simulate.walker import Walker

KEPT = Path(__file__).with_name("scores.json")
RATE_HZ = 104.0
MADE = {
    "walk": Activity("walk", "walking backward and turning", is_walking=True),
    "stumble": Activity("stumble", "stumbles in backward walking", is_stumble=True),
    "fall": Activity("fall", "a fall from backward walking", is_fall=True, from_gait=True),
}
LENGTH_S = {"walk": 80.0, "stumble": 90.0, "fall": 70.0}


def made(name: str, seed: int) -> Trial:
    walker = Walker(name, seed=seed)
    time_s = np.arange(round(LENGTH_S[name] * RATE_HZ)) / RATE_HZ
    accel, gyro = walker.at(time_s)
    first = next((happening.time_s for happening in walker.truth.happenings), None)
    activity = MADE[name]
    return Trial(
        name=f"{name}-{seed}",
        subject=str(seed),
        activity=activity,
        rate_hz=RATE_HZ,
        time_s=time_s,
        accel_mps2=accel,
        gyro_radps=gyro,
        walking=np.full(len(time_s), activity.is_walking),
        impact_s=first if activity.is_fall else None,
        alert_s=(first, first + 1.0) if activity.is_stumble and first is not None else None,
    )


STRENGTH = {
    Kind.STUMBLE: ("times_usual", "small_probability"),
    Kind.PRE_IMPACT: ("probability",),
    Kind.FALL: ("probability",),
}


def strength(alarm: pipeline.Alarm) -> float:
    """Return how strong the channel that heard it found it."""
    return next(alarm.evidence[name] for name in STRENGTH[alarm.kind] if name in alarm.evidence)


def measured() -> dict[str, dict[str, list[list[float]]]]:
    """Return, for each made recording, when each kind of alarm was decided, to 20 ms, and how strong it was."""
    found: dict[str, dict[str, list[list[float]]]] = {}
    for name in MADE:
        for seed in (1, 2):
            trial = made(name, seed)
            alarms = [alarm for alarm in pipeline.run(trial).alarms if "walk" in alarm.sessions]
            found[trial.name] = {
                kind.value: [
                    [round(round(a.decided_at_s / 0.02) * 0.02, 2), round(strength(a), 2)]
                    for a in alarms
                    if a.kind is kind
                ]
                for kind in pipeline.SCORED
            }
    return found


def test_what_is_heard_in_made_recordings_has_not_moved():
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert measured() == kept, (
        "scores moved; if that is meant: python tests/replay/test_scores.py, and look at the diff"
    )


def test_the_kept_scores_are_good_ones():
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    for seed in (1, 2):
        assert kept[f"walk-{seed}"] == {"stumble": [], "pre_impact": [], "fall": []}
        assert len(kept[f"stumble-{seed}"]["stumble"]) >= 1
        assert kept[f"stumble-{seed}"]["fall"] == []
        assert len(kept[f"fall-{seed}"]["fall"]) == 1


@pytest.mark.data
@pytest.mark.skipif("STERNWAY_DATA" not in os.environ, reason="STERNWAY_DATA does not name the recordings")
def test_a_fixed_part_of_the_real_data_stays_above_its_floors():
    folder = Path(os.environ["STERNWAY_DATA"])
    reader = dataset("sisfall")
    files = reader.find(folder / "sisfall")
    falls = tuple(f"F{n:02d}" for n in range(1, 16))
    some = chosen(files, ("SA03",), ("D18", "D01", "D02", "D10", *falls)) + chosen(files, ("SE02",), ("D01", "D02"))
    some = [file for file in some if not file.activity.startswith("F") or file.name.endswith("R01")]
    outcomes = [pipeline.run(reader.read(file)) for file in some]
    figures = scores("sisfall", "none", outcomes)
    gated = scores("sisfall", "always", outcomes)
    assert figures["stumble"]["detected"] >= 5
    assert gated["stumble"]["adl_trials_with_alarm"] <= 1
    assert figures["stumble"]["false_alarms_walking"] == 0
    assert figures["pre_impact"]["detected"] >= 13
    assert figures["pre_impact"]["false_alarms_walking"] == 0
    assert figures["fall"]["detected"] >= 14
    assert figures["fall"]["adl_trials_with_alarm"] == 0


if __name__ == "__main__":
    KEPT.write_text(json.dumps(measured(), indent=2) + "\n", encoding="utf-8")
