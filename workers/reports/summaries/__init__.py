"""Summaries: the figures of a period, read at once and drawn as one file."""
