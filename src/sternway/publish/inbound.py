"""Reads what arrives from the broker: acknowledgements, plans, commands, and Home Assistant's birth."""

import logging
import queue
from collections.abc import Callable

from sternway.clock import Clock
from sternway.errors import MessageError
from sternway.publish.command_guard import Doorkeeper, RefusedError
from sternway.publish.rate_limited_log import Complaints
from sternway.publish.traffic import Inbound
from sternway.wire import topics
from sternway.wire.messages import Ack, Command, Plan, decode_ack, decode_plan

WAITING_COMMANDS = 16
"""More than this between two turns of the loop was not pressed by a person."""


class Reception:
    """Carries out what fits and drops, counts and once logs what does not.

    ``acknowledged``, ``planned`` (with the payload to remember), ``born`` and ``refused`` are called on the writer's
    thread; :meth:`take_commands` and ``plan`` are for the loop's.
    """

    def __init__(
        self,
        clip_id: str,
        clock: Clock,
        complaints: Complaints,
        *,
        acknowledged: Callable[[Ack], None],
        planned: Callable[[str], None],
        born: Callable[[], None],
        refused: Callable[[Command, str], None],
    ) -> None:
        self.plan: Plan | None = None
        self._clip_id = clip_id
        self._clock = clock
        self._complaints = complaints
        self._acknowledged = acknowledged
        self._planned = planned
        self._born = born
        self._refused = refused
        self._doorkeeper = Doorkeeper(clip_id)
        self._commands: queue.Queue[Command] = queue.Queue(WAITING_COMMANDS)

    def take_commands(self) -> list[Command]:
        """Return the commands that arrived since last asked."""
        commands: list[Command] = []
        while not self._commands.empty():
            commands.append(self._commands.get_nowait())
        return commands

    def read(self, inbound: Inbound) -> None:
        """Carry out what arrived; nothing that a broker can send makes this raise."""
        try:
            self._obey(inbound)
        except RefusedError as error:
            self._complaints.note("refused", f"{error.command.name}: {error}", logging.INFO)
            self._refused(error.command, str(error))
        except MessageError as error:
            self._complaints.note("hostile", f"a message on {inbound.topic[:80]!r} is dropped: {error}")

    def _obey(self, inbound: Inbound) -> None:
        address = topics.split(inbound.topic)
        suffix = address[1] if address is not None and address[0] == self._clip_id else None
        if inbound.topic == topics.HOME_ASSISTANT_STATUS:
            if inbound.payload == b"online":
                self._born()
        elif suffix in (topics.ACK.suffix, topics.PLAN.suffix) and not inbound.payload:
            return  # somebody cleared a retained message
        elif suffix == topics.ACK.suffix:
            self._acknowledged(decode_ack(inbound.payload))
        elif suffix == topics.PLAN.suffix:
            self.plan = decode_plan(inbound.payload)
            self._planned(inbound.payload.decode())
        elif suffix is not None and suffix.startswith("command/"):
            self._take_command(inbound)
        else:
            raise MessageError("nobody asked for this topic")

    def _take_command(self, inbound: Inbound) -> None:
        command = self._doorkeeper.admit(inbound, self._clock.utc_now())
        try:
            self._commands.put_nowait(command)
        except queue.Full:
            raise RefusedError("too many commands at once", command) from None
