import pytest

from sternway.detect.usual import PaceLevels


def after(pace, values, count):
    for _ in range(count):
        levels = pace.push(values)
    return levels


def test_what_stays_the_same_is_its_own_level_each_quantity_for_itself():
    pace = PaceLevels()
    assert after(pace, (10.0, 2.0, 0.5), 50) == (0.0, 0.0, 0.0)
    assert after(pace, (10.0, 2.0, 0.5), 300) == pytest.approx((10.0, 2.0, 0.5))


def test_the_level_follows_a_new_pace_half_a_second_late():
    pace = PaceLevels()
    after(pace, (10.0, 2.0, 0.5), 400)
    assert after(pace, (20.0, 4.0, 1.0), 50) == pytest.approx((10.0, 2.0, 0.5))
    assert after(pace, (20.0, 4.0, 1.0), 1200) == pytest.approx((20.0, 4.0, 1.0), rel=0.01)


def test_neither_the_rise_before_an_alarm_nor_what_follows_is_usual():
    pace = PaceLevels()
    after(pace, (10.0, 2.0, 0.5), 400)
    after(pace, (90.0, 20.0, 5.0), 40)
    pace.freeze()
    after(pace, (90.0, 20.0, 5.0), 150)
    assert after(pace, (10.0, 2.0, 0.5), 200) == pytest.approx((10.0, 2.0, 0.5))
