"""The same data through what an engineer would reach for instead: the ratio of CPU times, in one run on one machine.

    python benchmarks/peers.py [--minutes 60] [--json FILE]

Networks carry random weights: speed is measured, not accuracy. Their windows (50 samples of 9 channels) and sizes
(1.58 MB, 0.70 MB) are the published ones; where the papers leave the arrangement of layers open, it is ours. A peer
that cannot be imported or run is reported with the reason.
"""

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from walking import blocks, samples

from sternway.detect.gate import WalkingGate
from sternway.detect.pre_impact import PreImpactDetector
from sternway.motion.attitude import Attitude
from sternway.motion.filters import BandPass
from sternway.motion.trunk import TrunkMotion
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.motion.window import RowBuffer
from sternway.samples import GRAVITY_MPS2, Block, Floats
from sternway.simulate.walker import BELT

Figures = dict[str, Any]

LIVE_WINDOW_S, LIVE_EVERY_S, LIVE_S = 10.0, 1.0, 60.0
"""What stands for streaming in a pipeline that takes a whole walk: each second anew on the last ten, which hold some
strides; its steps are told up to a second late."""


def main() -> None:
    """Print the figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0, help="of walking for the step pipelines")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    parts: dict[str, Callable[[], Figures]] = {
        "pre_impact_us_a_decision": pre_impact,
        "steps_times_real_time": lambda: steps(60.0 * arguments.minutes),
        "orientation_us_a_sample": orientation,
        "filtering_us_a_block": filtering,
    }
    figures = json.dumps({name: part() for name, part in parts.items()}, indent=1)
    print(figures)
    if arguments.json:
        arguments.json.write_text(figures)


def compared(ours: float, peers: dict[str, Callable[[], float]], *, more_is_better: bool = False) -> Figures:
    """Return our figure, each peer's, and how many times better ours is."""
    figures: Figures = {"sternway": round(ours, 2)}
    for name, peer in peers.items():
        try:
            theirs = peer()
        except Exception as error:  # a peer's failure is a result
            figures[name] = f"absent: {type(error).__name__}: {error}"[:160]
            continue
        figures[name] = {
            "figure": round(theirs, 2),
            "ratio": round(ours / theirs if more_is_better else theirs / ours, 1),
        }
    return figures


def cost_us(call: Callable[[], Any], rounds: int = 9, least_s: float = 0.2) -> float:
    """Return the CPU microseconds of one call, on all threads: the median of some rounds."""
    call()
    costs = []
    for _ in range(rounds):
        count, began_s = 0, time.process_time()
        while time.process_time() - began_s < least_s:
            call()
            count += 1
        costs.append((time.process_time() - began_s) / count)
    return 1e6 * statistics.median(costs)


def pre_impact() -> Figures:
    """One decision after another, ten milliseconds apart along the same walk, from trunk motion to log odds.

    Ours makes its own features. The peers get the published window: the last 50 samples of specific force, angular
    rate and which way is up. They have no walking gate, so ours is given once without it and once with it.
    """
    tracker = TrunkTracker()
    motions = [motion for block in blocks(60.0) for motion in tracker.update(block)]
    gated, alone = PreImpactDetector(), PreImpactDetector(gate=_NoGate())
    count = sum(map(len, motions))
    peers = {
        "ConvLSTM 50 x 9, onnxruntime": lambda: _network_us(conv_lstm(), motions),
        "residual CNN 50 x 9, onnxruntime": lambda: _network_us(residual_cnn(), motions),
        "SVM (RBF) on 27 features, scikit-learn": lambda: _svm_us(motions),
    }
    figures = compared(cost_us(lambda: [alone.update(motion) for motion in motions]) / count, peers)
    with_gate = cost_us(lambda: [gated.update(motion) for motion in motions]) / count
    return {"sternway with its walking gate": round(with_gate, 2), **figures}


class _NoGate(WalkingGate):
    """Says that nobody walks, at no cost."""

    def update(self, trunk: TrunkMotion) -> list[bool]:
        return [False] * len(trunk)


