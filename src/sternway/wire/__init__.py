"""What do clip and server agree on? Topics, messages and the bodies of records, declared once."""
