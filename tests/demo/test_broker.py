import threading

import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties

from sternway.demo.broker import EmbeddedBroker


def test_the_embedded_broker_keeps_a_retained_message_in_mqtt_v5():
    received, done = [], threading.Event()

    def on_connect(client, *_):
        client.subscribe("sternway/#", qos=1)

    def on_message(client, userdata, message):
        received.append((message.topic, message.payload, message.retain))
        done.set()

    with EmbeddedBroker() as broker:
        writer = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        writer.connect("127.0.0.1", broker.port)
        writer.loop_start()
        writer.publish("sternway/c/state", b"{}", qos=1, retain=True).wait_for_publish(5)
        reader = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        reader.on_connect, reader.on_message = on_connect, on_message
        reader.connect("127.0.0.1", broker.port, properties=Properties(1))
        reader.loop_start()
        assert done.wait(5)
        for client in (reader, writer):
            client.disconnect()
            client.loop_stop()
    assert received == [("sternway/c/state", b"{}", True)]
