"""Pictures of solids without a display: parallel projection, a depth buffer, one light, dark edges, labels."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Floats = NDArray[np.float64]
Point = tuple[float, float, float]

_SMOOTH = 3  # drawn so many times larger, then made smaller
_PAPER, _INK = (255, 255, 255), (40, 52, 60)
_LIGHT = np.array([-0.35, 0.45, 0.82])
_MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class Thing:
    """Triangles (n, 3, 3) in mm and their colour."""

    triangles: Floats
    colour: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Label:
    """Words beside the picture, with a line to ``point`` of the model. ``at``: their place in shares of it."""

    words: str
    point: Point
    at: tuple[float, float]


def view(turn_deg: float, tilt_deg: float) -> Floats:
    """Return the rotation (3, 3) into the viewer's axes: x right, y up, z towards the viewer.

    0, 0 looks straight at the lid; ``turn_deg`` turns the model to the left about y, ``tilt_deg`` its top towards us.
    """
    turn, tilt = np.radians((turn_deg, tilt_deg))
    about_y = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    return about_x @ about_y


def picture(things: list[Thing], eye: Floats, size: tuple[int, int], labels: list[Label], path: Path) -> None:
    """Draw ``things`` as seen through ``eye`` into a PNG of ``size`` (width, height) in pixels."""
    width, height = size
    seen = [thing.triangles @ eye.T for thing in things]
    every = np.concatenate(seen).reshape(-1, 3)
    low, far = every.min(axis=0), every.max(axis=0)
    left, right = _side_room(labels)
    room = np.array([width * (1.0 - left - right), height * (1.0 - 2 * _MARGIN)])
    scale = float((room / (far - low)[:2]).min())
    middle = np.array([width * (left + (1.0 - left - right) / 2), height / 2])
    origin = (low + far)[:2] / 2

    def place(points: Floats) -> Floats:
        flat = (points[..., :2] - origin) * scale * (1.0, -1.0) + middle
        return np.concatenate((flat * _SMOOTH, points[..., 2:]), axis=-1)

    canvas = _Canvas(width * _SMOOTH, height * _SMOOTH)
    for number, (thing, triangles) in enumerate(zip(things, seen, strict=True), start=1):
        canvas.fill(place(triangles), triangles, thing.colour, number)
    image = canvas.image(_SMOOTH * scale).resize((width, height), Image.Resampling.LANCZOS)
    _write(image, [(label, place(np.array(label.point) @ eye.T)[:2] / _SMOOTH) for label in labels])
    image.quantize(128).save(path, optimize=True)


def _side_room(labels: list[Label]) -> tuple[float, float]:
    left = 0.24 if any(label.at[0] < 0.5 for label in labels) else _MARGIN
    right = 0.24 if any(label.at[0] >= 0.5 for label in labels) else _MARGIN
    return left, right


class _Canvas:
    """Colour, depth, which thing and which way it faces, for each pixel."""

    def __init__(self, width: int, height: int) -> None:
        self._colour = np.full((height, width, 3), _PAPER, np.float64)
        self._depth = np.full((height, width), -np.inf)
        self._thing = np.zeros((height, width), np.int32)
        self._normal = np.zeros((height, width, 3))

    def fill(self, flat: Floats, solid: Floats, colour: tuple[int, int, int], number: int) -> None:
        """Draw triangles, ``flat`` in pixels and ``solid`` in mm, where nothing nearer is drawn yet."""
        normal = np.cross(solid[:, 1] - solid[:, 0], solid[:, 2] - solid[:, 0])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        light = 0.55 + 0.45 * np.clip(normal @ (_LIGHT / np.linalg.norm(_LIGHT)), 0.0, 1.0)
        for index in np.flatnonzero(normal[:, 2] > 1e-6):
            self._triangle(flat[index], np.array(colour) * light[index], normal[index], number)

    def _triangle(self, corners: Floats, colour: Floats, normal: Floats, number: int) -> None:
        height, width = self._depth.shape
        left, top = np.maximum(np.floor(corners[:, :2].min(axis=0)).astype(int), 0)
        right, low = np.minimum(np.ceil(corners[:, :2].max(axis=0)).astype(int) + 1, (width, height))
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corners
        det = (by - cy) * (ax - cx) + (cx - bx) * (ay - cy)
        if left >= right or top >= low or abs(det) < 1e-9:
            return
        x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, low) + 0.5)
        u = ((by - cy) * (x - cx) + (cx - bx) * (y - cy)) / det
        v = ((cy - ay) * (x - cx) + (ax - cx) * (y - cy)) / det
        depth = u * az + v * bz + (1.0 - u - v) * cz
        window = np.s_[top:low, left:right]
        drawn = (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1.0 + 1e-6) & (depth > self._depth[window])
        self._depth[window][drawn] = depth[drawn]
        self._colour[window][drawn] = colour
        self._normal[window][drawn] = normal
        self._thing[window][drawn] = number

    def image(self, pixels_per_mm: float) -> Image.Image:
        """Return the picture, with a dark line where thing, depth or direction changes suddenly."""
        edge = np.zeros(self._depth.shape, bool)
        depth = np.where(np.isfinite(self._depth), self._depth, -1e3)
        for axis in (0, 1):
            near, next_ = np.s_[:-1], np.s_[1:]
            cut = (near, slice(None)) if axis == 0 else (slice(None), near)
            other = (next_, slice(None)) if axis == 0 else (slice(None), next_)
            bend = (self._normal[cut] * self._normal[other]).sum(axis=2) < 0.8
            step = np.abs(depth[cut] - depth[other]) > 0.6 + 4.0 / pixels_per_mm
            change = (self._thing[cut] != self._thing[other]) | step | (bend & (self._thing[cut] > 0))
            edge[cut] |= change
            edge[other] |= change
        colour = np.where(edge[:, :, None], _INK, self._colour)
        return Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8))


def _write(image: Image.Image, labels: list[tuple[Label, Floats]]) -> None:
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=max(13, image.width // 62))
    for label, (x, y) in labels:
        text_x, text_y = label.at[0] * image.width, label.at[1] * image.height
        is_left = label.at[0] < 0.5
        box = pen.multiline_textbbox((text_x, text_y), label.words, font=font, anchor="lm" if is_left else "rm")
        start = (box[2] + 6, text_y) if is_left else (box[0] - 6, text_y)
        pen.line([start, (x, y)], fill=_INK, width=2)
        pen.ellipse([x - 4, y - 4, x + 4, y + 4], fill=_INK)
        pen.multiline_text((text_x, text_y), label.words, font=font, fill=_INK, anchor="lm" if is_left else "rm")
