"""Time that moves only when somebody sleeps."""


class VirtualClock:
    """A clock that moves only when somebody sleeps on it.

    >>> clock = VirtualClock()
    >>> clock.sleep(2.5)
    >>> clock()
    2.5
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self._now_s

    def sleep(self, duration_s: float) -> None:
        """Let time pass."""
        self._now_s += max(0.0, duration_s)
