"""The command handlers of projects, one function per command."""

from workers.projects.handlers import calls, comments, drafts, exports, imports, projects, retention, sequences

__all__ = ["calls", "comments", "drafts", "exports", "imports", "projects", "retention", "sequences"]
