"""When is the state sent? On change, not too often; unchanged, often enough that silence means something."""

from sternway.records import Phase
from sternway.wire.state import State

CHANGE_S = 1.0
"""At most 1 Hz."""

WALKING_S = 2.0
"""In a session silence must show within seconds; a page calls the clip stale after 5 s."""

IDLE_S = 30.0


class StatePace:
    """Holds the newest state and says when it is due; an older one is of no interest to anybody.

    A state is only ever sent after it was shown: when the loop stops showing, the sending stops too, and whoever
    watches sees a stale clip instead of an old word repeated for ever.
    """

    def __init__(self) -> None:
        self._newest: State | None = None
        self._shown = False
        self._sent: State | None = None
        self._sent_at_s: float | None = None

    def show(self, state: State) -> None:
        """Take the newest state; any thread may, and nothing is waited for."""
        self._newest = state
        self._shown = True

    def anew(self) -> None:
        """Make the newest state due at once, as after a new connection."""
        self._sent_at_s = None
        self._shown = self._newest is not None

    def due(self, now_s: float) -> State | None:
        """Return the state to be sent at ``now_s``, ``None`` where nothing is due."""
        state = self._newest
        if state is None or not self._shown:
            return None
        if self._sent_at_s is not None:
            quiet_s = IDLE_S if state.phase is Phase.READY else WALKING_S
            wait_s = quiet_s if state == self._sent else CHANGE_S
            if now_s - self._sent_at_s < wait_s:
                return None
        return state

    def sent(self, state: State, now_s: float) -> None:
        """Hear that ``state`` was sent."""
        self._sent, self._sent_at_s = state, now_s
        self._shown = self._newest is not state
