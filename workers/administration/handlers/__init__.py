"""One function per command: what happens to properties, settings and roles when it arrives."""

from workers.administration.handlers import definitions, properties, roles, settings

__all__ = ["definitions", "properties", "roles", "settings"]
