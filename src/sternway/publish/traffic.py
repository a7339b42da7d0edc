"""What goes over the link to the broker, and how that link is kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How the connection is kept.

    ``will_delay_s``: 8-15 s were seen to hide a short flap and still to tell of a dead clip soon. ``session_s`` is
    as long as a command lives, so that one sent during a flap arrives and an old one does not.
    ``reads_per_s`` bounds what a flooding broker can cost the loop's share of the interpreter: a packet takes three
    reads, answers to what the clip has sent are free, and 100 packets a second are more than a home has to say.
    """

    keepalive_s: int = 10
    connect_timeout_s: float = 5.0
    will_delay_s: int = 10
    session_s: int = 30
    retry_first_s: float = 1.0
    retry_most_s: float = 30.0
    steady_after_s: float = 10.0
    stuck_after_s: float = 120.0
    reads_per_s: float = 300.0
    packet_bytes: int = 140_000
    queue_count: int = 256


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be published with QoS 1; ``token`` comes back when the broker has it."""

    topic: str
    payload: bytes
    retain: bool = False
    expiry_s: int | None = None
    token: object = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that arrived."""

    topic: str
    payload: bytes
    retain: bool
    reply_to: str | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The broker has answered for the message with ``token``; ``ok`` says whether it took it."""

    token: object
    ok: bool


News = Inbound | Settled
