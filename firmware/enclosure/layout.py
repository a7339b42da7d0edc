"""Where everything sits. All numbers of the box that are not sizes of bought parts are here, in mm.

The box's axes: x along the belt, y up when worn with the button on top, z away from the body. The cavity begins at
(0, 0, 0): the inner face of the floor, which is the wall that touches the body.

The numbers are chosen, not computed from the parts: a part that grows must fail the checks,
not silently grow the box.
"""

from dataclasses import dataclass

from parts import BOOST, BUTTON, CELL, DRIVER, LIGHT, MOTOR, PI_FULL, PI_ZERO, SENSORS, Part, Vector

LEAST_WALL = 1.6
WALL, FLOOR, LID = 2.4, 2.4, 3.2
POST, POST_WALL = 4.0, 1.75
PILOT = {"M2": 1.6, "M2.5": 2.1}
"""Holes in plastic into which a screw cuts its own thread."""
CORNER, CORNER_IN, CHAMFER = 5.0, 1.0, 1.0
COLUMN, COLUMN_OUT, COLUMN_IN, LID_SCREW_DEPTH = 7.2, 2.2, 2.0, 9.0
LID_HOLE, LID_HEAD = 2.9, 5.9
BELT, BELT_THICK, EAR, EAR_BAR = 42.0, 6.0, 4.0, 7.0
GUARD, GUARD_OUT, GUARD_GAP = 4.0, 7.0, 22.0
BUTTON_HOLE, LIGHT_HOLE = 12.4, 5.4
FOAM = 3.0
CUP_BORE, CUP_WALL, CUP_GAP = 10.6, 1.6, 0.15
RIB, RIB_HIGH, GAP = 1.6, 5.0, 0.3
TIE = (12.0, 9.0)
SLIT, SLIT_PITCH, SLIT_COUNT = 2.0, 5.0, 4
MARK_DEEP = 0.6


@dataclass(frozen=True, slots=True)
class Place:
    """A part with its zero at ``at``, in a room from ``low`` to ``far`` that nothing else may enter."""

    part: Part
    at: Vector
    low: Vector
    far: Vector

    @property
    def spare(self) -> list[tuple[float, float]]:
        """Return the room left below and above the part along x, y and z."""
        return [
            (
                self.at[axis] + self.part.low[axis] - self.low[axis],
                self.far[axis] - self.at[axis] - self.part.far[axis],
            )
            for axis in range(3)
        ]


@dataclass(frozen=True, slots=True)
class Layout:
    """One box: the cavity's size and what is in it. ``plugs``: openings below (middle x, width, low z)."""

    name: str
    size: Vector
    places: dict[str, Place]
    plugs: tuple[tuple[float, float, float], ...]

    def middle(self, name: str) -> Vector:
        """Return the middle of a part's hull."""
        place = self.places[name]
        x, y, z = (place.at[axis] + (place.part.low[axis] + place.part.far[axis]) / 2.0 for axis in range(3))
        return x, y, z


# The sensor's room along x and y, and its highest point; by the names of the variants.
_SENSOR_ROOM = {"lsm6dsox": (26.4, 18.9, 9.4), "gy521": (22.2, 17.4, 7.6)}


def _row(width: float, row_y: float, height: float, depth: float, sensor: str) -> dict[str, Place]:
    """Return the upper row, the same in all boxes: sensor, button, light, driver, and the motor at the far end."""
    x, y, button_z, cup_x, cup_y = 1.4, row_y + 2.4, depth - 8.5, width - 11.0, row_y + 11.5
    long, wide, top = _SENSOR_ROOM[sensor]
    cup_z = CUP_WALL - FLOOR - FOAM
    return {
        "sensor": Place(
            SENSORS[sensor], (x, y, POST), (x - 0.5, y - 0.5, POST - 2.2), (x - 0.5 + long, y - 0.5 + wide, top)
        ),
        "button": Place(
            BUTTON,
            (28.6, height - 20.0, button_z - 8.1),
            (28.2, height - 20.6, button_z - 8.5),
            (45.2, height, button_z + 8.5),
        ),
        "light": Place(
            LIGHT, (47.05, height - 9.0, depth - 6.6), (46.7, height - 9.6, depth - 7.2), (53.3, height, depth - 0.2)
        ),
        "driver": Place(DRIVER, (47.0, row_y + 1.2, 0.2), (46.4, row_y + 0.7, 0.0), (60.4, row_y + 22.1, 9.0)),
        "motor": Place(
            MOTOR,
            (cup_x - 5.0, cup_y - 5.0, cup_z),
            (cup_x - 5.3, cup_y - 5.3, cup_z),
            (cup_x + 5.3, cup_y + 5.3, 0.0),
        ),
    }


def zero_with_bank(sensor: str) -> Layout:
    """Return the box for a Pi Zero 2 W that a power bank feeds: the small one."""
    size = (85.0, 58.0, 17.0)
    places = _row(85.0, 34.5, 58.0, 17.0, sensor)
    places["computer"] = Place(PI_ZERO, (3.5, 2.2, POST), (0.7, 0.2, 2.2), (70.3, 32.8, 16.6))
    return Layout(f"zero-bank-{sensor}", size, places, ((57.5, 13.0, 3.4),))


def zero_with_cell(sensor: str) -> Layout:
    """Return the box for a Pi Zero 2 W with a LiPo cell under the lid and its 5 V board: thicker."""
    size = (96.0, 62.0, 25.0)
    places = _row(96.0, 38.5, 62.0, 25.0, sensor)
    places["computer"] = Place(PI_ZERO, (3.5, 2.2, POST), (0.7, 0.2, 2.2), (70.3, 32.8, 16.4))
    places["boost"] = Place(BOOST, (71.8, 1.0, 2.0), (71.2, 0.15, 0.2), (95.2, 37.6, 10.6))
    places["cell"] = Place(CELL, (2.6, 2.2, 16.9), (2.1, 1.7, 16.6), (63.0, 38.7, 25.0))
    return Layout(f"zero-cell-{sensor}", size, places, ((83.2, 12.0, 3.0),))


def full_with_bank(sensor: str) -> Layout:
    """Return the box for a Raspberry Pi 3B, 4B or 5 that a power bank feeds: large, and heavy on a belt."""
    size = (92.6, 84.5, 22.4)
    places = _row(92.6, 61.0, 84.5, 22.4, sensor)
    places["computer"] = Place(PI_FULL, (3.5, 3.2, POST), (0.5, 0.2, 1.2), (92.2, 60.0, 22.3))
    return Layout(f"full-bank-{sensor}", size, places, ((14.4, 16.0, 2.0),))


LAYOUTS = {
    layout.name: layout
    for make in (zero_with_bank, zero_with_cell, full_with_bank)
    for layout in (make(sensor) for sensor in SENSORS)
}
"""Every box that can be printed, by its name: computer, supply, sensor."""
