"""The queries about projects and the outcomes of commands."""

from workers.projects.queries import details, feed, history, import_check, lists, packages, statistics

__all__ = ["details", "feed", "history", "import_check", "lists", "packages", "statistics"]
