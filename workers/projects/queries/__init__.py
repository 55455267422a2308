"""The queries about projects and the outcomes of commands."""

from workers.projects.queries import details, history, import_check, lists, package_download, project_feed, statistics

__all__ = ["details", "history", "import_check", "lists", "package_download", "project_feed", "statistics"]
