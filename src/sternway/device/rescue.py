"""How a bus that hangs is freed: bare clocks for the chip that holds SDA, or a fresh start for the adapter."""

from typing import Protocol


class Rescue(Protocol):
    """The rungs of the recovery ladder that need more than the bus itself."""

    def clear(self) -> bool:
        """Clock the bus until SDA is free; return whether that was permitted and helped."""
        ...

    def rebind(self) -> bool:
        """Unbind and bind the adapter's driver; return whether that was permitted."""
        ...


class NoRescue:
    """Nothing is permitted."""

    def clear(self) -> bool:
        """Do nothing."""
        return False

    def rebind(self) -> bool:
        """Do nothing."""
        return False
