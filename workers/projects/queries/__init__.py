"""The queries about projects and the outcomes of commands."""

from workers.projects.queries import details, exports, history, import_check, lists, project_feed, statistics
from workers.projects.set_aside import lists as set_aside

__all__ = ["details", "exports", "history", "import_check", "lists", "project_feed", "set_aside", "statistics"]
