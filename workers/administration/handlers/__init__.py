"""The command handlers of properties, settings, roles and dead letters, one function per command."""

from workers.administration.handlers import (
    categories_and_data_fields,
    dead_letters,
    licence,
    roles,
    settings,
    types_statuses_and_values,
)

__all__ = ["categories_and_data_fields", "dead_letters", "licence", "roles", "settings", "types_statuses_and_values"]
