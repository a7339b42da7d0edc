"""Whatever is done to the sensor, in any order: nothing raises, nothing false is passed on, and it heals."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.device.clip import ClipState

from .conftest import CHIPS, Bobbing, samples


def unplug(rig):
    rig.chip.unplugged = True
    rig.run(0.7)
    rig.chip.brown_out()
    rig.chip.unplugged = False


MISHAPS = {
    "one transfer is not acknowledged": lambda rig: setattr(rig.bus, "nack_count", 1),
    "a burst is not acknowledged": lambda rig: setattr(rig.bus, "nack_count", 12),
    "the plug slips": unplug,
    "the supply dips": lambda rig: rig.chip.brown_out(),
    "the host sleeps briefly": lambda rig: rig.clock.sleep(0.19),
    "the host sleeps long": lambda rig: rig.clock.sleep(5.0),
    "the host stalls in the middle of a poll": lambda rig: setattr(rig.bus, "stall_s", 0.3),
    "the host stalls for long in the middle of a poll": lambda rig: setattr(rig.bus, "stall_s", 2.0),
    "a chip holds SDA": lambda rig: setattr(rig.bus, "stuck_clocks", 7),
    "the adapter hangs": lambda rig: setattr(rig.bus, "adapter_hung", True),
}


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    chip=st.sampled_from(sorted(CHIPS)),
    rate_error=st.floats(-0.03, 0.03),
    mishaps=st.lists(st.tuples(st.sampled_from(sorted(MISHAPS)), st.floats(0.0, 1.5)), max_size=8),
)
def test_any_sequence_of_mishaps_heals_and_never_lies(chip, rate_error, mishaps):
    rig = CHIPS[chip](rate_error=rate_error)
    rig.run(0.5)
    for mishap, pause_s in mishaps:
        MISHAPS[mishap](rig)
        rig.run(pause_s)
    rig.run(8.0)
    assert rig.clip.state is ClipState.STREAM
    assert rig.clip.cause is None
    time_s, rows = samples(rig.blocks)
    assert np.diff(time_s).min() > 0.0
    # 2 g of bobbing at 2 Hz changes by 25 m/s² a second: this allows 15 ms in the first moments after a gap.
    assert np.abs(rows[:, :3] - Bobbing().at(time_s - 50.0)[0]).max() < 0.4
