"""The pictures of the box in the documentation, from the model itself."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from build123d import Part, Pos
from checks import Floats, mesh_of
from draw import Label, Point, Thing, picture, view
from layout import BELT_THICK, FLOOR, FOAM, LID, WALL, Layout
from shells import columns, cuboid, make_blocks, on_the_bed, printed

_PRINT, _LID, _CUP = (236, 226, 205), (214, 226, 236), (240, 190, 120)
_BELT, _FOAM = (120, 92, 70), (205, 205, 212)
_COLOURS = {
    "computer": (110, 170, 110),
    "sensor": (150, 110, 190),
    "motor": (220, 120, 60),
    "button": (200, 70, 70),
    "light": (240, 210, 80),
    "driver": (110, 150, 190),
    "cell": (180, 185, 195),
    "boost": (80, 140, 170),
}


class Scenes:
    """Draws one box; its solids are made once."""

    def __init__(self, layout: Layout, folder: Path) -> None:
        self._layout = layout
        self._folder = folder
        self._printed = printed(layout)
        self._foam = self._make_foam()

    def draw_all(self) -> None:
        """Write every picture."""
        self.exploded()
        self.inside()
        self.closed()
        self.body_side()
        self.on_belt()
        self.bed()

    def exploded(self) -> None:
        """Draw all parts apart from each other along z."""
        lifts = dict.fromkeys(self._layout.places, 34.0) | {"motor": 46.0}
        things = [
            self._thing(self._foam, _FOAM, -34.0),
            self._thing(self._printed["cup"], _CUP, 38.0),
            self._thing(self._printed["shell"], _PRINT, 0.0),
            *(self._thing(make_blocks(self._layout, name), _COLOURS[name], lift) for name, lift in lifts.items()),
            self._thing(self._printed["lid"], _LID, 112.0),
        ]
        depth = self._layout.size[2]
        labels = [
            Label("lid", self._point(0.2, 0.2, depth + LID + 112.0), (0.02, 0.16)),
            Label("computer", self._at("computer", 34.0), (0.02, 0.42)),
            Label("shell", (-WALL, 8.0, 6.0), (0.02, 0.62)),
            Label("foam, 3 mm", (8.0, 4.0, -FLOOR - 34.0), (0.02, 0.86)),
            Label("button", self._at("button", 34.0), (0.98, 0.13)),
            Label("light", self._at("light", 34.0), (0.98, 0.25)),
            Label("sensor", self._at("sensor", 34.0), (0.02, 0.29)),
            Label("driver", self._at("driver", 34.0), (0.98, 0.36)),
            Label("motor, in its cup", self._at("motor", 46.0), (0.98, 0.48)),
        ]
        self._save("exploded", things, view(-24.0, -58.0), (1000, 1000), labels)

    def inside(self) -> None:
        """Draw the open box from the side of the lid."""
        things = [self._thing(self._printed["shell"], _PRINT), self._thing(self._printed["cup"], _CUP)]
        names = [name for name in self._layout.places if name != "cell"]
        things += [self._thing(make_blocks(self._layout, name), _COLOURS[name]) for name in names]
        height = self._layout.size[1]
        labels = [
            Label(
                "sensor, screwed to\ntwo posts; its x and y\nalong the arrows below", self._at("sensor"), (0.01, 0.17)
            ),
            Label("screw column", (*columns(self._layout)[0], 15.0), (0.01, 0.88)),
            Label("slot for the belt", (-WALL - BELT_THICK / 2, height / 2, 0.0), (0.01, 0.5)),
            Label("computer", self._at("computer"), (0.01, 0.72)),
            Label("button", self._at("button"), (0.99, 0.08)),
            Label("light", self._at("light"), (0.99, 0.17)),
            Label("motor", self._at("motor"), (0.99, 0.28)),
            Label("driver", self._at("driver"), (0.99, 0.42)),
            Label("cable", (self._layout.plugs[0][0], -WALL, 8.0), (0.99, 0.93)),
        ]
        self._save("inside", things, view(0.0, -18.0), (1100, 620), labels)

    def closed(self) -> None:
        """Draw the closed box from the front."""
        things = self._closed_things()
        labels = [
            Label("button between\nits guards", self._cap_point(), (0.98, 0.12)),
            Label("four M2.5 x 10", (*columns(self._layout)[3], self._layout.size[2] + LID), (0.98, 0.36)),
            Label(
                "slot for the belt", (self._layout.size[0] + WALL + 3.0, self._layout.size[1] / 2, 0.0), (0.98, 0.8)
            ),
        ]
        self._save("closed", things, view(-22.0, 36.0), (1000, 640), labels)

    def body_side(self) -> None:
        """Draw the side that touches the body."""
        things = [*self._closed_things(), self._thing(self._foam, _FOAM)]
        x, y, _ = self._layout.middle("motor")
        labels = [
            Label("the cup's bottom,\nlevel with the foam", (x, y, -FLOOR - FOAM), (0.02, 0.2)),
            Label("foam", (30.0, 14.0, -FLOOR - FOAM), (0.98, 0.8)),
        ]
        self._save("body-side", things, view(205.0, 22.0), (1000, 560), labels)

    def on_belt(self) -> None:
        """Draw the box on a belt: under it, so that the belt presses it to the body."""
        things = [*self._closed_things(), self._thing(self._make_belt(), _BELT), self._thing(self._foam, _FOAM)]
        width, height, depth = self._layout.size
        labels = [
            Label("the belt runs\nover the lid", (width * 0.4, height * 0.5, depth + LID + 3.0), (0.98, 0.12)),
            Label(
                "and through both ears\nto the body's side", (width + WALL + 3.0, height * 0.35, 2.0), (0.98, 0.85)
            ),
        ]
        self._save("on-belt", things, view(-24.0, -26.0), (1000, 520), labels)

    def bed(self) -> None:
        """Draw the three parts as they lie on the printer's bed."""
        shell, lid, cup = (on_the_bed(name, part) for name, part in self._printed.items())
        right = self._layout.size[0] + 40.0
        things = [
            self._thing(shell, _PRINT),
            self._thing(Pos(right, self._layout.size[1], 0) * lid, _LID),
            self._thing(Pos(right - self._layout.middle("motor")[0] + 55.0, -78.0, 0) * cup, _CUP),
        ]
        labels = [
            Label("shell, floor down", (10.0, -WALL, 10.0), (0.02, 0.85)),
            Label("lid, outer face down", (right + 70.0, 40.0, 3.0), (0.98, 0.16)),
            Label("cup", (right + 55.0, -34.0, 3.0), (0.98, 0.96)),
        ]
        self._save("bed", things, view(0.0, -40.0), (1200, 420), labels)

    def _closed_things(self) -> list[Thing]:
        colours = {"shell": _PRINT, "lid": _LID, "cup": _CUP}
        things = [self._thing(part, colours[name]) for name, part in self._printed.items()]
        x, _, z = self._layout.middle("button")
        height = self._layout.size[1] + WALL
        cap = cuboid((x - 6.0, height, z - 6.0), (x + 6.0, height + 5.0, z + 6.0))
        return [*things, self._thing(cap, _COLOURS["button"])]

    def _cap_point(self) -> Point:
        x, _, z = self._layout.middle("button")
        return x, self._layout.size[1] + WALL + 5.0, z

    def _make_foam(self) -> Part:
        width, height, _ = self._layout.size
        x, y, _ = self._layout.middle("motor")
        whole = cuboid((0.0, 0.0, -FLOOR - FOAM), (width, height, -FLOOR))
        return whole - cuboid((x - 8.0, y - 8.0, -FLOOR - FOAM - 1), (x + 8.0, y + 8.0, 0.0))

    def _make_belt(self) -> Part:
        width, height, depth = self._layout.size
        low, far, top = height / 2 - 20.0, height / 2 + 20.0, depth + LID
        belt = cuboid((-WALL - 4.5, low, top), (width + WALL + 4.5, far, top + 3.0))
        for x in (-WALL - 4.5, width + WALL + 1.5):
            belt += cuboid((x, low, -FLOOR - FOAM), (x + 3.0, far, top))
        belt += cuboid((-60.0, low, -FLOOR - FOAM - 2.0), (-WALL - 1.5, far, -FLOOR - 1.0))
        return belt + cuboid((width + WALL + 1.5, low, -FLOOR - FOAM - 2.0), (width + 60.0, far, -FLOOR - 1.0))

    def _thing(self, part: Part, colour: tuple[int, int, int], lift: float = 0.0) -> Thing:
        with TemporaryDirectory() as folder:
            triangles: Floats = mesh_of(part, Path(folder)).triangles
        return Thing(triangles + np.array([0.0, 0.0, lift]), colour)

    def _at(self, name: str, lift: float = 0.0) -> Point:
        x, y, _ = self._layout.middle(name)
        place = self._layout.places[name]
        return x, y, place.at[2] + place.part.far[2] + lift

    def _point(self, x_share: float, y_share: float, z: float) -> Point:
        width, height, _ = self._layout.size
        return width * x_share, height * y_share, z

    def _save(self, name: str, things: list[Thing], eye: Floats, size: tuple[int, int], labels: list[Label]) -> None:
        picture(things, eye, size, labels, self._folder / f"{name}.png")
