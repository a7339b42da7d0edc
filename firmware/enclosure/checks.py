"""Can it be printed, and does everything fit? Each check returns what is wrong, in words; an empty list is well."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from build123d import Part, Pos, export_stl
from layout import LEAST_WALL, Layout, Place
from numpy.typing import NDArray
from shells import hull, make_blocks

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

MOST_OVERHANG_DEG = 50.0
# Rays are met by the triangles in and around their cell only.
_CELL_MM = 8.0
# Two solids that share less than this only touch.
_TOUCH_MM3 = 0.02
# Walls are parallel where their normals differ by less than 20 degrees from opposite; chamfers and corners are not.
_PARALLEL = np.cos(np.radians(20.0))
# The lid must lie on the rim: at least this much of it.
_RIM_MM2 = 400.0
# PETG: 1.27 g/cm3 (makers' data sheets, 1.26 to 1.29). All walls are so thin that they print solid.
_PETG_G_MM3 = 1.27e-3
# 0.45 mm wide and 0.2 mm high at 50 mm/s, three quarters of the time; and 8 s for each layer's change.
_FLOW_MM3_S, _LAYER_MM, _LAYER_S = 0.45 * 0.2 * 50.0 * 0.75, 0.2, 8.0


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles (n, 3 corners, 3 axes) in mm, as an STL file holds them."""

    triangles: Floats

    @property
    def normals(self) -> Floats:
        """Return the outward unit normal (n, 3) of each triangle."""
        a, b, c = self.triangles.transpose(1, 0, 2)
        cross = np.cross(b - a, c - a)
        length = np.linalg.norm(cross, axis=1, keepdims=True)
        unit: Floats = cross / np.maximum(length, 1e-12)
        return unit

    @property
    def areas(self) -> Floats:
        """Return the area (n,) of each triangle, in mm2."""
        a, b, c = self.triangles.transpose(1, 0, 2)
        half: Floats = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2.0
        return half

    @property
    def volume(self) -> float:
        """Return the volume inside, in mm3; negative if the triangles face inward."""
        a, b, c = self.triangles.transpose(1, 0, 2)
        return float((a * np.cross(b, c)).sum() / 6.0)


def read_stl(path: Path) -> Mesh:
    """Read a binary STL file."""
    data = path.read_bytes()
    (count,) = struct.unpack_from("<I", data, 80)
    rows = np.frombuffer(
        data, np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("flags", "<u2")]), count, 84
    )
    return Mesh(rows["corners"].astype(np.float64))


def mesh_of(part: Part, folder: Path) -> Mesh:
    """Return a part's mesh by way of the STL file that a slicer would read."""
    path = folder / "part.stl"
    export_stl(part, str(path), tolerance=0.02, angular_tolerance=0.2)
    return read_stl(path)


def open_edges(mesh: Mesh) -> list[str]:
    """Return a line where the mesh is not watertight: an edge without exactly one neighbour in the other sense."""
    _, corner = np.unique(np.rint(mesh.triangles.reshape(-1, 3) * 1e4), axis=0, return_inverse=True)
    corners = corner.reshape(-1, 3)
    corners = corners[(corners != np.roll(corners, 1, axis=1)).all(axis=1)]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    there = {(int(a), int(b)) for a, b in edges}
    single = sum((b, a) not in there for a, b in there)
    double = len(edges) - len(there)
    trouble = [f"{single} edges have one side only"] * bool(single) + [f"{double} edges are double"] * bool(double)
    return trouble + ["the mesh is inside out"] * (mesh.volume <= 0.0)


def thin_walls(mesh: Mesh, least_mm: float = LEAST_WALL, samples: int = 3000) -> list[str]:
    """Return a line if a wall between two nearly parallel faces is thinner than ``least_mm``.

    From points all over the surface, drawn by area with a fixed seed and at least one on each triangle, a ray goes
    straight into the material until it comes out.
    """
    random = np.random.default_rng(1)
    areas = mesh.areas
    kept = np.flatnonzero(areas > 1e-6)
    chosen = np.concatenate((kept, random.choice(len(areas), samples, p=areas / areas.sum())))
    weights = random.dirichlet((1.0, 1.0, 1.0), len(chosen))
    starts = (mesh.triangles[chosen] * weights[:, :, None]).sum(axis=1)
    ways = -mesh.normals[chosen]
    thickness = np.full(len(chosen), np.inf)
    for rays, faces in _neighbours(mesh, starts, least_mm):
        found = _thickness(mesh.triangles[faces], mesh.normals[faces], starts[rays], ways[rays])
        thickness[rays] = np.where(found <= least_mm, found, np.inf)
    worst = int(np.argmin(thickness))
    if thickness[worst] >= least_mm - 0.01:
        return []
    place = ", ".join(f"{value:.1f}" for value in starts[worst])
    return [f"a wall is {thickness[worst]:.2f} mm thin at ({place}); {least_mm} mm is the least"]


