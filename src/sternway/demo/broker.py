"""A real MQTT v5 broker for machines that have none: rumqttd, from the ``iotcore`` wheel, on loopback only."""

import socket
import tempfile
from pathlib import Path

from iotcore import Broker

_TOML = """\
id = 0

[router]
id = 0
max_connections = 200
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10

[v5.1]
name = "sternway-demo"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = 1048576
max_inflight_count = 200
dynamic_filters = true
"""


class EmbeddedBroker:
    """Listens on a free port of 127.0.0.1 between ``start`` and ``stop``."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="sternway-broker-")
        path = Path(self._folder.name) / "rumqttd.toml"
        path.write_text(_TOML.format(port=self.port))
        self._broker = Broker(config_path=str(path))

    def start(self) -> None:
        """Begin to listen; return once connections are taken."""
        self._broker.start()

    def stop(self) -> None:
        """Stop the broker and remove its folder."""
        self._broker.stop()
        self._folder.cleanup()

    def __enter__(self) -> "EmbeddedBroker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
