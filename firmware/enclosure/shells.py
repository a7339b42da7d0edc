"""The printed parts as solids: the shell (floor and walls), the lid, the motor's cup."""

from math import atan2, degrees, hypot

from build123d import (
    Align,
    Axis,
    BuildSketch,
    Cone,
    Cylinder,
    Locations,
    Part,
    Pos,
    RectangleRounded,
    Rot,
    chamfer,
    extrude,
)
from build123d import Box as Cuboid
from layout import (
    BELT,
    BELT_THICK,
    BUTTON_HOLE,
    CHAMFER,
    COLUMN,
    COLUMN_IN,
    COLUMN_OUT,
    CORNER,
    CORNER_IN,
    CUP_BORE,
    CUP_GAP,
    CUP_WALL,
    EAR,
    EAR_BAR,
    FLOOR,
    FOAM,
    GAP,
    GUARD,
    GUARD_GAP,
    GUARD_OUT,
    LID,
    LID_HEAD,
    LID_HOLE,
    LID_SCREW_DEPTH,
    LIGHT_HOLE,
    MARK_DEEP,
    PILOT,
    POST_WALL,
    RIB,
    RIB_HIGH,
    SLIT,
    SLIT_COUNT,
    SLIT_PITCH,
    TIE,
    WALL,
    Layout,
)

LOW = (Align.CENTER, Align.CENTER, Align.MIN)


def cuboid(low: tuple[float, float, float], far: tuple[float, float, float]) -> Part:
    """Return the box between two corners."""
    size = [high - start for start, high in zip(low, far, strict=True)]
    return Pos(*low) * Cuboid(*size, align=(Align.MIN, Align.MIN, Align.MIN))


def hull(low: tuple[float, float, float], far: tuple[float, float, float], is_round: bool) -> Part:
    """Return the box between two corners, or the upright rod in it."""
    if not is_round:
        return cuboid(low, far)
    return _rod((far[0] - low[0]) / 2, (low[0] + far[0]) / 2, (low[1] + far[1]) / 2, low[2], far[2])


def _rod(radius: float, x: float, y: float, low: float, far: float) -> Part:
    return Pos(x, y, low) * Cylinder(radius, far - low, align=LOW)


def columns(layout: Layout) -> list[tuple[float, float]]:
    """Return the middles (x, y) of the four columns that take the lid's screws; the belt passes between them."""
    width, height, _ = layout.size
    out = WALL + COLUMN_OUT
    return [(x, y) for x in (-out, width + out) for y in (COLUMN_IN, height - COLUMN_IN)]


def _solid_outline(layout: Layout, low: float, far: float, softened: int) -> Part:
    """Return walls and columns as one solid; its lowest (0) or highest (-1) edges are chamfered."""
    width, height, _ = layout.size
    with BuildSketch() as walls, Locations((width / 2, height / 2)):
        RectangleRounded(width + 2 * WALL, height + 2 * WALL, CORNER)
    solid = _softened(extrude(Pos(0, 0, low) * walls.sketch, far - low), softened)
    for x, y in columns(layout):
        solid += _softened(_rod(COLUMN / 2, x, y, low, far), softened)
    return solid


def _softened(solid: Part, face: int) -> Part:
    return chamfer(solid.faces().sort_by(Axis.Z)[face].outer_wire().edges(), CHAMFER)


def make_shell(layout: Layout, posts: bool = True) -> Part:
    """Return floor, walls and ears; without ``posts``, what no part's room may touch."""
    width, height, depth = layout.size
    shell = _solid_outline(layout, -FLOOR, depth, 0) + _ears(layout) + _guards(layout)
    with BuildSketch() as cavity, Locations((width / 2, height / 2)):
        RectangleRounded(width, height, CORNER_IN)
    shell -= extrude(cavity.sketch, depth + 1)
    for x, y in columns(layout):
        shell -= _rod(PILOT["M2.5"] / 2, x, y, depth - LID_SCREW_DEPTH, depth + 1)
    shell -= _openings(layout)
    shell -= _cup_hole(layout)
    if posts:
        shell += _posts(layout)
        shell -= _pilots(layout) + _marks(layout)
    return Part(shell.wrapped)


