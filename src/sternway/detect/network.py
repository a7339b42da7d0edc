"""Small networks that NumPy alone can run."""

import io
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np

from sternway.samples import Floats


@dataclass(frozen=True, slots=True)
class Network:
    """An ensemble of small perceptrons with two hidden layers of rectifiers; the answer is the mean log odds.

    ``first`` (m*h, n) and ``first_bias`` (m*h,) take in n numbers as they come: the scaling of inputs is folded in.
    ``second`` (m, k, h), ``second_bias`` (m, k) and ``third`` (m, k), ``third_bias`` () follow for m members.
    ``version`` names the weights. One call is a handful of products of one shape, whatever block the sample came in.
    """

    version: str
    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats
    third: Floats
    third_bias: float
    _second: Floats = field(init=False, repr=False, compare=False)
    """The second layer of all members as one matrix (m*k, m*h): one product costs less than a product a member."""
    _second_bias: Floats = field(init=False, repr=False, compare=False)
    _third: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        members, width, inputs = self.second.shape
        diagonal = np.zeros((members, width, members, inputs))
        for member in range(members):
            diagonal[member, :, member] = self.second[member]
        object.__setattr__(self, "_second", diagonal.reshape(members * width, members * inputs))
        object.__setattr__(self, "_second_bias", self.second_bias.ravel())
        object.__setattr__(self, "_third", self.third.ravel())

    def __call__(self, numbers: Floats) -> float:
        """Return the log odds for one vector (n,)."""
        first = self.first.dot(numbers)
        first += self.first_bias
        second = self._second.dot(np.maximum(first, _ZERO, out=first))
        second += self._second_bias
        return float(self._third.dot(np.maximum(second, _ZERO, out=second))) + self.third_bias

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


_ZERO = np.zeros(())
_WEIGHTS = ("first", "first_bias", "second", "second_bias", "third")


@cache
def shipped(name: str) -> Network:
    """Return the network ``name`` that ships with this version, from ``sternway.detect.models``."""
    return from_bytes((files("sternway.detect") / "models" / f"{name}.npz").read_bytes())
