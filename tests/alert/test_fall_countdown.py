import json

import pytest

from sternway.alert.fall_countdown import COUNTDOWN_S, FallCountdown
from sternway.events import Event, Kind

FALL = Event(Kind.FALL, 9.0, 12.0, 1.0)


@pytest.fixture
def countdown():
    countdown = FallCountdown()
    assert countdown.update(12.0, [FALL]) == []
    return countdown


def test_silence_confirms_a_fall_after_twenty_seconds(countdown):
    assert COUNTDOWN_S == 20.0
    assert countdown.update(31.99) == []
    (confirmed,) = countdown.update(32.01)
    assert (confirmed.kind, confirmed.time_s, confirmed.decided_at_s) == (Kind.FALL_CONFIRMED, 9.0, 32.0)
    assert countdown.update(60.0) == []


def test_ok_cancels(countdown):
    (cancelled,) = countdown.cancel(17.0)
    assert (cancelled.kind, cancelled.severity, cancelled.evidence) == (Kind.FALL_CANCELLED, 0.0, {"after_s": 5.0})
    assert not countdown.active
    assert countdown.update(60.0) == []


def test_a_long_press_sends_now_and_only_once(countdown):
    assert [event.kind for event in countdown.send_now(14.0)] == [Kind.FALL_CONFIRMED]
    assert countdown.send_now(15.0) == countdown.cancel(15.0) == countdown.update(60.0) == []


def test_a_second_fall_does_not_prolong_the_countdown(countdown):
    countdown.update(20.0, [Event(Kind.FALL, 19.0, 20.0, 1.0)])
    assert countdown.remaining_s(20.0) == 12.0


def test_without_a_fall_nothing_happens():
    countdown = FallCountdown()
    assert countdown.cancel(1.0) == countdown.send_now(1.0) == countdown.update(1.0) == []
    assert countdown.remaining_s(1.0) is None


def test_a_restart_keeps_the_countdown(countdown):
    after = FallCountdown()
    after.restore(json.loads(json.dumps(countdown.snapshot())), 25.0)
    assert after.update(31.0) == []
    assert [event.decided_at_s for event in after.update(40.0)] == [32.0]


def test_after_a_new_boot_the_wearer_has_the_full_time_again(countdown):
    after = FallCountdown()
    after.restore(json.loads(json.dumps(countdown.snapshot())), 3.0, same_boot=False)
    assert after.remaining_s(3.0) == 20.0


def test_nothing_to_restore_is_nothing():
    countdown = FallCountdown()
    countdown.restore(FallCountdown().snapshot(), 5.0)
    assert not countdown.active
