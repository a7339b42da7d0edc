"""Take the pictures of the pages for these documents: a made-up walker with four weeks behind, in a real browser."""

import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from sternway.config import DashboardSettings, Settings
from sternway.dashboard.service import Dashboard
from sternway.dashboard.store.lookup import events, walks
from sternway.demo.weeks import fill
from sternway.events import Kind
from sternway.records import Phase
from sternway.wire.state import State

FOLDER = Path(__file__).parent / "pictures"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
WALKING = State(
    Phase.BACKWARD, "backward", 466, 214, 148.0, 182.0, 91.0, "steady", False, None, True, 81.0, False, True,
    None, None, None, 0, 3, 0.42, "0.1.0",
)  # fmt: skip


def main() -> int:
    """Take every picture; return 1 where there is no browser."""
    browser = shutil.which("chromium")
    if browser is None:
        print("chromium is not installed (apt install chromium)", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        dashboard = Dashboard(Settings(dashboard=DashboardSettings(port=0, state_dir=home)), is_demo=True)
        fill(dashboard.store, "clip-1", time.time())
        stop = threading.Event()
        with dashboard, sync_playwright() as playwright:
            threading.Thread(target=keep_walking, args=(dashboard, stop), daemon=True).start()
            chromium = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
            take_all(dashboard, chromium)
            stop.set()
            chromium.close()
    return 0


def keep_walking(dashboard: Dashboard, stop: threading.Event) -> None:
    """Be the clip: say the same every second."""
    while not stop.wait(1.0):
        dashboard.live.state("clip-1", WALKING, False)


def take_all(dashboard: Dashboard, chromium: object) -> None:
    """Take the pictures the documents show."""
    walk = next(row for row in walks(dashboard.store, "clip-1") if row.stumble_count)
    [stumble] = events(dashboard.store, "clip-1", walk.started_s, walk.ended_s, ("stumble",))
    shots = [
        ("now-phone", "/", PHONE, "light"),
        ("now-phone-dark", "/", PHONE, "dark"),
        ("now-desk", "/", DESK, "light"),
        ("today-phone", "/today", PHONE, "light"),
        ("walks-phone", "/walks", PHONE, "light"),
        ("walk-desk", f"/walks/{walk.id}", DESK, "light"),
        ("event-desk-dark", f"/events/{stumble.id}", DESK, "dark"),
        ("progress-desk", "/progress", DESK, "light"),
        ("programme-phone", "/programme", PHONE, "dark"),
        ("print-desk", "/progress/print", DESK, "light"),
    ]
    for name, path, size, scheme in shots:
        context = chromium.new_context(  # type: ignore[attr-defined]
            viewport=size, color_scheme=scheme, device_scale_factor=1.5, reduced_motion="reduce"
        )
        page: Page = context.new_page()
        page.goto(dashboard.url + path)
        page.wait_for_timeout(1500)
        page.screenshot(path=FOLDER / f"{name}.png")
        if name == "now-phone":
            dashboard.live.felt("clip-1", Kind.STUMBLE, 0.0)
            page.locator(".verdict.alarm").wait_for()
            page.screenshot(path=FOLDER / "stumble-phone.png")
            time.sleep(21.0)
        context.close()


if __name__ == "__main__":
    sys.exit(main())
