"""What does the server hear from clips and tell them? Its end of MQTT, and what every clip says now."""
