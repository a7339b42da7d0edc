import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).with_name("fuzz.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_a_broker_can_send_changes_anything_it_should_not(fuzz, tmp_path):
    counts = fuzz.run(3000, seed=2, folder=tmp_path)
    assert counts["thrown"] == 3000
    assert counts["dropped"] > 1500
