"""The page about walking is written only from data that is there."""

import gait_page
import pytest

from sternway.errors import SternwayError


def test_an_empty_folder_is_said_and_the_page_stays(tmp_path):
    page = tmp_path / "gait.md"
    page.write_text("kept")
    with pytest.raises(SternwayError, match="none of ipol, mobgap"):
        gait_page.main([str(tmp_path), str(tmp_path)])
    assert page.read_text() == "kept"
