"""The command handlers of properties, settings, roles and dead letters, one function per command."""

from workers.administration.handlers import definitions, letters, licence, properties, roles, settings

__all__ = ["definitions", "letters", "licence", "properties", "roles", "settings"]
