"""Make the boxes: ``make enclosure`` writes STEP and STL files into build/enclosure and says mass and print time.

Needs the extra ``enclosure`` (build123d). ``--only NAME`` makes one box, ``--pictures FOLDER`` draws the pictures of
the documentation instead, ``--list`` names the boxes and the sizes that are only estimated.
"""

import argparse
from pathlib import Path

from layout import LAYOUTS, Layout


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Make the printed box of a clip.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/enclosure"), help="where the files go")
    parser.add_argument("--only", choices=LAYOUTS, help="make this box alone")
    parser.add_argument("--pictures", type=Path, help="draw the pictures of the documentation into this folder")
    parser.add_argument("--list", action="store_true", help="name the boxes, and which sizes are only estimated")
    arguments = parser.parse_args()
    chosen = [LAYOUTS[arguments.only]] if arguments.only else list(LAYOUTS.values())
    if arguments.list:
        print("\n".join(described(layout) for layout in chosen))
    elif arguments.pictures:
        _draw(LAYOUTS[arguments.only or "zero-bank-lsm6dsox"], arguments.pictures)
    else:
        for layout in chosen:
            export(layout, arguments.folder)


def described(layout: Layout) -> str:
    """Return a box's name, what goes in, and which sizes to measure before printing."""
    lines = [layout.name]
    for name, place in layout.places.items():
        lines.append(f"  {name}: {place.part.name}; source: {place.part.source}")
        lines += [f"    estimated: {words}" for words in place.part.estimated]
    return "\n".join(lines)


def export(layout: Layout, folder: Path) -> None:
    """Write every printed part of one box as STEP, as it sits in the box, and as STL, as it is printed."""
    from build123d import export_step, export_stl  # noqa: PLC0415  the list above needs no build123d
    from checks import mass_g, print_time_s  # noqa: PLC0415
    from shells import on_the_bed, printed  # noqa: PLC0415

    target = folder / layout.name
    target.mkdir(parents=True, exist_ok=True)
    for name, part in printed(layout).items():
        export_step(part, str(target / f"{name}.step"))
        export_stl(on_the_bed(name, part), str(target / f"{name}.stl"), tolerance=0.02, angular_tolerance=0.2)
        hours = print_time_s(part) / 3600.0
        print(f"{target / name}.stl: about {mass_g(part):.0f} g of PETG, {hours:.1f} h at 0.2 mm", flush=True)


def _draw(layout: Layout, folder: Path) -> None:
    from scenes import Scenes  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    Scenes(layout, folder).draw_all()


if __name__ == "__main__":
    main()
