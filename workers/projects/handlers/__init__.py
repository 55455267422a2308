"""One function per command: what happens to a project when it arrives."""

from workers.projects.handlers import calls, comments, drafts, imports, projects, retention, sequences

__all__ = ["calls", "comments", "drafts", "imports", "projects", "retention", "sequences"]
