"""Sends what the outbox holds, oldest first, and again until the dashboard has it."""

from collections.abc import Callable

from sternway.publish.outbox import Outbox, Parcel
from sternway.wire.messages import Ack

WINDOW_COUNT = 20
"""Records sent and not yet taken by the broker: paho's own window."""

AHEAD_COUNT = 200
"""Records sent beyond the last acknowledged one. A dashboard that is away for a week then finds at most so many
queued at the broker (mosquitto drops beyond 1000), however often they are sent again."""

LONGEST_RESEND_S = 600.0


class Delivery:
    """Decides which record is sent when. Pure but for the outbox; ``send`` says whether it took the parcel.

    On a new connection and every ``resend_s`` it begins at the oldest again, less and less often while no
    acknowledgement comes; a PUBACK only makes room for the next, since a PUBACK is not storage.
    """

    def __init__(self, outbox: Outbox, send: Callable[[Parcel], bool], resend_s: float) -> None:
        self._outbox = outbox
        self._send = send
        self._resend_s = resend_s
        self._wait_s = resend_s
        self._again_at_s = 0.0
        self._sent_seq = 0
        self._sent_count = 0
        self._unsettled: set[int] = set()

    def begin(self, now_s: float) -> None:
        """Begin at the oldest: the connection is new."""
        self._wait_s = self._resend_s
        self._rewind(now_s)

    def settled(self, seq: int) -> None:
        """Hear that the broker has answered for record ``seq``."""
        self._unsettled.discard(seq)

    def acknowledged(self, ack: Ack, now_s: float) -> None:
        """Hear that the dashboard has stored everything up to ``ack``."""
        store_id = self._outbox.store_id
        count = self._outbox.acknowledge(ack)
        if self._outbox.store_id != store_id:
            self.begin(now_s)
        elif count:
            self._sent_count = max(0, self._sent_count - count)
            self._unsettled = {seq for seq in self._unsettled if seq > ack.seq}
            self._wait_s = self._resend_s
            self._again_at_s = now_s + self._wait_s

    def turn(self, now_s: float) -> None:
        """Send what is due."""
        if now_s >= self._again_at_s:
            self._wait_s = min(2.0 * self._wait_s, LONGEST_RESEND_S)
            self._rewind(now_s)
        room = min(WINDOW_COUNT - len(self._unsettled), AHEAD_COUNT - self._sent_count)
        if room <= 0:
            return
        for parcel in self._outbox.parcels(self._sent_seq, room):
            if not self._send(parcel):
                return
            self._sent_seq = parcel.seq
            self._sent_count += 1
            self._unsettled.add(parcel.seq)

    def _rewind(self, now_s: float) -> None:
        self._sent_seq = self._sent_count = 0
        self._unsettled.clear()
        self._again_at_s = now_s + self._wait_s
