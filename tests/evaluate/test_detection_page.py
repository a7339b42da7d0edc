"""The page about detection says whose people the printed weights have seen."""

import detection_page
import pytest


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Return a function that writes the page as if these data sets were there, without running them."""
    monkeypatch.setattr(detection_page, "heard_in", lambda *_: [])
    monkeypatch.setattr(detection_page, "_table", lambda reader, _: f"## {reader.name}\n")

    def page(*names):
        for name in names:
            (tmp_path / name).mkdir()
        assert detection_page.main([str(tmp_path), str(tmp_path)]) == 0
        return " ".join((tmp_path / "detection.md").read_text().split())

    return page


def test_without_a_run_on_strangers_the_page_says_that_the_weights_have_seen_these_people(page):
    text = page("hapt")
    assert "The weights printed here have seen these people" in text
    assert "No table here is of people without a part in development" in text
    assert "no run of them is shown" in text


def test_a_run_on_strangers_is_named(page):
    text = page("hapt", "kfall")
    assert "Nothing was set on the people of kfall." in text
    assert "no run of them is shown" not in text
