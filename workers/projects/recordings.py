"""The rules of recordings: what a draft expands to, which sites may be named, what is left of the media."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from contracts.errors import Code, Refusal
from contracts.projects.drafts import DraftSequences
from contracts.projects.recordings import Media, Sequence

Row = Mapping[Any, Any]
EXPIRING = timedelta(hours=24)
RECORDING = ("camera_id", "camera_name", "site", "start", "end", "media_expires_at")
"""What is known of a recording."""

_TIMES = ("start", "end", "media_expires_at")


def recording(row: Row) -> dict[str, Any]:
    """Return what the past keeps of a sequence."""
    return {name: row[name] for name in RECORDING}


def from_json(told: Row) -> dict[str, Any]:
    """Read what the past keeps of a sequence from JSON."""
    times = {name: datetime.fromisoformat(told[name]) for name in _TIMES if told[name]}
    return {**told, **times}


def named(sequences: Iterable[Sequence]) -> dict[UUID, Row]:
    """Return the recordings that a command names, by their ids: of two with one id, the first."""
    found: dict[UUID, Row] = {}
    for one in sequences:
        found.setdefault(one.sequence_id, recording(one.model_dump()))
    return found


def drafted(command: DraftSequences, command_id: UUID) -> list[Sequence]:
    """Return the sequences of a draft command; one span over many cameras makes the same ids whenever it is read."""
    spans = [
        Sequence(
            sequence_id=uuid5(command_id, f"{camera.site or ''}/{camera.camera_id}"),
            start=command.start,
            end=command.end,
            **camera.model_dump(),
        )
        for camera in command.cameras
        if command.start and command.end
    ]
    return [*command.sequences, *spans]


def drafted_sites(command: DraftSequences) -> list[tuple[str, str | None]]:
    """Name the fields of a draft command that hold a site."""
    named = [(f"sequences.{place}.site", one.site) for place, one in enumerate(command.sequences)]
    return named + [(f"cameras.{place}.site", one.site) for place, one in enumerate(command.cameras)]


def require_known_sites(named: Iterable[tuple[str, str | None]], own: str, children: Collection[str]) -> None:
    """Refuse recordings of a site that is neither this one nor one of its children (SEQ-10, FED-03)."""
    unknown = [
        {"field": field, "kind": "no_child_site", "value": site}
        for field, site in named
        if site is not None and site != own and site not in children
    ]
    if unknown:
        raise Refusal(Code.UNKNOWN_REFERENCE, fields=unknown)


def media(expires_at: datetime | None, now: datetime) -> Media:
    """Tell whether a recording is still there: it has a retention time of its own (SEQ-07)."""
    if expires_at is None or expires_at > now + EXPIRING:
        return "available"
    return "expiring" if expires_at > now else "lost"


def tell_media(sequences: Iterable[dict[str, Any]], now: datetime) -> None:
    """Say of every sequence of a document whether its recording is still there."""
    for one in sequences:
        told = one["media_expires_at"]
        one["media"] = media(datetime.fromisoformat(told) if told else None, now)
