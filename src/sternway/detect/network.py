"""Small networks that NumPy alone can run."""

import io
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from sternway.samples import Floats

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Network:
    """An ensemble of small perceptrons with two hidden layers of rectifiers; the answer is the mean log odds.

    ``first`` (m*h, n) and ``first_bias`` (m*h,) take in n numbers as they come: the scaling of inputs is folded in.
    ``second`` (m, k, h), ``second_bias`` (m, k) and ``third`` (m, k), ``third_bias`` () follow for m members.
    ``version`` names the weights. One call is a handful of products of one shape, whatever block the sample came in,
    in single precision: the weights are kept in no other, and half the memory is twice as near to a small processor.
    """

    version: str
    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats
    third: Floats
    third_bias: float
    _layers: tuple[Singles, ...] = field(init=False, repr=False, compare=False)
    """Weights and floor of each hidden layer, then the last weights; all members in one matrix: one product.

    A rectifier after a bias, ``max(x + b, 0)``, is ``max(x, -b) + b``: each layer's bias waits in the next one's, so
    that nothing need be added on the way.
    """
    _last_bias: float = field(init=False, repr=False, compare=False)
    """What is left to add at the end."""

    def __post_init__(self) -> None:
        members, width, inputs = self.second.shape
        diagonal = np.zeros((members, width, members, inputs))
        for member in range(members):
            diagonal[member, :, member] = self.second[member]
        second, third = diagonal.reshape(members * width, members * inputs), self.third.ravel()
        second_bias = self.second_bias.ravel() + second @ self.first_bias
        layers = (self.first, -self.first_bias, second, -second_bias, third)
        object.__setattr__(self, "_layers", tuple(layer.astype(np.float32) for layer in layers))
        object.__setattr__(self, "_last_bias", float(self.third_bias + third @ second_bias))

    def __call__(self, numbers: Singles) -> float:
        """Return the log odds for one vector (n,)."""
        first, first_floor, second, second_floor, third = self._layers
        hidden = first.dot(numbers)
        hidden = second.dot(np.maximum(hidden, first_floor, out=hidden))
        return float(third.dot(np.maximum(hidden, second_floor, out=hidden))) + self._last_bias

    def to_bytes(self) -> bytes:
        """Return the network as an ``.npz``."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            version=np.array(self.version),
            first=self.first.astype(np.float32),
            first_bias=self.first_bias.astype(np.float32),
            second=self.second.astype(np.float32),
            second_bias=self.second_bias.astype(np.float32),
            third=self.third.astype(np.float32),
            third_bias=np.float64(self.third_bias),
        )
        return buffer.getvalue()


def from_bytes(content: bytes) -> Network:
    """Return the network kept in an ``.npz``."""
    with np.load(io.BytesIO(content), allow_pickle=False) as store:
        weights = {name: np.ascontiguousarray(store[name], dtype=np.float64) for name in _WEIGHTS}
        return Network(str(store["version"]), **weights, third_bias=float(store["third_bias"]))


_WEIGHTS = ("first", "first_bias", "second", "second_bias", "third")


@cache
def shipped(name: str) -> Network:
    """Return the network ``name`` that ships with this version, from ``sternway.detect.models``."""
    return from_bytes((files("sternway.detect") / "models" / f"{name}.npz").read_bytes())
