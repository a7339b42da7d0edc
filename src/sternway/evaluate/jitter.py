"""Makes real walking less steady by a known amount: each step is stretched or squeezed in time."""

from collections.abc import Sequence

import numpy as np

from sternway.samples import Block, Floats

# No step becomes shorter than this share of the walk's median step, nor longer by more than that: still a step.
_SHORTEST, _LONGEST = 0.6, 1.6


def jittered(
    block: Block, contacts_s: Sequence[float] | Floats, added_s: float, from_s: float, rng: np.random.Generator
) -> Block:
    """Return ``block`` with independent normal noise of standard deviation ``added_s`` in each step time.

    From ``from_s`` on. Time within a step is stretched evenly: specific force keeps its values, angular rate is
    divided by the stretch. Output is on the input's mean sample period.
    """
    contacts = np.asarray([time_s for time_s in contacts_s if time_s >= from_s], dtype=np.float64)
    steps_s = np.diff(contacts)
    noise_s = rng.normal(0.0, added_s, len(steps_s))
    typical_s = float(np.median(steps_s))
    shortest_s = np.minimum(steps_s, _SHORTEST * typical_s)
    longest_s = np.maximum(steps_s, _LONGEST * typical_s)
    changed_s = np.clip(steps_s + noise_s, shortest_s, longest_s)
    new = contacts[0] + np.concatenate(([0.0], np.cumsum(changed_s)))
    first_s, last_s = float(block.time_s[0]), float(block.time_s[-1])
    knots_then = np.concatenate(([first_s], contacts, [last_s]))
    knots_now = np.concatenate(([first_s], new, [new[-1] + last_s - contacts[-1]]))
    period_s = (last_s - first_s) / (len(block) - 1)
    now_s = np.arange(first_s, knots_now[-1], period_s)
    then_s = np.interp(now_s, knots_now, knots_then)
    pace = np.gradient(then_s, now_s)
    accel = _at(then_s, block.time_s, block.accel_mps2)
    gyro = _at(then_s, block.time_s, block.gyro_radps) * pace[:, None]
    return Block(now_s, accel, gyro, float(now_s[-1]), block.after_gap)


def _at(wanted_s: Floats, time_s: Floats, values: Floats) -> Floats:
    return np.column_stack([np.interp(wanted_s, time_s, values[:, axis]) for axis in range(values.shape[1])])
