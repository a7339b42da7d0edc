"""Which commands are let in: well-formed, fresh, asked once, and answered only where the clip may answer."""

from collections import deque
from datetime import datetime

from sternway.errors import MessageError
from sternway.publish.traffic import Inbound
from sternway.wire.messages import COMMAND_EXPIRY_S, Command, decode_command
from sternway.wire.topics import is_reply_topic

REMEMBERED_COUNT = 128
"""Command ids remembered: far more than anybody can press within the life of a command."""

CLOCK_DOUBT_S = 5.0
"""How far the sender's clock may run ahead of ours; time services keep a home within a second."""


class RefusedError(MessageError):
    """A well-formed command is not carried out; ``command`` is who to tell."""

    def __init__(self, words: str, command: Command) -> None:
        super().__init__(words)
        self.command = command


class Doorkeeper:
    """Reads commands and refuses the duplicate, the expired, the retained and the malformed."""

    def __init__(self, clip_id: str) -> None:
        self._clip_id = clip_id
        self._seen: deque[str] = deque(maxlen=REMEMBERED_COUNT)

    def admit(self, inbound: Inbound, utc_now: datetime | None) -> Command:
        """Return the command in ``inbound``.

        ``utc_now`` is ``None`` while the clock is not set; then only the broker's own expiry and the short session
        keep old commands out. Raise :class:`MessageError` for a malformed one and :class:`RefusedError` for one that
        is understood but not carried out.
        """
        if inbound.retain:
            raise MessageError("a command must not be retained: it would be carried out again at every start")
        if inbound.reply_to is not None and not is_reply_topic(self._clip_id, inbound.reply_to):
            raise MessageError("a command asks to be answered on a topic that is not the clip's")
        if inbound.correlation is not None and len(inbound.correlation) > 64:
            raise MessageError("correlation data may have 64 bytes")
        name = inbound.topic.rpartition("/")[2]
        command = decode_command(name, inbound.payload, inbound.reply_to, inbound.correlation)
        if command.id in self._seen:
            raise RefusedError("done already: this command came twice", command)
        self._seen.append(command.id)
        self._check_age(command, utc_now)
        return command

    def _check_age(self, command: Command, utc_now: datetime | None) -> None:
        if command.sent_at is None or utc_now is None:
            return
        age_s = (utc_now - datetime.fromisoformat(command.sent_at)).total_seconds()
        if age_s > COMMAND_EXPIRY_S:
            raise RefusedError(
                f"too late: sent {age_s:.0f} s ago, and a command lives {COMMAND_EXPIRY_S:.0f} s", command
            )
        if age_s < -CLOCK_DOUBT_S:
            raise RefusedError(f"sent {-age_s:.0f} s in the future: check the sender's clock", command)
