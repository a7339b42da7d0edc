"""A paho client as the dashboard wants it: MQTT v5, a session that outlives it, acknowledging by hand."""

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from sternway.config import BrokerSettings
from sternway.pairing.tls import client_context, find_credentials

SESSION_S = 14 * 86400
"""How long the broker keeps what arrives while the dashboard is away; the clips keep it longer still."""
UNACKNOWLEDGED_COUNT = 200


def make_client(broker: BrokerSettings, client_id: str) -> Client:
    """Return a client that will connect as soon as its loop is started and the broker is there."""
    client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True)
    credentials = find_credentials(broker)
    if credentials.user:
        client.username_pw_set(credentials.user, credentials.password)
    context = client_context(broker, credentials)
    if context is not None:
        client.tls_set_context(context)
    client.reconnect_delay_set(1, 30)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_S
    properties.ReceiveMaximum = UNACKNOWLEDGED_COUNT
    client.connect_async(broker.host, broker.port, keepalive=15, clean_start=False, properties=properties)
    return client


def is_running(client: Client) -> bool:
    """Whether paho's thread lives: an exception in it ends it, while ``is_connected`` stays true."""
    thread = client._thread  # no public way to ask
    return thread is not None and thread.is_alive()
