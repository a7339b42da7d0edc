"""How does what happened reach the home server? Wire types, outbox, MQTT and Home Assistant."""
