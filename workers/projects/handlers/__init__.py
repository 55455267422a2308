"""The command handlers of projects, one function per command."""

from workers.projects.handlers import (
    attached_recordings,
    comments,
    draft_recordings,
    expired_projects,
    exports,
    imports,
    phone_calls,
    projects,
    redaction,
)
from workers.projects.set_aside import commands as set_aside

__all__ = [
    "attached_recordings",
    "comments",
    "draft_recordings",
    "expired_projects",
    "exports",
    "imports",
    "phone_calls",
    "projects",
    "redaction",
    "set_aside",
]
