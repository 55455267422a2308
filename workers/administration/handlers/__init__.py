"""One function per command: what happens to properties, settings and roles when it arrives."""

from workers.administration.handlers import definitions, letters, licence, properties, roles, settings

__all__ = ["definitions", "letters", "licence", "properties", "roles", "settings"]
