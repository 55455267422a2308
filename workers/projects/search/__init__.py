"""What a search compares, and the tables in which lists and searches look."""
