"""Incident projects: what operators write, in order and never lost."""
