"""What goes into the box: sizes in mm, where they come from, and which of them are only estimated.

A part has its own axes: its first block begins at (0, 0, 0), x and y lie in its board, z points away from the board's
lower side. Sizes without a public source are named in ``estimated``: measure yours before you print.
"""

from dataclasses import dataclass, replace

Vector = tuple[float, float, float]

_KICAD_ZERO = "KiCad footprint Module:Raspberry_Pi_ZeroW_Socketed_THT_FaceDown_MountingHoles"
_PI_PATTERN = "osban.se, Raspberry Pi 3/4/5 mounting dimensions, read 2026-12-01"
_ADAFRUIT = "outline and corner radius of Adafruit's board file Adafruit_LSM6DS3.brd (PCB 4503), the sister board"


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a part: a box from ``corner`` to ``corner + size``, in mm."""

    name: str
    corner: Vector
    size: Vector

    @property
    def far(self) -> Vector:
        """Return the corner opposite to ``corner``."""
        x, y, z = (low + size for low, size in zip(self.corner, self.size, strict=True))
        return x, y, z


@dataclass(frozen=True, slots=True)
class Part:
    """A thing to buy: its blocks, the holes it is screwed by (x, y of each) and what holds it."""

    name: str
    blocks: tuple[Block, ...]
    mass_g: float
    source: str
    estimated: tuple[str, ...] = ()
    holes: tuple[tuple[float, float], ...] = ()
    hole_mm: float = 0.0
    screw: str = ""
    is_round: bool = False

    @property
    def low(self) -> Vector:
        """Return the lowest corner of the whole part."""
        x, y, z = (min(block.corner[axis] for block in self.blocks) for axis in range(3))
        return x, y, z

    @property
    def far(self) -> Vector:
        """Return the highest corner of the whole part."""
        x, y, z = (max(block.far[axis] for block in self.blocks) for axis in range(3))
        return x, y, z

    def grown(self, axis: int, by_mm: float) -> "Part":
        """Return the same part, longer by ``by_mm`` at its far end along ``axis`` (0: x, 1: y, 2: z)."""
        end = self.far[axis]

        def stretched(block: Block) -> Block:
            size = list(block.size)
            size[axis] += by_mm
            return replace(block, size=(size[0], size[1], size[2])) if block.far[axis] == end else block

        return replace(self, blocks=tuple(stretched(block) for block in self.blocks))


def _corners(x: float, y: float, dx: float, dy: float) -> tuple[tuple[float, float], ...]:
    return (x, y), (x + dx, y), (x, y + dy), (x + dx, y + dy)


PI_ZERO = Part(
    "Raspberry Pi Zero 2 W",
    (
        Block("board", (0.0, 0.0, 0.0), (65.0, 30.0, 1.4)),
        Block("header, wires soldered to it sideways", (7.1, 23.96, 1.4), (50.8, 5.08, 10.5)),
        Block("header, below", (7.1, 23.96, -1.6), (50.8, 5.08, 1.6)),
        Block("HDMI", (6.75, -0.7, 1.4), (11.3, 8.0, 3.3)),
        Block("USB", (37.4, -1.8, 1.4), (8.0, 5.5, 2.9)),
        Block("USB for power", (50.0, -1.8, 1.4), (8.0, 5.5, 2.9)),
        Block("card", (-2.3, 11.4, 1.4), (15.0, 11.0, 1.6)),
        Block("camera", (62.0, 6.5, 1.4), (4.2, 17.0, 1.3)),
    ),
    mass_g=16.0,
    source=f"{_KICAD_ZERO}: outline, holes, connectors; Raspberry Pi documentation: 65 x 30 mm",
    estimated=("all heights above and below the board", "mass with header and card"),
    holes=_corners(3.5, 3.5, 58.0, 23.0),
    hole_mm=2.75,
    screw="M2.5 x 6",
)
PI_FULL = Part(
    "Raspberry Pi 3B, 3B+, 4B or 5",
    (
        Block("board", (0.0, 0.0, 0.0), (85.0, 56.0, 1.6)),
        Block("header, wires soldered to it sideways", (7.1, 49.96, 1.6), (50.8, 5.08, 10.5)),
        Block("solder joints, below", (7.1, 6.0, -2.5), (51.4, 44.0, 2.5)),
        Block("solder joints of USB and Ethernet, below", (64.5, 4.0, -2.5), (18.5, 48.0, 2.5)),
        Block("USB and Ethernet", (64.0, 2.0, 1.6), (24.0, 52.0, 16.0)),
        Block("USB for power, HDMI, audio", (6.0, -2.5, 1.6), (52.0, 10.0, 7.0)),
        Block("card", (-2.5, 22.0, -1.8), (15.0, 12.0, 1.8)),
    ),
    mass_g=55.0,
    source=f"{_PI_PATTERN}: 85 x 56 mm, holes 58 x 49 mm, 2.7 to 2.8 mm for M2.5",
    estimated=("connectors, as a hull of all four boards", "all heights", "mass"),
    holes=_corners(3.5, 3.5, 58.0, 49.0),
    hole_mm=2.75,
    screw="M2.5 x 6",
)
LSM6DSOX = Part(
    "LSM6DSOX breakout (Adafruit 4438)",
    (
        Block("board", (0.0, 0.0, 0.0), (25.4, 17.78, 1.6)),
        Block("connectors", (0.0, 5.0, 1.6), (25.4, 7.8, 3.0)),
        Block("solder joints, below", (2.0, 0.5, -1.8), (21.4, 2.6, 1.8)),
    ),
    mass_g=1.7,
    source=_ADAFRUIT,
    estimated=("the same outline for PCB 4438", "holes 2.54 mm from the edges, 2.5 mm wide", "heights", "mass"),
    holes=_corners(2.54, 2.54, 20.32, 12.7)[2:],
    hole_mm=2.5,
    screw="M2 x 6",
)
GY521 = Part(
    "MPU-6050, MPU-6500 or MPU-9250 breakout (GY-521 outline)",
    (
        Block("board", (0.0, 0.0, 0.0), (21.2, 16.4, 1.6)),
        Block("chips", (3.0, 3.5, 1.6), (15.0, 9.0, 1.2)),
        Block("solder joints, below", (0.4, 0.4, -1.8), (20.4, 2.6, 1.8)),
    ),
    mass_g=1.5,
    source="public models of GY-521 disagree: 21 x 16 mm, holes 15.24 mm apart",
    estimated=("everything: many makers, no drawing",),
    holes=((2.98, 13.6), (18.22, 13.6)),
    hole_mm=3.0,
    screw="M2.5 x 6",
)
MOTOR = Part(
    "coin motor, 10 mm",
    (Block("case", (0.0, 0.0, 0.0), (10.0, 10.0, 3.4)),),
    mass_g=1.2,
    source="10 mm by the parts list; 2.7 to 3.4 mm thick in sellers' lists",
    estimated=("thickness", "mass"),
    is_round=True,
)
BUTTON = Part(
    "push button, 12 mm thread, with nut",
    (Block("behind the wall", (0.0, 0.0, 0.0), (16.2, 20.0, 16.2)),),
    mass_g=6.0,
    source="12 mm by the parts list",
    estimated=("nut 14 mm across the flats", "20 mm behind the wall with its soldered wires", "mass"),
)
LIGHT = Part(
    "LED, 5 mm",
    (Block("body and bent legs", (0.0, 0.0, 0.0), (5.9, 9.0, 5.9)),),
    mass_g=0.4,
    source="KiCad footprint LED_THT:LED_D5.0mm (flange 5.8 mm)",
    estimated=("bent legs", "mass"),
)
DRIVER = Part(
    "motor driver on stripboard, 5 by 8 holes",
    (Block("board and parts", (0.0, 0.0, 0.0), (12.7, 20.32, 8.0)),),
    mass_g=3.0,
    source="stripboard of 2.54 mm pitch: 5 x 8 holes",
    estimated=("height with the transistor lying flat", "mass"),
)
CELL = Part(
    "LiPo cell, 2000 mAh",
    (Block("pouch, room to swell", (0.0, 0.0, 0.0), (60.0, 36.0, 7.7)),),
    mass_g=34.0,
    source="Adafruit 2011: 60 x 36 x 7 mm, 34 g",
    estimated=("0.7 mm to swell",),
)
BOOST = Part(
    "5 V board for the cell (PowerBoost 1000C)",
    (
        Block("board", (0.0, 0.0, 0.0), (22.9, 36.2, 1.6)),
        Block("connectors", (1.0, -0.8, 1.6), (20.9, 36.5, 6.5)),
        Block("solder joints, below", (1.0, 6.0, -1.6), (20.9, 26.0, 1.6)),
    ),
    mass_g=7.0,
    source="none found",
    estimated=("everything: outline from memory of the seller's page", "fixed with tape on rests, no holes used"),
)

SENSORS = {"lsm6dsox": LSM6DSOX, "gy521": GY521}
