"""The queries about projects and the outcomes of commands."""

from workers.projects.queries import details, exports, history, import_check, lists, project_feed, statistics

__all__ = ["details", "exports", "history", "import_check", "lists", "project_feed", "statistics"]
