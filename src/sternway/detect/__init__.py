"""What happened to the wearer? Turns trunk motion into events. Pure."""
