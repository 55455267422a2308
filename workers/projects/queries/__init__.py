"""What is answered about projects and commands."""

from workers.projects.queries import listing, past, reading

__all__ = ["listing", "past", "reading"]
