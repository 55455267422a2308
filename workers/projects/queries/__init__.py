"""What is answered about projects and commands."""

from workers.projects.queries import listing, past, reading, statistics, watching

__all__ = ["listing", "past", "reading", "statistics", "watching"]
