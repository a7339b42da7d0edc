import pytest

from sternway.walk.heading import Heading


def turned(heading, start_s, seconds, radps, still=False):
    for number in range(round(seconds * 100)):
        heading.update(start_s + number / 100, radps, still)


def test_a_turn_is_the_yaw_rate_over_its_time():
    heading = Heading()
    turned(heading, 0.0, 2.0, 0.0)
    turned(heading, 2.0, 1.0, 1.5)
    turned(heading, 3.0, 1.0, 0.0)
    assert heading.turned_rad(1.5, 3.5) == pytest.approx(1.5, abs=0.01)
    assert heading.turned_rad(2.0, 2.5) == pytest.approx(0.75, abs=0.1)


def test_a_gyro_that_turns_at_rest_is_zeroed_while_standing():
    heading = Heading()
    turned(heading, 0.0, 10.0, 0.2, still=True)
    turned(heading, 10.0, 5.0, 0.2)
    assert abs(heading.turned_rad(10.0, 15.0)) < 0.2


def test_what_is_no_longer_kept_counts_as_straight():
    heading = Heading()
    turned(heading, 0.0, 20.0, 0.1)
    assert heading.turned_rad(1.0, 2.0) == 0.0
