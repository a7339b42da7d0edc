import pytest

from sternway.detect.personal_level import RunningLevels


def after(running, values, count):
    for _ in range(count):
        levels = running.push(values)
    return levels


def test_what_stays_the_same_is_its_own_level_each_quantity_for_itself():
    running = RunningLevels()
    assert after(running, (10.0, 2.0, 0.5), 50) == (0.0, 0.0, 0.0)
    assert after(running, (10.0, 2.0, 0.5), 300) == pytest.approx((10.0, 2.0, 0.5))


def test_the_level_follows_a_new_pace_half_a_second_late():
    running = RunningLevels()
    after(running, (10.0, 2.0, 0.5), 400)
    assert after(running, (20.0, 4.0, 1.0), 50) == pytest.approx((10.0, 2.0, 0.5))
    assert after(running, (20.0, 4.0, 1.0), 1200) == pytest.approx((20.0, 4.0, 1.0), rel=0.01)


def test_neither_the_rise_before_an_alarm_nor_what_follows_is_usual():
    running = RunningLevels()
    after(running, (10.0, 2.0, 0.5), 400)
    after(running, (90.0, 20.0, 5.0), 40)
    running.freeze()
    after(running, (90.0, 20.0, 5.0), 150)
    assert after(running, (10.0, 2.0, 0.5), 200) == pytest.approx((10.0, 2.0, 0.5))
