"""What should the wearer feel? Turns events and cues into patterns on the motor. Pure."""
