"""The printed box: everything fits, it can be printed, and the checks notice when that is no longer so."""

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

ENCLOSURE = Path(__file__).parents[2] / "firmware" / "enclosure"


@pytest.fixture(scope="module", autouse=True)
def enclosure_on_path():
    sys.path.insert(0, str(ENCLOSURE))
    yield
    sys.path.remove(str(ENCLOSURE))


def layouts():
    sys.path.insert(0, str(ENCLOSURE))
    try:
        import layout
    finally:
        sys.path.remove(str(ENCLOSURE))
    return layout.LAYOUTS


LAYOUTS = layouts()
NAMES = list(LAYOUTS)
PLACES = [(name, place) for name, layout in LAYOUTS.items() for place in layout.places]
SIMPLE = "zero-bank-lsm6dsox"


def with_place(layout, name, **changes):
    return replace(layout, places=layout.places | {name: replace(layout.places[name], **changes)})


# What needs no build123d: the rooms.


@pytest.mark.parametrize("name", NAMES)
def test_every_part_fits_into_a_room_of_its_own(name):
    from fits import outgrown, overlapping

    assert outgrown(LAYOUTS[name]) == []
    assert overlapping(LAYOUTS[name]) == []


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize(("name", "place"), PLACES)
def test_a_part_that_grows_by_2_mm_no_longer_fits(name, place, axis):
    from fits import outgrown

    grown = with_place(LAYOUTS[name], place, part=LAYOUTS[name].places[place].part.grown(axis, 2.0))
    assert len(outgrown(grown)) == 1
    assert f"{place} is" in outgrown(grown)[0]


