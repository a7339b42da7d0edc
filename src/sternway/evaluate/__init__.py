"""How good is it, honestly? Runs the production pipeline over public data sets and scores it."""
