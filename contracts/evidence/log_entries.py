"""The entries of both activity logs as the leaves of their trees: canonical JSON (RFC 8785) of the entry's fields."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

FIELDS: Final = ("activity", "actor", "at", "command_id", "details", "event_id", "project_id", "revision")
"""The fields of a leaf, in the order of their names."""

LOGS: Final = "incidents/"
"""With what the name of a log begins."""

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> str:
    """Return a value as canonical JSON: names in order, no spaces, letters as they are.

    Events have no floating point numbers, whose form RFC 8785 would have to say.
    """
    return _ENCODER.encode(value)


def time_text(at: datetime) -> str:
    """Return a time as a leaf has it: in UTC, with microseconds."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def leaf_of(entry: Mapping[str, Any]) -> bytes:
    """Return the leaf of an entry that was read from a store; other columns of the row are left out."""
    fields = {name: entry[name] for name in FIELDS}
    ids = {name: str(fields[name]) for name in ("event_id", "project_id", "command_id") if fields[name] is not None}
    return canonical({**fields, **ids, "at": time_text(entry["at"])}).encode()


def log_origin(site: str, store: str) -> str:
    """Return the name of a store's log in its checkpoints."""
    return f"{LOGS}{site}/{store}"
