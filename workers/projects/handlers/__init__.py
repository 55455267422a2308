"""One function per command: what happens to a project when it arrives."""

from workers.projects.handlers import calls, comments, drafts, exports, imports, projects, retention, sequences

__all__ = ["calls", "comments", "drafts", "exports", "imports", "projects", "retention", "sequences"]
