import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sternway.evaluate.intervals import poisson_rate, wilson


@given(trials=st.integers(1, 2000), share=st.floats(0, 1))
def test_wilson_agrees_with_scipy(trials, share):
    hits = round(share * trials)
    known = stats.binomtest(hits, trials).proportion_ci(method="wilson")
    assert wilson(hits, trials) == pytest.approx((known.low, known.high), abs=1e-9)


@given(count=st.integers(0, 300), hours=st.floats(0.01, 100))
def test_the_poisson_interval_is_the_exact_one(count, hours):
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(0.975, 2 * count + 2) / 2
    assert poisson_rate(count, hours) == pytest.approx((low / hours, high / hours), rel=1e-6)


def test_nothing_is_known_without_trials_or_hours():
    assert wilson(0, 0) is None
    assert poisson_rate(0, 0.0) is None
