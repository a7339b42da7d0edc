"""The protocol every detector follows, and the contract it keeps.

**Stream contract**, checked by one property test over every stage:

* where the stream is cut must not change the answer;
* an empty block changes nothing but time;
* ``after_gap`` restarts filters and windows, while refractory times persist;
* inputs are never modified;
* pickling or deep-copying and going on gives the same answer;
* samples that are not finite never reach state;
* memory is bounded.
"""

from typing import Protocol

from sternway.events import Event
from sternway.motion.trunk import TrunkMotion


class Detector(Protocol):
    """Turns trunk motion into events. Reads no clock, file, socket or thread."""

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return what happened, as far as ``trunk`` lets it be known."""
        ...

    def reset(self) -> None:
        """Forget all motion, but not what was learned about the person."""
        ...
