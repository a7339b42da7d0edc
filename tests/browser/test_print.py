"""The page for the physiotherapist is one page of paper, however much there is to say."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from sternway.config import DashboardSettings, Settings
from sternway.dashboard.service import Dashboard
from sternway.demo.weeks import fill

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("paper", [{"prefer_css_page_size": True}, {"format": "Letter"}], ids=["A4", "Letter"])
def test_three_months_with_every_chart_fit_on_one_page(tmp_path: Path, opened: Any, paper: dict[str, Any]) -> None:
    settings = Settings(dashboard=DashboardSettings(port=0, state_dir=str(tmp_path)))
    with Dashboard(settings, is_demo=True) as dashboard:
        fill(dashboard.store, "clip-1", time.time(), weeks=12)
        page = opened("desktop")
        page.goto(f"{dashboard.url}/progress/print?weeks=12")
        assert page.locator(".sheet figure").count() == 9
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(**paper))) == 1
