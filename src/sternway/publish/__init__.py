"""How does what happened leave the clip? The clip's side of MQTT: outbox, link, writer and Home Assistant."""
