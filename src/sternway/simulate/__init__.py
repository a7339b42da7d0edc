"""What do demo, tests and documentation feed the rest with? A simulated walker and the records of made-up walks."""
