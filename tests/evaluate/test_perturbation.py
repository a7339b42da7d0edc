"""Perturbations are spread over forms, sizes and walks, so that each curve rests on many people."""

from collections import Counter

from sternway.evaluate.perturbation import FORMS, SIZES_G, plan_of

NAMES = [f"D0{code}_SA{person:02d}_R01" for code in (1, 2) for person in range(1, 19)]


def test_every_form_is_tried_at_every_size_in_many_walks():
    tried = Counter((form, size_g) for name in NAMES for _, form, size_g in plan_of(name, 100.0, backwards=False))
    assert set(tried) == {(form, size_g) for form in FORMS for size_g in SIZES_G}
    assert min(tried.values()) >= 4
    assert max(tried.values()) <= 24


def test_a_walk_has_one_plan_each_way_and_no_two_walks_the_same():
    assert plan_of("a", 100.0, backwards=False) == plan_of("a", 100.0, backwards=False)
    plans = [plan_of(name, 100.0, way) for name in ("a", "b") for way in (False, True)]
    assert len({tuple(plan) for plan in plans}) == 4
