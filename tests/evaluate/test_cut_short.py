from dataclasses import replace

import numpy as np
import pytest

from sternway.evaluate import pipeline
from sternway.evaluate.cut_short import FADE_S, LEADS_S, STAND_S, cut_short, cut_shorts, event_s_of
from sternway.evaluate.trial import Activity, Trial
from sternway.events import Kind
from sternway.samples import GRAVITY_MPS2
from sternway.simulate.walker import Walker

STUMBLE = Activity("D18", "stumbling while walking", is_stumble=True)
FALL = Activity("F01", "falling", is_fall=True, from_gait=True)
RATE_HZ = 104.0


def stumbling(before_s=6.0):
    walker = Walker("stumble", seed=1)
    begins_s = walker.truth.happenings[0].time_s - before_s
    time_s = np.arange(round((before_s + 5.0) * RATE_HZ)) / RATE_HZ
    accel, gyro = walker.at(begins_s + time_s)
    return Trial("s", "A", STUMBLE, RATE_HZ, time_s, accel, gyro, np.ones(len(time_s), dtype=bool),
                 alert_s=(before_s, before_s + 1.0))  # fmt: skip


def test_the_person_stands_then_walks_for_the_lead_and_then_it_happens():
    trial = stumbling()
    short = cut_short(trial, 6.0, 1.5)
    assert short.alert_s[0] == pytest.approx(STAND_S + FADE_S + 1.5, abs=0.02)
    assert short.time_s[0] == 0.0
    assert np.diff(short.time_s) == pytest.approx(1.0 / RATE_HZ)
    still = short.time_s < STAND_S
    assert np.linalg.norm(short.accel_mps2[still], axis=1) == pytest.approx(GRAVITY_MPS2, abs=0.6)
    assert np.abs(short.gyro_radps[still]).max() < 0.1
    assert not short.walking[still].any()
    own = short.time_s > STAND_S + FADE_S + 0.01
    count = int(own.sum())
    begins = int(np.searchsorted(trial.time_s, 6.0 - 1.5 + 0.01))
    assert np.allclose(short.accel_mps2[own], trial.accel_mps2[begins : begins + count], atol=1e-9)


def test_a_lead_longer_than_the_recording_goes_back_is_left_out():
    assert [short.name for short in cut_shorts(stumbling(before_s=1.9))] == ["s_0.9s", "s_1.2s", "s_1.5s"]
    assert len(cut_shorts(stumbling())) == len(LEADS_S)


def test_the_same_trial_is_cut_the_same():
    first, again = (cut_short(stumbling(), 6.0, 0.9) for _ in range(2))
    assert np.array_equal(first.accel_mps2, again.accel_mps2)


def test_an_event_is_placed_by_label_peak_or_impact_and_otherwise_not_at_all():
    trial = stumbling()
    assert event_s_of(trial) == 6.0
    assert event_s_of(replace(trial, alert_s=None, peak_s=6.43)) == pytest.approx(6.0)
    assert event_s_of(replace(trial, alert_s=None)) is None
    fall = replace(trial, activity=FALL, alert_s=None, impact_s=7.0)
    assert event_s_of(fall) == pytest.approx(6.0)
    assert cut_shorts(fall) == []
    assert event_s_of(replace(fall, activity=replace(FALL, from_gait=False))) is None


def test_a_stumble_soon_after_setting_off_is_still_found():
    short = cut_short(stumbling(), 6.0, 2.1)
    found = [alarm for alarm in pipeline.run(short).alarms if alarm.kind is Kind.STUMBLE and "walk" in alarm.sessions]
    assert any(-0.5 < alarm.decided_at_s - short.alert_s[0] < 2.0 for alarm in found)
