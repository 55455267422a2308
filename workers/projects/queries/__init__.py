"""What is answered about projects and commands."""

from workers.projects.queries import listing, reading

__all__ = ["listing", "reading"]