def _ears(layout: Layout) -> Part:
    """Return the floor's ears with a slot each: the belt comes out of one, runs over the lid and into the other."""
    width, height, _ = layout.size
    reach = WALL + BELT_THICK + EAR_BAR
    tie_x, tie_y = layout.plugs[0][0] - 14.0, -WALL - 5.5
    plate = Part()
    for x, y, long, wide in (
        (width / 2, height / 2, width + 2 * reach, BELT + 2 * EAR_BAR),
        (tie_x, -WALL, TIE[0], 2 * TIE[1]),
    ):
        with BuildSketch() as ear, Locations((x, y)):
            RectangleRounded(long, wide, 4.0)
        plate += _softened(extrude(Pos(0, 0, -FLOOR) * ear.sketch, EAR), 0)
    for x in (-WALL - BELT_THICK, width + WALL):
        plate -= cuboid((x, height / 2 - BELT / 2, -FLOOR - 1), (x + BELT_THICK, height / 2 + BELT / 2, EAR))
    return plate - cuboid((tie_x - 2.6, tie_y - 1.2, -FLOOR - 1), (tie_x + 2.6, tie_y + 1.2, EAR))


def _guards(layout: Layout) -> Part:
    """Return two rails beside the button: a finger finds it between them, a chair's back does not press it."""
    _, height, depth = layout.size
    x, y = layout.middle("button")[0], height + WALL
    with BuildSketch() as guards, Locations((x - GUARD_GAP / 2, y), (x + GUARD_GAP / 2, y)):
        RectangleRounded(GUARD, 2 * GUARD_OUT, GUARD / 2 - 0.1)
    return Part(extrude(Pos(0, 0, -FLOOR) * guards.sketch, FLOOR + depth).wrapped)


def _openings(layout: Layout) -> Part:
    """Return what is cut out of the walls: all open to the rim, so that nothing hangs in the air in printing."""
    _, height, depth = layout.size
    cut = Part()
    for name, hole in (("button", BUTTON_HOLE), ("light", LIGHT_HOLE)):
        x, _, z = layout.middle(name)
        rod = Pos(x, height + WALL / 2, z) * Rot(90, 0, 0) * Cylinder(hole / 2, WALL + 2)
        cut += rod + cuboid((x - hole / 2, height - 1, z), (x + hole / 2, height + WALL + 1, depth + 1))
    for x, width, low in layout.plugs:
        cut += cuboid((x - width / 2, -WALL - 1, low), (x + width / 2, 1, depth + 1))
    for x in _slits(layout):
        cut += cuboid((x - SLIT / 2, -WALL - 1, 5.0), (x + SLIT / 2, 1, depth + 1))
    return cut


def _slits(layout: Layout) -> list[float]:
    return (
        [8.0 + SLIT_PITCH * count for count in range(SLIT_COUNT)]
        if layout.plugs[0][0] > 40
        else [34.0 + SLIT_PITCH * count for count in range(SLIT_COUNT)]
    )


def _posts(layout: Layout) -> Part:
    """Return what the boards stand on: a post under each hole, rests where a board has none."""
    posts = Part()
    for place in layout.places.values():
        for x, y in place.part.holes:
            radius = PILOT[place.part.screw.split(" ")[0]] / 2 + POST_WALL
            posts += _rod(radius, place.at[0] + x, place.at[1] + y, -0.5, place.at[2])
    sensor = layout.places["sensor"]
    for x in (2.0, sensor.part.far[0] - 2.0):
        posts += _rod(1.6, sensor.at[0] + x, sensor.at[1] + 4.8, -0.5, sensor.at[2])
    if "boost" in layout.places:
        x, y, z = layout.places["boost"].at
        for step in (2.0, 32.6):
            posts += cuboid((x + 2.0, y + step, -0.5), (x + 20.9, y + step + 2.4, z))
    return posts


def _pilots(layout: Layout) -> Part:
    holes = Part()
    for place in layout.places.values():
        for x, y in place.part.holes:
            radius = PILOT[place.part.screw.split(" ")[0]] / 2
            holes += _rod(radius, place.at[0] + x, place.at[1] + y, 0.0, place.at[2] + 1)
    return holes


def _cup_hole(layout: Layout) -> Part:
    x, y, _ = layout.middle("motor")
    low = CUP_BORE / 2 + CUP_WALL + CUP_GAP
    return Pos(x, y, -FLOOR - 0.5) * Cone(low - 0.5, low + FLOOR + 0.5, FLOOR + 1.0, align=LOW)


