import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RETIRED = (Path(__file__).parent / "retired_words.txt").read_text().split()


@pytest.mark.parametrize("word", RETIRED)
def test_a_retired_word_does_not_come_back(word):
    files = [path for folder in ("src", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    assert files
    found = [str(path.relative_to(ROOT)) for path in files if re.search(rf"\b{word}\b", path.read_text())]
    assert not found
