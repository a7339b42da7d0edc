"""How is the hardware reached? The only room that touches a bus, a pin, a thread priority or systemd."""
