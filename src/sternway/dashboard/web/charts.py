"""Charts drawn on the server by pygal, as bare SVG that the page's own stylesheet colours.

pygal's own style and script elements are taken out: under the strict content security policy they would not run, and
what is left without a stylesheet is a black rectangle. Beside every chart stand a sentence and a table.
"""

import functools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import pygal
from markupsafe import Markup
from pygal.style import Style

# pygal leaves a finder of a protocol that Python has dropped, for plug-ins: every later import would warn of it.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

WIDTH = 340
"""Drawn for a phone's width: the text stays legible there and grows on a larger page."""
DRAWN_COUNT = 64
"""Drawings kept: pygal takes 20 ms each, and what it draws follows from the numbers alone."""
LABEL_PX = 14
"""The size the stylesheet gives labels: pygal leaves room for it."""
_UNWANTED = {"defs", "title", "desc", "style", "script"}


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: drawing, title, a sentence that says the same, and the numbers as a table."""

    title: str
    svg: Markup
    summary: str
    names: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = field(default=())


Points = Sequence[tuple[float, float | None]]


def lines(
    series: Mapping[str, Points],
    *,
    y_range: tuple[float, float] | None = None,
    x_labels: Sequence[tuple[float, str]] = (),
    dots: bool = False,
    css: str = "",
) -> Markup:
    """Draw lines through (x, y) points; a ``None`` interrupts a line."""
    return _lines(
        tuple((name, tuple(points)) for name, points in series.items()), y_range, tuple(x_labels), dots, css
    )


def bars(labels: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Markup:
    """Draw bars, stacked where there are several series."""
    return _bars(tuple(labels), tuple((name, tuple(values)) for name, values in series.items()))


@functools.lru_cache(DRAWN_COUNT)
def _lines(
    series: tuple[tuple[str, Points], ...],
    y_range: tuple[float, float] | None,
    x_labels: tuple[tuple[float, str], ...],
    dots: bool,
    css: str,
) -> Markup:
    values = [y for _, points in series for _, y in points if y is not None]
    chart = pygal.XY(**_options(200), show_dots=dots, dots_size=2.6, allow_interruptions=True)
    chart.range = y_range or _room(values)
    if x_labels:
        chart.x_labels = [{"label": label, "value": x} for x, label in x_labels]
    for name, points in series:
        chart.add(name, list(points))
    return _bare(chart, css)


@functools.lru_cache(DRAWN_COUNT)
def _bars(labels: tuple[str, ...], series: tuple[tuple[str, tuple[float | None, ...]], ...]) -> Markup:
    chart = pygal.StackedBar(**_options(180), spacing=8)
    chart.x_labels = _thinned(labels)
    for name, values in series:
        chart.add(name, list(values))
    return _bare(chart, "")


def _options(height: int) -> dict[str, Any]:
    return {
        "js": [],
        "no_prefix": True,
        "disable_xml_declaration": True,
        "truncate_label": -1,
        "width": WIDTH,
        "height": height,
        "show_legend": False,
        "margin": 8,
        "margin_right": 26,
        "style": Style(label_font_size=LABEL_PX, major_label_font_size=LABEL_PX),
        "include_x_axis": False,
        "max_scale": 6,
        "min_scale": 3,
        "show_minor_x_labels": True,
    }


def _room(values: Sequence[float]) -> tuple[float, float]:
    """Return a range with room above and below, so that a flat line is seen as one."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = max(0.1 * (high - low), 0.02 * max(abs(low), abs(high)), 1e-3)
    return low - room, high + room


def _thinned(labels: Sequence[str], most: int = 5) -> list[str]:
    """Return the labels with most of them blank where there are too many to read."""
    step = -(-len(labels) // most)
    return [label if number % max(step, 1) == 0 else "" for number, label in enumerate(labels)]


def _bare(chart: Any, css: str) -> Markup:
    root = chart.render_tree()
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag in _UNWANTED or _is_overlay(child):
                parent.remove(child)
    for element in root.iter():
        element.attrib.pop("style", None)
    del root.attrib["id"]
    root.attrib |= {"class": f"chart {css}".strip(), "aria-hidden": "true", "focusable": "false"}
    return Markup(ET.tostring(root, encoding="unicode"))


def _is_overlay(element: ET.Element) -> bool:
    """Whether an element would hold pygal's tool tips, which need its script."""
    words = element.get("class", "").split()
    return "tooltip-overlay" in words or "text-overlay" in words
