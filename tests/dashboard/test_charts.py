"""Charts are bare SVG: no style, no script, no foreign link, every label escaped."""

import re

from sternway.dashboard.web.charts import bars, lines


def test_nothing_is_left_that_the_policy_would_stop() -> None:
    for svg in (
        lines({"a": [(0.0, 1.0), (1.0, None), (2.0, 3.0)]}, x_labels=[(0.0, "x")], dots=True),
        bars(["a"], {"b": [1.0]}),
    ):
        assert not re.search(r"<style|<script|<defs|style=|http://(?!www\.w3\.org/2000/svg)|xlink", svg)
        assert svg.startswith("<svg")
        assert 'aria-hidden="true"' in svg


def test_labels_cannot_break_out() -> None:
    assert "<script>" not in bars(["<script>alert(1)</script>"], {"<b>": [1.0]})


def test_gaps_are_gaps() -> None:
    broken = lines({"a": [(0.0, 1.0), (1.0, 2.0), (2.0, None), (3.0, 1.0), (4.0, 2.0)]})
    assert len(re.findall(r'class="line reactive', broken)) >= 1
    assert broken.count("M") > lines({"a": [(0.0, 1.0), (1.0, 2.0), (3.0, 1.0), (4.0, 2.0)]}).count("M")


def test_nothing_at_all_and_one_value_can_be_drawn() -> None:
    for points in ([], [(0.0, None)], [(0.0, 3.0)], [(0.0, 3.0), (1.0, 3.0)]):
        assert "<svg" in lines({"a": points})
    assert "<svg" in bars([], {"a": []})


def test_a_year_of_weeks_has_few_enough_labels_to_read() -> None:
    labels = [f"week {number}" for number in range(52)]
    assert len(re.findall(r">week \d+<", bars(labels, {"a": [1.0] * 52}))) <= 5
