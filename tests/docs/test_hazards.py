"""The hazard file: every hazard has controls, and every control is shown by tests that exist."""

import ast
import re
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


def test_the_security_page_names_tests_that_exist():
    page = (ROOT / "docs" / "safety" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", page)
    assert len(named) > 25
    assert [test for path, test in named if test not in named_in(ROOT / "tests" / path)] == []


def test_the_security_page_has_every_row():
    page = (ROOT / "docs" / "safety" / "security.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| 5\.(\d+) ", page, re.MULTILINE) == [str(number) for number in range(1, 14)]
    assert re.findall(r"^\| I(\d+) ", page, re.MULTILINE) == [str(number) for number in range(1, 11)]
