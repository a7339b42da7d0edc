"""No page keeps anybody out: axe-core in light and dark, the narrowest screen, and the keyboard alone."""

import time
from typing import Any

import pytest

from sternway.dashboard.store.lookup import events, walks
from sternway.dashboard.web import auth
from sternway.demo.weeks import fill

pytestmark = pytest.mark.browser

PASSWORD = "three short words"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RULES = {"light": {"type": "tag", "values": TAGS}, "dark": {"type": "rule", "values": ["color-contrast"]}}
"""Dark changes colours and nothing else, so only they are looked at twice."""
RUN_AXE = """async (rules) => (await axe.run(document, {runOnly: rules, resultTypes: ['violations']})).violations.map(
  (one) => one.id + ": " + one.nodes.map((node) => node.target + " " + node.failureSummary).join(" | "))"""


@pytest.fixture
def paths(dashboard: Any) -> list[str]:
    """Every page, with four weeks behind it."""
    fill(dashboard.store, "clip-1", time.time())
    walk = next(row for row in walks(dashboard.store, "clip-1") if row.stumble_count)
    [stumble] = events(dashboard.store, "clip-1", walk.started_s, walk.ended_s, ("stumble",))
    pages = ["/", "/today", "/stopped", "/walks", f"/walks/{walk.id}", f"/events/{stumble.id}", "/progress"]
    pages += ["/progress/print", "/programme", "/programme/screening", "/clips", "/data", "/more"]
    return pages


def log_in(page: Any, dashboard: Any) -> None:
    person = dashboard.door.set_up(dashboard.door.setup_code(), "Ada", PASSWORD)
    cookie = {"name": "sternway", "value": dashboard.door.remember(person), "url": dashboard.url}
    page.context.add_cookies([cookie])


def test_axe_finds_nothing_on_any_page_in_light_and_dark(
    dashboard: Any, paths: list[str], opened: Any, axe: str
) -> None:
    page, found = opened("phone"), {}

    def look(path: str) -> None:
        page.goto(dashboard.url + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        page.evaluate(axe)
        for scheme, rules in RULES.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            violations = page.evaluate(RUN_AXE, rules)
            if violations:
                found[path, scheme] = violations

    look("/setup")
    log_in(page, dashboard)
    for path in paths:
        look(path)
    page.context.clear_cookies()
    look("/login")
    look(f"/join/{dashboard.door.invite('Physio', auth.Role.VIEWER)}")
    assert found == {}


def test_every_page_fits_the_narrowest_screen_and_shows_its_targets_large(
    dashboard: Any, paths: list[str], opened: Any
) -> None:
    page = opened("phone")
    log_in(page, dashboard)
    page.set_viewport_size({"width": 320, "height": 256})  # WCAG 1.4.10: a desk at 400 % zoom
    for path in paths:
        page.goto(dashboard.url + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"{path} is {wide} px wide"
        small = page.evaluate(
            "[...document.querySelectorAll('button, .button, nav a, .rows a, input:not([type=hidden])')]"
            ".filter(one => one.offsetParent).map(one => [one.getBoundingClientRect(), one.outerHTML])"
            ".filter(([box]) => box.height < 47.5 && box.height > 0)"
            ".map(([box, html]) => box.height + html.slice(0, 80))"
        )
        assert [one for one in small if 'type="checkbox"' not in one] == [], path


def test_a_walk_can_be_started_with_the_keyboard_alone(dashboard: Any, clip: Any, opened: Any) -> None:
    clip.start()
    page = opened("desktop")
    log_in(page, dashboard)
    page.goto(dashboard.url)
    page.get_by_role("button", name="Start a walk").wait_for()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "do-start":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.locator("#verdict .word", has_text="Steady").wait_for()
