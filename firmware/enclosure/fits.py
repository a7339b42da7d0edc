"""Does every bought part fit into its room? Each check returns what is wrong, in words; an empty list is well."""

from layout import Layout


def outgrown(layout: Layout) -> list[str]:
    """Return a line for each part that does not fit into its room."""
    trouble = []
    for name, place in layout.places.items():
        for axis, (below, above) in zip("xyz", place.spare, strict=True):
            if min(below, above) < -1e-9:
                trouble.append(
                    f"{layout.name}: {name} is {-min(below, above):.1f} mm too long for its room along {axis}"
                )
    return trouble


def overlapping(layout: Layout) -> list[str]:
    """Return a line for each two parts whose rooms overlap."""
    places = list(layout.places.items())
    return [
        f"{layout.name}: the rooms of {name} and {other} overlap"
        for index, (name, place) in enumerate(places)
        for other, beside in places[index + 1 :]
        if all(place.low[axis] < beside.far[axis] and beside.low[axis] < place.far[axis] for axis in range(3))
    ]
