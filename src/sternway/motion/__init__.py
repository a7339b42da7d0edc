"""How is the body moving? Turns samples in chip axes into trunk motion, steps and walking direction. Pure."""
