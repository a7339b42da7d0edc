"""The hazard file: every hazard has controls, and every control is shown by tests that exist."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HAZARDS = tomllib.loads((ROOT / "docs" / "safety" / "hazards.toml").read_text(encoding="utf-8"))["hazard"]
SEVERITIES = ("negligible", "minor", "serious", "critical")
LIKELIHOODS = ("rare", "unlikely", "possible", "likely")
FIELDS = {"id", "hazard", "cause", "harm", "before", "after", "left", "control"}


def named_in(path):
    """Return the names of the tests in a file, those of classes too."""
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_no_two_hazards_share_an_id():
    assert len({hazard["id"] for hazard in HAZARDS}) == len(HAZARDS) >= 15


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard["id"])
def test_every_hazard_is_complete_and_judged(hazard):
    assert set(hazard) == FIELDS
    assert all(hazard[name].strip() for name in ("hazard", "cause", "harm", "left"))
    for judged in (hazard["before"], hazard["after"]):
        assert judged["severity"] in SEVERITIES
        assert judged["likelihood"] in LIKELIHOODS
    before, after = (
        (SEVERITIES.index(hazard[when]["severity"]), LIKELIHOODS.index(hazard[when]["likelihood"]))
        for when in ("before", "after")
    )
    assert after[0] <= before[0]
    assert after[1] <= before[1]


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard["id"])
def test_every_hazard_has_controls_shown_by_tests_that_exist(hazard):
    assert hazard["control"]
    missing = []
    for control in hazard["control"]:
        assert control["what"].strip()
        assert control["tests"], control["what"]
        for test in control["tests"]:
            path, _, name = test.partition("::")
            if name not in named_in(ROOT / path):
                missing.append(test)
    assert missing == []
