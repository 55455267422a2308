"""What is answered about projects and commands."""

from workers.projects.queries import listing, packages, past, reading, statistics, takeovers, watching

__all__ = ["listing", "packages", "past", "reading", "statistics", "takeovers", "watching"]
