"""From the set-up code to the printed page, as a family does it, at the size of a phone and of a desk."""

import re
from typing import Any

import pytest

pytestmark = pytest.mark.browser

PASSWORD = "three short words"


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_family_sets_up_pairs_walks_looks_back_prints_and_lets_somebody_look(
    dashboard: Any, clip: Any, opened: Any, size: str
) -> None:
    page = opened(size)
    set_up(page, dashboard)
    pair(page, dashboard)
    clip.start()
    walk_and_stumble(page, dashboard, clip)
    stop_with_pain(page)
    look_back(page, dashboard)
    print_and_export(page, dashboard)
    let_somebody_look(page, dashboard, opened, size)


def set_up(page: Any, dashboard: Any) -> None:
    page.goto(dashboard.url)
    page.get_by_label("Set-up code").fill(dashboard.door.setup_code())
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("heading", name="No clip yet").wait_for()


def pair(page: Any, dashboard: Any) -> None:
    page.get_by_role("link", name="Pair a clip").click()
    page.get_by_label("Its name on the network").fill("clip-1")
    page.get_by_role("button", name="Make its join code").click()
    assert "sternway" in page.locator("#joined .code").inner_text()


def walk_and_stumble(page: Any, dashboard: Any, clip: Any) -> None:
    page.goto(f"{dashboard.url}/today")
    page.get_by_label("Trainers").check()
    page.get_by_role("button", name="Keep them and start").click()
    page.locator("#verdict .word", has_text="Steady").wait_for()
    assert clip.commands[-1].body.check.footwear == "trainers"
    assert page.locator("#contact").inner_text().startswith("Live")
    clip.stumble()
    page.locator("#verdict.alarm .word", has_text="Stumble").wait_for(timeout=5000)
    assert "Stumble" in page.locator("#spoken").inner_text()


def stop_with_pain(page: Any) -> None:
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("heading", name="You stopped").wait_for()
    page.get_by_label("6", exact=True).check()
    page.get_by_label("Right knee").check()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("6 of 10, during, right knee").wait_for()


def look_back(page: Any, dashboard: Any) -> None:
    page.goto(f"{dashboard.url}/walks")
    page.locator(".rows a").first.click()
    page.get_by_role("link", name=re.compile("^Stumble")).click()
    assert page.locator(".chart").count() == 2
    page.get_by_role("button", name="Right: it happened").click()
    page.get_by_text("Right: it happened.").wait_for()
    page.goto(f"{dashboard.url}/progress")
    page.get_by_text("Minutes backward, by week").wait_for()
    colours = page.evaluate(
        "() => [...document.querySelectorAll('.chart .bar rect, .chart .line.reactive, .chart .dot')]"
        ".map(one => getComputedStyle(one).fill + getComputedStyle(one).stroke)"
    )
    assert colours
    assert not any(colour.startswith("rgb(0, 0, 0)") for colour in colours), "a chart lost its colours to the policy"


def print_and_export(page: Any, dashboard: Any) -> None:
    page.goto(f"{dashboard.url}/progress/print")
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    assert b"/Subtype /Image" not in paper, "charts are drawn as lines, not as pictures"
    page.goto(f"{dashboard.url}/data")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Walks, one line each")).click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 2
    assert "page_stop" in lines[1]


def let_somebody_look(page: Any, dashboard: Any, opened: Any, size: str) -> None:
    page.get_by_label("Name", exact=True).fill("Physio")
    page.get_by_role("button", name="Make an invitation").click()
    link = page.locator("main .code").inner_text()
    page.get_by_role("button", name="Log out").click()
    page.get_by_text("You are logged out.").wait_for()
    page.goto(f"{dashboard.url}/walks")
    page.get_by_role("heading", name="Log in").wait_for()
    viewer = opened(size)
    viewer.goto(link)
    viewer.get_by_label("Choose a password").fill(PASSWORD)
    viewer.get_by_role("button", name="Go in").click()
    viewer.get_by_text("looking only").wait_for()
    for path in ("/", "/today", "/walks", "/programme", "/clips", "/data"):
        viewer.goto(dashboard.url + path)
        assert viewer.locator("main button").count() == 0, path
    answer = viewer.request.post(f"{dashboard.url}/data/delete", form={"word": "delete"})
    assert answer.status == 403
    viewer.goto(f"{dashboard.url}/walks")
    assert viewer.locator(".rows a").count() == 1


def test_a_silent_clip_and_a_lost_dashboard_are_said_within_five_seconds(
    dashboard: Any, clip: Any, opened: Any
) -> None:
    clip.start()
    page = opened("phone")
    set_up_plainly(page, dashboard)
    page.goto(dashboard.url)
    page.get_by_role("button", name="Start a walk").click()
    page.locator("#verdict .word", has_text="Steady").wait_for()
    clip.fall_silent()
    page.locator("#verdict.unknown .word", has_text="Out of touch").wait_for()
    assert dashboard.live.sight("clip-1").silent_s < 5.0
    assert "As it was when the clip was last heard" in page.locator("#figures").inner_text()
    dashboard.app.state.stream.end()
    page.route("**/live", lambda route: route.abort())
    page.locator("#link-lost").wait_for(timeout=8000)
    page.unroute("**/live")
    page.locator("#link-lost").wait_for(state="hidden", timeout=20_000)


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_fall_that_nobody_settled_stays_on_the_page_when_the_clip_falls_silent(
    dashboard: Any, clip: Any, opened: Any, size: str
) -> None:
    clip.start()
    page = opened(size)
    set_up_plainly(page, dashboard)
    page.goto(dashboard.url)
    page.get_by_role("button", name="Start a walk").click()
    page.locator("#verdict .word", has_text="Steady").wait_for()
    clip.fall()
    page.locator("#verdict .word", has_text="Was that a fall?").wait_for()
    clip.fall_silent()
    page.locator("#verdict.alarm .sentence", has_text=re.compile("Nothing was heard|was last heard")).wait_for()
    assert "Go and look now" in page.locator("#verdict .advice").inner_text()
    assert re.search("Nothing was heard|was last heard", page.locator("#spoken").inner_text())
    assert page.get_by_role("button", name="I’m OK").is_visible()


def set_up_plainly(page: Any, dashboard: Any) -> None:
    person = dashboard.door.set_up(dashboard.door.setup_code(), "Ada", PASSWORD)
    cookie = {"name": "sternway", "value": dashboard.door.remember(person), "url": dashboard.url}
    page.context.add_cookies([cookie])
