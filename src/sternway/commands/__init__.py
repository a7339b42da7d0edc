"""What can a person type? One file a command: it reads the words, calls the rooms and prints."""
