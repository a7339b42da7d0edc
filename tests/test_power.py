import pytest

from sternway.power import ChargeTrend


def felt_before_the_end_s(percent_a_minute, start_percent=60.0):
    """Return how many seconds before an empty battery its end is foreseen, at a reading every 10 s."""
    trend, end_s = ChargeTrend(), 60.0 * start_percent / percent_a_minute
    for now_s in range(0, int(end_s), 10):
        if trend.will_end(float(now_s), start_percent - percent_a_minute * now_s / 60.0):
            return end_s - now_s
    return 0.0


@pytest.mark.parametrize("percent_a_minute", [0.3, 1.0, 2.0, 5.0])
def test_the_end_of_a_battery_is_foreseen_at_least_five_minutes_before(percent_a_minute):
    assert 300.0 <= felt_before_the_end_s(percent_a_minute) <= 600.0 + 60.0


def test_a_battery_that_lasts_and_one_nobody_knows_are_not_low():
    trend = ChargeTrend()
    assert not any(trend.will_end(10.0 * i, 60.0 - 0.003 * i) for i in range(360))
    assert not ChargeTrend().will_end(0.0, None)


def test_only_charging_ends_it_not_a_slope_that_wavers():
    trend = ChargeTrend()
    readings = [20.0 - 0.5 * i for i in range(35)]
    assert [trend.will_end(10.0 * i, percent) for i, percent in enumerate(readings)][-1]
    assert trend.will_end(360.0, readings[-1] + 1.0)
    assert not trend.will_end(370.0, readings[-1] + 20.0)
