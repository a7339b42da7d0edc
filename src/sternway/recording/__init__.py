"""How is motion kept and played again? Recording files, replay and the simulated walker."""
