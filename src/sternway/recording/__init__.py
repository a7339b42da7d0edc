"""How is motion kept and played again? Recording files, the recorder, traces around events, replay."""
