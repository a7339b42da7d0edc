"""How the clip sits on the belt: from chip axes to body axes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mounting:
    """Body axes written in chip axes.

    ``up`` and ``forward`` are unit vectors, perpendicular to each other; ``confidence`` is 0 to 1. The third axis,
    ``left``, is ``up x forward``.
    """

    up: tuple[float, float, float]
    forward: tuple[float, float, float]
    confidence: float

    @property
    def left(self) -> tuple[float, float, float]:
        """Return the unit vector to the wearer's left.

        >>> Mounting((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), 1.0).left
        (0.0, 1.0, 0.0)
        """
        (ux, uy, uz), (fx, fy, fz) = self.up, self.forward
        return (uy * fz - uz * fy, uz * fx - ux * fz, ux * fy - uy * fx)