def _windows(motions: Sequence[TrunkMotion]) -> Iterator[NDArray[np.float32]]:
    """Yield the last half second (50, 9) after each sample."""
    window = RowBuffer(50, 9, np.float32)
    for motion in motions:
        for sample in motion.samples:
            window.push((*sample.accel_mps2, *sample.gyro_radps, *sample.up))
            yield window.rows


def _network_us(model: Any, motions: Sequence[TrunkMotion]) -> float:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return _decided_us(lambda window: session.run(None, {"window": np.ascontiguousarray(window.T)[None]}), motions)


def _decided_us(decide: Callable[[NDArray[np.float32]], Any], motions: Sequence[TrunkMotion]) -> float:
    """Return the CPU microseconds of one decision, window and all, along the walk."""
    some = motions[: len(motions) // 4]
    return cost_us(lambda: [decide(window) for window in _windows(some)]) / sum(map(len, some))


class Layers:
    """Builds a small ONNX graph, layer after layer, with random weights."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._keep = helper, numpy_helper.from_array
        self._random = np.random.default_rng(1)
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def weight(self, *shape: int) -> str:
        """Add a random tensor and return its name."""
        name = f"w{len(self._weights)}"
        self._weights.append(self._keep(self._random.normal(0.0, 0.1, shape).astype(np.float32), name))
        return name

    def constant(self, *values: int) -> str:
        """Add whole numbers and return their name."""
        name = f"w{len(self._weights)}"
        self._weights.append(self._keep(np.array(values, dtype=np.int64), name))
        return name

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        """Add a node and return the name of its last output."""
        names = [f"n{len(self._nodes)}_{index}" for index in range(outputs)]
        self._nodes.append(self._helper.make_node(kind, list(inputs), names, **attributes))
        return names[-1]

    def conv(self, x: str, taken: int, given: int, width: int) -> str:
        """Add a convolution over time that keeps the length, and a rectifier."""
        pads = [width // 2, width // 2]
        return self.add("Relu", self.add("Conv", x, self.weight(given, taken, width), self.weight(given), pads=pads))

    def model(self, y: str) -> Any:
        """Return the model whose output is ``y``."""
        value, kind = self._helper.make_tensor_value_info, 1
        ends = [value("window", kind, [1, 9, 50])], [value(y, kind, None)]
        graph = self._helper.make_graph(self._nodes, "peer", *ends, self._weights)
        return self._helper.make_model(graph, opset_imports=[self._helper.make_opsetid("", 17)], ir_version=8)


def conv_lstm(filters: int = 120, units: int = 120) -> Any:
    """Three convolutions with pooling, two LSTM layers, dense: the kind of Yu et al. 2021, at its published size."""
    net, x, taken = Layers(), "window", 9
    for _ in range(3):
        x, taken = net.conv(x, taken, filters, 5), filters
        x = net.add("MaxPool", x, kernel_shape=[2], strides=[2])
    x = net.add("Transpose", x, perm=[2, 0, 1])
    for _ in range(2):
        weights = net.weight(1, 4 * units, taken), net.weight(1, 4 * units, units), net.weight(1, 8 * units)
        net.add("LSTM", x, *weights, outputs=2, hidden_size=units)
        last = f"n{len(net._nodes) - 1}"
        x, taken = net.add("Squeeze", f"{last}_0", net.constant(1)), units
    x = net.add("Reshape", f"{last}_1", net.constant(1, units))
    return net.model(net.add("Gemm", x, net.weight(units, 2), net.weight(2)))


def residual_cnn(filters: int = 84, pairs: int = 4) -> Any:
    """Residual pairs of convolutions and a mean over time: the kind of Koo et al. 2023, at its published size."""
    net = Layers()
    x = net.conv("window", 9, filters, 7)
    for _ in range(pairs):
        y = net.conv(net.conv(x, filters, filters, 3), filters, filters, 3)
        x = net.add("MaxPool", net.add("Add", x, y), kernel_shape=[2], strides=[2], pads=[0, 1])
    x = net.add("Flatten", net.add("GlobalAveragePool", x))
    return net.model(net.add("Gemm", x, net.weight(filters, 2), net.weight(2)))


def _svm_us(motions: Sequence[TrunkMotion]) -> float:
    """Mean, spread and range of nine channels, then a support vector machine fitted to 2,000 random windows."""
    from sklearn.svm import SVC

    random = np.random.default_rng(1)
    machine = SVC().fit(random.normal(size=(2000, 27)), random.integers(0, 2, 2000))

    def decide(window: NDArray[np.float32]) -> Any:
        features = np.concatenate((window.mean(axis=0), window.std(axis=0), np.ptp(window, axis=0)))
        return machine.decision_function(features[None])

    return _decided_us(decide, motions)


def steps(seconds: float) -> Figures:
    """Times real time on the same walk at 100 Hz: ours streams; the others take the whole walk at once, or anew each
    second where they must answer while the walk goes on.

    Ours gives steps, cadence, direction, attitude and mounting-free trunk motion, each step 0.1 s after it. mobgap's
    pipeline (Kirk 2024) finds gait sequences, initial contacts, their sides, cadence, stride length, walking speed
    and turns; Shin is its step detector alone. skdh's GaitLumbar, told that all is gait, finds contacts, turns and
    some twenty endpoints a step. Neither knows backward from forward.
    """
    body = _body_axes(*(np.resize(values, (round(100.0 * seconds), 3)) for values in samples(100.0)))
    peers = {
        "mobgap, healthy pipeline": lambda: seconds / _timed(_mobgap_pipeline, *body),
        "mobgap, initial contacts alone (Shin)": lambda: seconds / _timed(_mobgap_contacts, *body),
        "skdh, GaitLumbar": lambda: seconds / _timed(_skdh, *body),
        "mobgap, healthy pipeline, streaming": lambda: 1.0 / _live_s(_mobgap_pipeline, *body),
        "mobgap, contacts alone, streaming": lambda: 1.0 / _live_s(_mobgap_contacts, *body),
        "skdh, GaitLumbar, streaming": lambda: 1.0 / _live_s(_skdh, *body),
    }
    figures = compared(seconds / _streamed_s(seconds, 2), peers, more_is_better=True)
    return {"sternway in blocks of 1 s": round(seconds / _streamed_s(seconds, 100), 1), **figures}


def _streamed_s(seconds: float, count: int) -> float:
    tracker = TrunkTracker(mounting=BELT)
    even = list(blocks(seconds, 100.0, count))
    began_s = time.process_time()
    for block in even:
        tracker.update(block)
    return time.process_time() - began_s


def _timed(call: Callable[[Floats, Floats], Any], accel: Floats, gyro: Floats) -> float:
    """Return the CPU seconds of one call, after one on a minute in which everything is imported and compiled."""
    call(accel[:6000], gyro[:6000])
    began_s = time.process_time()
    call(accel, gyro)
    return time.process_time() - began_s


def _live_s(call: Callable[[Floats, Floats], Any], accel: Floats, gyro: Floats) -> float:
    """Return the CPU seconds that a second of walking takes where ``call`` is made anew on the last window."""
    length = round(LIVE_WINDOW_S * 100.0)
    ends = range(length, len(accel), round(LIVE_EVERY_S * 100.0))[-round(LIVE_S / LIVE_EVERY_S) :]
    call(accel[:length], gyro[:length])
    began_s = time.process_time()
    for end in ends:
        call(accel[end - length : end], gyro[end - length : end])
    return (time.process_time() - began_s) / (LIVE_EVERY_S * len(ends))


def _body_axes(accel: Floats, gyro: Floats) -> tuple[Floats, Floats]:
    """Return both along up, left and forward: the axes for which the pipelines ask."""
    up, forward = np.array(BELT.up), np.array(BELT.forward)
    axes = np.stack((up, np.cross(up, forward), forward), axis=1)
    return accel @ axes, gyro @ axes


def _mobgap_pipeline(accel: Floats, gyro: Floats) -> None:
    import pandas as pd
    from mobgap.data import GaitDatasetFromData
    from mobgap.pipeline import MobilisedPipelineHealthy

    columns = [f"{kind}_{axis}" for kind in ("acc", "gyr") for axis in "xyz"]
    data = pd.DataFrame(np.hstack((accel, np.degrees(gyro))), columns=columns)
    person, key = {"height_m": 1.7, "sensor_height_m": 0.95, "cohort": "HA"}, ("walker",)
    recording = {"measurement_condition": "free_living", "recording_date": None}
    walk = GaitDatasetFromData(
        {key: {"LowerBack": data}},
        100.0,
        {key: person},
        {key: recording},
        single_sensor_name="LowerBack",
        index_cols=["id"],
    )
    MobilisedPipelineHealthy().safe_run(walk[0])


def _mobgap_contacts(accel: Floats, gyro: Floats) -> None:
    import pandas as pd
    from mobgap.initial_contacts import IcdShinImproved

    columns = [f"{kind}_{axis}" for kind in ("acc", "gyr") for axis in ("is", "ml", "pa")]
    data = pd.DataFrame(np.hstack((accel, np.degrees(gyro))), columns=columns)
    IcdShinImproved().detect(data, sampling_rate_hz=100.0)


def _skdh(accel: Floats, gyro: Floats) -> None:
    from skdh.gait import GaitLumbar

    time_s = 1.7e9 + np.arange(len(accel)) / 100.0
    given = {"time": time_s, "accel": accel / GRAVITY_MPS2, "gyro": gyro, "fs": 100.0, "height": 1.7}
    GaitLumbar().predict(**given, gait_pred=True, v_axis=0, ap_axis=2)


def orientation() -> Figures:
    """One sample of which way is up, with the gyro's bias learned where the filter does so."""
    accel, gyro = (values[:4000] for values in samples(100.0))
    even = [Block(np.arange(2) / 100.0, accel[i : i + 2], gyro[i : i + 2], 0.0) for i in range(0, 4000, 2)]
    attitude = Attitude()
    ours = cost_us(lambda: [attitude.update(block) for block in even]) / 4000.0
    return compared(
        ours, {"imufusion": lambda: _imufusion(accel, gyro), "ahrs (Madgwick)": lambda: _ahrs(accel, gyro)}
    )


def _imufusion(accel: Any, gyro: Any) -> float:
    import imufusion

    fusion = imufusion.Ahrs()
    fusion.set_sample_period(0.01)
    turns, pulls = np.degrees(gyro), accel / GRAVITY_MPS2

    def run() -> None:
        for turn, pull in zip(turns, pulls, strict=True):
            fusion.update_no_magnetometer(turn, pull)

    return cost_us(run) / len(accel)


def _ahrs(accel: Any, gyro: Any) -> float:
    from ahrs.filters import Madgwick

    madgwick = Madgwick(frequency=100.0)

    def run() -> None:
        q = np.array([1.0, 0.0, 0.0, 0.0])
        for turn, pull in zip(gyro, accel, strict=True):
            q = madgwick.updateIMU(q, gyr=turn, acc=pull)

    return cost_us(run) / len(accel)


def filtering() -> Figures:
    """Band-pass of one channel over a block of two samples at 100 Hz."""
    band, block = BandPass(0.7, 3.3), [0.1, 0.2]
    return compared(cost_us(lambda: [band.update(x) for x in block]), {"scipy.signal.sosfilt": _sosfilt})


def _sosfilt() -> float:
    from scipy.signal import butter, sosfilt, sosfilt_zi

    sections = butter(2, (0.7, 3.3), "bandpass", fs=100.0, output="sos")
    state, block = sosfilt_zi(sections), np.array([0.1, 0.2])
    return cost_us(lambda: sosfilt(sections, block, zi=state))


if __name__ == "__main__":
    main()
