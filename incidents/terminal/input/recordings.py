"""Cameras and spans of time as people type them, and the sequences that they stand for."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid5

from incidents.terminal.input.reading import read_time
from incidents.terminal.session import Session, UsageError


def read_camera(text: str) -> dict[str, str]:
    """Read a camera's id and, behind `=`, its name; without one it is called by its id."""
    camera_id, _, name = text.partition("=")
    return {"camera_id": camera_id.strip(), "camera_name": name.strip() or camera_id.strip()}


def spans(
    session: Session, cameras: Iterable[str] | None, start: str | None, end: str | None, **beside: str | None
) -> list[dict[str, Any]]:
    """Return one sequence of each camera; its id is the same when the command is repeated with `--id`."""
    named = [read_camera(text) for text in cameras or ()]
    if named and not (start and end):
        raise UsageError(session.say("cameras need a span of time: give the start and the end of the recording"))
    site, kept_until = beside.get("site"), read_time(session, beside.get("kept_until"), until=True)
    more: dict[str, Any] = {"site": site, "media_expires_at": kept_until}
    span = {"start": read_time(session, start), "end": read_time(session, end, until=True)}
    return [
        {
            "sequence_id": uuid5(session.command_id, f"{site or ''}/{one['camera_id']}"),
            **one,
            **span,
            **{name: value for name, value in more.items() if value},
        }
        for one in named
    ]
