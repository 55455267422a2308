"""Parsing of typed cameras and spans of time into sequences."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid5

from incidents.terminal.input.reading import read_time, require_order
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables.sheet import local


def read_camera(text: str) -> dict[str, str]:
    """Parse a camera's id and, after `=`, its name, which is the id by default."""
    camera_id, _, name = text.partition("=")
    return {"camera_id": camera_id.strip(), "camera_name": name.strip() or camera_id.strip()}


def spans(
    session: Session, cameras: Iterable[str] | None, span: Mapping[str, datetime | None], **options: str | None
) -> list[dict[str, Any]]:
    """Return one sequence per camera; its id stays the same when the command is repeated with `--id`."""
    named = [read_camera(text) for text in cameras or ()]
    if named and not all(span.values()):
        raise UsageError(session.say("cameras need a span of time: give the start and the end of the recording"))
    site, kept_until = options.get("site"), read_expiry(session, options.get("kept_until"))
    more: dict[str, Any] = {"site": site, "media_expires_at": kept_until}
    return [
        {
            "sequence_id": uuid5(session.command_id, f"{site or ''}/{camera['camera_id']}"),
            **camera,
            **span,
            **{name: value for name, value in more.items() if value},
        }
        for camera in named
    ]


def read_past_time(
    session: Session, text: str | None, option: str, *, until: bool = False, correcting: str = ""
) -> datetime | None:
    """Parse the time of something that has happened, with a remark on a time to come; `--end today` is none.

    `correcting` is the command that replaces the time, without the option.
    """
    time = read_time(session, text, option, until=until)
    if time is not None and (read_time(session, text, option) or time) > session.now:
        words = "{option}: {time} is in the future"
        if correcting:
            words = "{option}: {time} is in the future; to correct it: {correcting} {option} TIME"
        session.tell(words, option=option, time=local(time, session.language), correcting=correcting)
    return time


def recorded_span(
    session: Session, start: str | None, end: str | None, *, correcting: str = ""
) -> dict[str, datetime | None]:
    """Return the span of time of a recording or an incident, typed as two options; see `read_past_time`."""
    require_order(session, {"--start": start, "--end": end}, in_words=True)
    return {
        "start": read_past_time(session, start, "--start", correcting=correcting),
        "end": read_past_time(session, end, "--end", until=True, correcting=correcting),
    }


def read_expiry(session: Session, text: str | None) -> datetime | None:
    """Return until when a recording is kept, with a remark on a time that is past."""
    expiry = read_time(session, text, "--kept-until", until=True)
    if expiry is not None and expiry < session.now:
        shown = local(expiry, session.language)
        session.tell(
            "--kept-until: {time} is past: the recording is deleted already. "
            "For a time to come, write 'in 7 days', for example.",
            time=shown,
        )
    return expiry
