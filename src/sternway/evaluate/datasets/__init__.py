"""One reader a public data set, each in its original layout."""