def test_two_parts_in_one_place_are_told():
    from fits import overlapping

    layout = LAYOUTS[SIMPLE]
    room = layout.places["sensor"]
    assert overlapping(with_place(layout, "driver", low=room.low, far=room.far)) == [
        f"{SIMPLE}: the rooms of sensor and driver overlap"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_sensor_is_far_from_the_motor(name):
    layout = LAYOUTS[name]
    apart = np.subtract(layout.middle("sensor"), layout.middle("motor"))[:2]
    assert np.hypot(*apart) > 45.0


@pytest.mark.parametrize("name", NAMES)
def test_the_belt_passes_between_the_screws(name):
    import layout as numbers

    free = LAYOUTS[name].size[1] - 2 * numbers.COLUMN_IN - numbers.COLUMN
    assert free >= numbers.BELT >= 40.0 + 1.0


def test_every_size_has_a_source_or_is_called_estimated():
    for layout in LAYOUTS.values():
        for place in layout.places.values():
            assert place.part.source
            assert place.part.estimated or "none" not in place.part.source


def test_the_list_of_boxes_names_what_is_estimated():
    words = subprocess.run(
        [sys.executable, ENCLOSURE / "make.py", "--list"], capture_output=True, text=True, check=True
    )
    assert all(name in words.stdout for name in NAMES)
    assert "estimated: everything: many makers, no drawing" in words.stdout


# What needs the solids.


needs_solids = pytest.mark.skipif(
    importlib.util.find_spec("build123d") is None, reason="build123d is missing (make enclosure-test has it)"
)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")


@pytest.fixture(scope="module")
def made():
    """Solids of each box, made once: printed parts, and the shell without posts."""
    from shells import make_shell, printed

    kept = {}

    def make(name):
        if name not in kept:
            kept[name] = printed(LAYOUTS[name]), make_shell(LAYOUTS[name], posts=False)
        return kept[name]

    return make


def trouble_inside(layout, parts, bare):
    from checks import collisions

    return collisions(layout, {"shell": bare, "lid": parts["lid"], "cup": parts["cup"]}, parts["shell"])


@needs_solids
@pytest.mark.parametrize("name", NAMES)
def test_nothing_collides_and_the_lid_closes(name, made):
    from checks import lid_trouble, shared_mm3

    parts, bare = made(name)
    assert trouble_inside(LAYOUTS[name], parts, bare) == []
    assert lid_trouble(parts["shell"], parts["lid"]) == []
    assert shared_mm3(parts["cup"], parts["shell"]) == 0.0
    assert all(part.is_valid and len(part.solids()) == 1 for part in parts.values())


@needs_solids
@pytest.mark.parametrize("name", NAMES)
def test_each_part_can_be_printed(name, made, tmp_path):
    from checks import mesh_of, open_edges, overhangs, thin_walls
    from shells import on_the_bed

    for kind, part in made(name)[0].items():
        mesh = mesh_of(on_the_bed(kind, part), tmp_path)
        assert open_edges(mesh) == [], kind
        assert overhangs(mesh) == [], kind
        assert thin_walls(mesh) == [], kind
        assert mesh.volume == pytest.approx(part.volume, rel=0.01)


@needs_solids
def test_mass_and_time_are_of_the_right_size(made):
    from checks import mass_g, print_time_s

    parts, _ = made(SIMPLE)
    assert 40.0 < sum(map(mass_g, parts.values())) < 100.0
    assert 2.0 < sum(map(print_time_s, parts.values())) / 3600.0 < 8.0


@needs_solids
def test_a_part_that_grows_collides_with_the_solids(made):
    layout = LAYOUTS[SIMPLE]
    parts, bare = made(SIMPLE)
    tall = layout.places["computer"]
    far = (tall.far[0], tall.far[1], tall.far[2] + 2.0)
    assert trouble_inside(with_place(layout, "computer", far=far), parts, bare) == [
        f"{SIMPLE}: the lid enters the room of the computer"
    ]
    wide = layout.places["sensor"].part.grown(2, 2.0)
    low = replace(wide, blocks=tuple(replace(block, corner=(*block.corner[:2], -3.0)) for block in wide.blocks[:1]))
    assert f"{SIMPLE}: a post pierces the sensor" in trouble_inside(
        with_place(layout, "sensor", part=low), parts, bare
    )


@needs_solids
@pytest.mark.parametrize(("number", "thin"), [("WALL", 1.2), ("FLOOR", 1.2), ("LID", 1.2), ("POST_WALL", 1.0)])
def test_a_thinned_wall_is_noticed(number, thin, tmp_path, monkeypatch):
    import shells
    from checks import mesh_of, thin_walls

    monkeypatch.setattr(shells, number, thin)
    make = shells.make_lid if number == "LID" else shells.make_shell
    (words,) = thin_walls(mesh_of(make(LAYOUTS[SIMPLE]), tmp_path))
    assert "mm thin at" in words


@needs_solids
def test_an_opened_mesh_is_noticed(made, tmp_path):
    from checks import mesh_of, open_edges

    mesh = mesh_of(made(SIMPLE)[0]["cup"], tmp_path)
    assert open_edges(mesh) == []
    assert open_edges(replace(mesh, triangles=mesh.triangles[1:])) == ["3 edges have one side only"]
    assert "the mesh is inside out" in open_edges(replace(mesh, triangles=mesh.triangles[:, ::-1]))


@needs_solids
def test_a_lid_upside_down_on_the_bed_hangs_over(made, tmp_path):
    from checks import mesh_of, overhangs

    assert overhangs(mesh_of(made(SIMPLE)[0]["lid"], tmp_path)) != []


@needs_solids
def test_a_lid_that_jams_or_hovers_is_noticed(made):
    from build123d import Pos
    from checks import lid_trouble

    parts, _ = made(SIMPLE)
    assert any("jams" in words for words in lid_trouble(parts["shell"], Pos(0.4, 0, 0) * parts["lid"]))
    assert "the lid does not lie on the rim" in lid_trouble(parts["shell"], Pos(0, 0, 0.5) * parts["lid"])


@needs_solids
def test_the_files_are_written(tmp_path, capsys):
    import make

    make.export(LAYOUTS[SIMPLE], tmp_path)
    written = sorted(path.name for path in (tmp_path / SIMPLE).iterdir())
    assert written == ["cup.step", "cup.stl", "lid.step", "lid.stl", "shell.step", "shell.stl"]
    assert "g of PETG" in capsys.readouterr().out


@needs_solids
def test_a_picture_shows_what_is_nearest(tmp_path):
    from draw import Thing, picture, view
    from PIL import Image

    near = np.array([[[0.0, 0.0, 1.0], [10.0, 0.0, 1.0], [0.0, 10.0, 1.0]]])
    far = np.array(
        [
            [[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [10.0, 10.0, 0.0]],
            [[0.0, 0.0, 0.0], [10.0, 10.0, 0.0], [0.0, 10.0, 0.0]],
        ]
    )
    picture([Thing(far, (0, 0, 255)), Thing(near, (255, 0, 0))], view(0.0, 0.0), (100, 100), [], tmp_path / "p.png")
    image = Image.open(tmp_path / "p.png").convert("RGB")
    red, blue = image.getpixel((30, 70)), image.getpixel((75, 35))
    assert red[0] > 200 > red[2]
    assert blue[2] > 200 > blue[0]
