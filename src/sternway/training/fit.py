"""Fitting a small network to numbers: weighted logistic loss, Adam, plain NumPy, the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sternway.detect.network import Network

Numbers = NDArray[np.float32]
Inputs = NDArray[np.float16] | NDArray[np.float32]
Weights = dict[str, Numbers]


@dataclass(frozen=True, slots=True)
class FitSettings:
    """The shape of the ensemble and how it is fitted (Kingma and Ba 2015 for the rates of Adam).

    ``noise`` is the standard deviation of what is added to the scaled inputs each time they are shown.
    """

    members: int = 3
    hidden: tuple[int, int] = (24, 12)
    batch: int = 2048
    learning_rate: float = 2e-3
    decay: float = 1e-4
    noise: float = 0.0


@dataclass(frozen=True, slots=True)
class Examples:
    """``inputs`` (n, d), ``targets`` (n,) 0 or 1, and ``weights`` (n,) of their losses."""

    inputs: Inputs
    targets: Numbers
    weights: Numbers

    def __len__(self) -> int:
        return len(self.targets)


def joined(parts: list[Examples]) -> Examples:
    """Return all examples as one."""
    return Examples(
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )


def balanced(examples: Examples, positive_share: float) -> Examples:
    """Return ``examples`` with the positive ones weighing ``positive_share`` of the whole."""
    positive = examples.targets > 0.5
    shares = np.where(
        positive,
        positive_share / _total(examples.weights[positive]),
        (1.0 - positive_share) / _total(examples.weights[~positive]),
    )
    return Examples(examples.inputs, examples.targets, (examples.weights * shares).astype(np.float32))


def _total(weights: Numbers) -> float:
    """Return the sum, or 1 where there is nothing to share."""
    return float(weights.sum()) if len(weights) else 1.0


class Fitter:
    """An ensemble in the making. :meth:`run` may be called again with other examples, as mining finds them."""

    def __init__(self, inputs: Inputs, seed: int, settings: FitSettings | None = None) -> None:
        """Take the scale of the ``inputs`` (n, d) and draw the first weights."""
        self._settings = settings or FitSettings()
        self._rng = np.random.default_rng(seed)
        self._mean = inputs.mean(axis=0, dtype=np.float64).astype(np.float32)
        self._scale = inputs.std(axis=0, dtype=np.float64).astype(np.float32) + np.float32(1e-3)
        self._weights = self._drawn(inputs.shape[1])
        self._moments = {name: np.zeros((2, *value.shape), np.float32) for name, value in self._weights.items()}
        self._step = 0

    def run(self, examples: Examples, epochs: int, rate_scale: float = 1.0) -> None:
        """Go through ``examples`` ``epochs`` times."""
        weights = examples.weights / examples.weights.mean()
        for rows in self._batches(len(examples), epochs):
            inputs = (examples.inputs[rows].astype(np.float32) - self._mean) / self._scale
            if self._settings.noise:
                inputs += np.float32(self._settings.noise) * self._rng.standard_normal(inputs.shape, dtype=np.float32)
            slopes = self._slopes(inputs, examples.targets[rows], weights[rows])
            self._move(slopes, rate_scale)

    def log_odds(self, inputs: Inputs) -> Numbers:
        """Return the mean log odds (n,) of the members."""
        scaled = (inputs.astype(np.float32) - self._mean) / self._scale
        return np.asarray(self._forward(scaled)[-1].mean(axis=0), dtype=np.float32)

    def network(self, version: str) -> Network:
        """Return the ensemble as it runs on the clip: scaling folded into the first layer, the mean into the last."""
        w = {name: value.astype(np.float64) for name, value in self._weights.items()}
        members, inputs, width = w["first"].shape
        first = (w["first"] / self._scale.astype(np.float64)[:, None]).transpose(0, 2, 1).reshape(-1, inputs)
        bias = w["first_bias"].reshape(members * width) - first @ self._mean.astype(np.float64)
        return Network(
            version=version,
            first=first,
            first_bias=bias,
            second=w["second"].transpose(0, 2, 1).copy(),
            second_bias=w["second_bias"][:, 0, :],
            third=w["third"][:, :, 0] / members,
            third_bias=float(w["third_bias"].mean()),
        )

    def _drawn(self, inputs: int) -> Weights:
        members, (h, k) = self._settings.members, self._settings.hidden

        def normal(rows: int, columns: int) -> Numbers:
            values = self._rng.normal(0.0, np.sqrt(2.0 / rows), (members, rows, columns))
            return np.asarray(values, dtype=np.float32)

        return {
            "first": normal(inputs, h),
            "first_bias": np.zeros((members, 1, h), np.float32),
            "second": normal(h, k),
            "second_bias": np.zeros((members, 1, k), np.float32),
            "third": normal(k, 1),
            "third_bias": np.zeros((members, 1, 1), np.float32),
        }

    def _batches(self, count: int, epochs: int) -> Iterator[NDArray[np.int64]]:
        for _ in range(epochs):
            order = self._rng.permutation(count)
            for start in range(0, count, self._settings.batch):
                yield order[start : start + self._settings.batch]

    def _forward(self, inputs: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        w = self._weights
        first = np.maximum(inputs @ w["first"] + w["first_bias"], 0.0)
        second = np.maximum(first @ w["second"] + w["second_bias"], 0.0)
        return first, second, (second @ w["third"] + w["third_bias"])[:, :, 0]

    def _slopes(self, inputs: Numbers, targets: Numbers, weights: Numbers) -> Weights:
        w = self._weights
        first, second, odds = self._forward(inputs)
        error = ((_probability(odds) - targets) * weights / len(targets))[:, :, None].astype(np.float32)
        back_second = (error @ w["third"].transpose(0, 2, 1)) * (second > 0)
        back_first = (back_second @ w["second"].transpose(0, 2, 1)) * (first > 0)
        return {
            "first": inputs.T @ back_first,
            "first_bias": back_first.sum(axis=1, keepdims=True),
            "second": first.transpose(0, 2, 1) @ back_second,
            "second_bias": back_second.sum(axis=1, keepdims=True),
            "third": second.transpose(0, 2, 1) @ error,
            "third_bias": error.sum(axis=1, keepdims=True),
        }

    def _move(self, slopes: Weights, rate_scale: float) -> None:
        self._step += 1
        settings = self._settings
        unbias = np.sqrt(1.0 - 0.999**self._step) / (1.0 - 0.9**self._step)
        rate = settings.learning_rate * rate_scale
        for name, value in self._weights.items():
            mean, square = self._moments[name]
            mean += 0.1 * (slopes[name] - mean)
            square += 0.001 * (slopes[name] ** 2 - square)
            value -= (rate * unbias * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)
            if not name.endswith("bias"):
                value *= np.float32(1.0 - rate * settings.decay)


def log_odds_of(network: Network, inputs: Inputs) -> Numbers:
    """Return what ``network`` answers to many ``inputs`` (n, d) at once, in single precision."""
    members, _, width = network.second.shape
    first = np.maximum(inputs.astype(np.float32) @ network.first.T.astype(np.float32) + network.first_bias, 0.0)
    hidden = first.astype(np.float32).reshape(len(inputs), members, width).transpose(1, 0, 2)
    second = hidden @ network.second.transpose(0, 2, 1) + network.second_bias[:, None, :]
    return np.asarray(
        (np.maximum(second, 0.0) @ network.third[:, :, None]).sum(axis=(0, 2)) + network.third_bias, dtype=np.float32
    )


def _probability(odds: Numbers) -> Numbers:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))), dtype=np.float32)
