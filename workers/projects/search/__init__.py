"""The search index: n-grams, and the tables that lists and searches read."""