def make_cup(layout: Layout) -> Part:
    """Return the cup that holds the motor: a bung for the floor's hole, its bottom level with the foam outside."""
    x, y, _ = layout.middle("motor")
    bore, low = CUP_BORE / 2, CUP_BORE / 2 + CUP_WALL
    cup = _rod(low, x, y, -FLOOR - FOAM, -FLOOR)
    cup += Pos(x, y, -FLOOR) * Cone(low, low + FLOOR, FLOOR, align=LOW)
    cup -= _rod(bore, x, y, -FLOOR - FOAM + CUP_WALL, 1.0)
    cup = chamfer(cup.faces().sort_by(Axis.Z)[0].edges(), 0.8)
    return Part((cup - cuboid((x - 12, y - 1.6, -1.4), (x, y + 1.6, 1.0))).wrapped)


def make_lid(layout: Layout) -> Part:
    """Return the lid, lying as it closes the box; it is printed with its outer face down."""
    depth = layout.size[2]
    lid = _solid_outline(layout, depth, depth + LID, -1)
    for x, y in columns(layout):
        head = (LID_HEAD - LID_HOLE) / 2
        lid -= _rod(LID_HOLE / 2, x, y, depth - 1, depth + LID + 1)
        lid -= Pos(x, y, depth + LID - head) * Cone(LID_HOLE / 2, LID_HEAD / 2, head, align=LOW)
    for x, width, low in layout.plugs:
        half = width / 2 - GAP
        lid += cuboid((x - half, -WALL, min(depth - 2.0, low + 10.0)), (x + half, 0.0, depth + 1))
    if "cell" in layout.places:
        lid += _frame(layout)
    return Part(lid.wrapped)


def _frame(layout: Layout) -> Part:
    """Return the ribs on the lid that keep the cell in place, with a gap for its wires."""
    depth = layout.size[2]
    low, far = layout.places["cell"].low, layout.places["cell"].far
    rim = cuboid((low[0] - RIB, low[1], depth - RIB_HIGH), (far[0] + RIB, far[1] + RIB, depth + 1))
    rim -= cuboid((low[0], low[1] - 1, 0), (far[0], far[1], depth + 1))
    return rim - cuboid((far[0] - 1, 14.0, 0), (far[0] + RIB + 1, 24.0, depth))


# Strokes of the marks, from the middle between the arrows' tails: (from x, y), (to x, y).
_STROKES = (
    *(((0.0, 0.0), (8.0, 0.0)), ((8.0, 0.0), (5.5, 2.0)), ((8.0, 0.0), (5.5, -2.0))),
    *(((0.0, 0.0), (0.0, 4.5)), ((0.0, 4.5), (2.0, 2.0)), ((0.0, 4.5), (-2.0, 2.0))),
    *(((11.0, -1.5), (13.5, 1.5)), ((11.0, 1.5), (13.5, -1.5))),
    *(((0.0, 7.2), (0.0, 8.6)), ((1.2, 10.2), (0.0, 8.6)), ((-1.2, 10.2), (0.0, 8.6))),
)
_STROKE_WIDE = 0.9


def _marks(layout: Layout) -> Part:
    """Return grooves under the sensor: arrows along the x and y printed on its board, with their letters."""
    x, y, _ = layout.places["sensor"].at
    marks = Part()
    for (start_x, start_y), (end_x, end_y) in _STROKES:
        long = hypot(end_x - start_x, end_y - start_y) + _STROKE_WIDE
        turn = degrees(atan2(end_y - start_y, end_x - start_x))
        middle = Pos(x + 8.7 + (start_x + end_x) / 2, y + 8.6 + (start_y + end_y) / 2, -MARK_DEEP)
        marks += middle * Rot(0, 0, turn) * Cuboid(long, _STROKE_WIDE, MARK_DEEP + 1, align=LOW)
    return marks


def make_blocks(layout: Layout, name: str) -> Part:
    """Return a bought part as the boxes of its blocks, in its place."""
    place = layout.places[name]
    solid = Part()
    for block in place.part.blocks:
        low = [at + corner for at, corner in zip(place.at, block.corner, strict=True)]
        far = [at + corner for at, corner in zip(place.at, block.far, strict=True)]
        solid += hull((low[0], low[1], low[2]), (far[0], far[1], far[2]), place.part.is_round)
    return solid


def printed(layout: Layout) -> dict[str, Part]:
    """Return the parts of a box to print, where they belong in it."""
    return {"shell": make_shell(layout), "lid": make_lid(layout), "cup": make_cup(layout)}


def on_the_bed(name: str, part: Part) -> Part:
    """Return a part as it is printed: the lid turned over, all of them standing on z = 0."""
    turned = Rot(180, 0, 0) * part if name == "lid" else part
    return Pos(0, 0, -turned.bounding_box().min.Z) * turned