def _neighbours(mesh: Mesh, starts: Floats, reach: float) -> Iterator[tuple[Counts, Counts]]:
    """Yield points (their numbers) by cells of 8 mm along x and y, with the triangles within ``reach``."""
    low, high = mesh.triangles.min(axis=1) - reach, mesh.triangles.max(axis=1) + reach
    cells = np.floor(starts[:, :2] / _CELL_MM)
    for cell in np.unique(cells, axis=0):
        near = ((high[:, :2] >= cell * _CELL_MM) & (low[:, :2] <= (cell + 1.0) * _CELL_MM)).all(axis=1)
        yield np.flatnonzero((cells == cell).all(axis=1)), np.flatnonzero(near)


def _thickness(triangles: Floats, normals: Floats, starts: Floats, ways: Floats) -> Floats:
    """Return how far it is from each start (n, 3) along its way to a nearly parallel way out; else infinity.

    Rays meet triangles by the method of Moller and Trumbore (1997).
    """
    a, b, c = triangles.transpose(1, 0, 2)
    edge1, edge2 = b - a, c - a
    nearest = np.empty(len(starts))
    for index, (start, way) in enumerate(zip(starts, ways, strict=True)):
        p = np.cross(way, edge2)
        det = (edge1 * p).sum(axis=1)
        det = np.where(np.abs(det) < 1e-12, np.inf, det)
        s = start - a
        q = np.cross(s, edge1)
        u, v, reach = (s * p).sum(axis=1) / det, (q @ way) / det, (edge2 * q).sum(axis=1) / det
        hit = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1.0 + 1e-9) & (reach > 1e-4) & (normals @ way > _PARALLEL)
        nearest[index] = reach[hit & np.isfinite(det)].min(initial=np.inf)
    return nearest


def overhangs(mesh: Mesh, most_deg: float = MOST_OVERHANG_DEG) -> list[str]:
    """Return a line if a face hangs over by more than ``most_deg`` from upright; the mesh lies as it is printed."""
    bed = mesh.triangles[:, :, 2].min()
    lies = (mesh.triangles[:, :, 2] < bed + 0.01).all(axis=1)
    lean = np.degrees(np.arcsin(np.clip(-mesh.normals[:, 2], -1.0, 1.0)))
    hangs = ~lies & (lean > most_deg + 0.5) & (mesh.areas > 1e-4)
    if not hangs.any():
        return []
    worst = int(np.argmax(np.where(hangs, lean, 0.0)))
    place = ", ".join(f"{value:.1f}" for value in mesh.triangles[worst].mean(axis=0))
    return [f"a face hangs over by {lean[worst]:.0f} degrees at ({place}), {mesh.areas[hangs].sum():.1f} mm2 in all"]


def collisions(layout: Layout, walls: dict[str, Part], posts: Part | None = None) -> list[str]:
    """Return a line for each room that a printed part of ``walls`` enters, and for each part that a post pierces."""
    trouble = []
    for name, place in layout.places.items():
        for shell_name, shell in walls.items():
            if shared_mm3(_room(place), shell) > _TOUCH_MM3:
                trouble.append(f"{layout.name}: the {shell_name} enters the room of the {name}")
        if posts is not None and shared_mm3(make_blocks(layout, name), posts) > _TOUCH_MM3:
            trouble.append(f"{layout.name}: a post pierces the {name}")
    return trouble


def _room(place: Place) -> Part:
    return hull(place.low, place.far, place.part.is_round)


def lid_trouble(shell: Part, lid: Part) -> list[str]:
    """Return a line if the lid does not close: it must lie on the rim, and go in by 0.2 mm beside its place, too."""
    trouble = []
    if shared_mm3(Pos(0, 0, -0.1) * lid, shell) < _RIM_MM2 * 0.1:
        trouble.append("the lid does not lie on the rim")
    for x, y in ((0.0, 0.0), (0.2, 0.0), (-0.2, 0.0), (0.0, -0.2)):
        if shared_mm3(Pos(x, y, 0.01) * lid, shell) > _TOUCH_MM3:
            trouble.append(f"the lid jams in the shell when it sits {x:.1f}, {y:.1f} mm beside its place")
    return trouble


def shared_mm3(one: Part, other: Part) -> float:
    """Return the volume that two solids share, in mm3."""
    common = one & other
    return 0.0 if common is None else float(sum(solid.volume for solid in common.solids()))


def mass_g(part: Part) -> float:
    """Return the estimated mass of a printed part, in g."""
    return float(part.volume) * _PETG_G_MM3


def print_time_s(part: Part) -> float:
    """Return the estimated time to print a part at 0.2 mm layers, in s."""
    return float(part.volume) / _FLOW_MM3_S + part.bounding_box().size.Z / _LAYER_MM * _LAYER_S
