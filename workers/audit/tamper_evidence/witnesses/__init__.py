"""Witnesses outside the site: what they say about checkpoints, so that nobody can show two histories."""
