"""The rules of recordings: expanding drafts, permitted sites, and the state of the media."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from contracts.errors import Code, Refusal
from contracts.projects.drafts import DraftSequences
from contracts.projects.recordings import Sequence, media_at
from workers.projects.row_types import IdentifiedRecording, RecordingColumns


def recording_columns(row: RecordingColumns) -> RecordingColumns:
    """Return the columns of a sequence that the history keeps."""
    return {
        "camera_id": row["camera_id"],
        "camera_name": row["camera_name"],
        "site": row["site"],
        "start": row["start"],
        "end": row["end"],
        "media_expires_at": row["media_expires_at"],
    }


def identified_recording(row: IdentifiedRecording) -> IdentifiedRecording:
    """Return the columns of a recording with the id of its sequence."""
    return {"sequence_id": row["sequence_id"], **recording_columns(row)}


def requested_recording(sequence: Sequence) -> IdentifiedRecording:
    """Return a recording that a command names."""
    return {
        "sequence_id": sequence.sequence_id,
        "camera_id": sequence.camera_id,
        "camera_name": sequence.camera_name,
        "site": sequence.site,
        "start": sequence.start,
        "end": sequence.end,
        "media_expires_at": sequence.media_expires_at,
    }


def from_json(document: Mapping[str, Any]) -> RecordingColumns:
    """Read a recording of the history from JSON."""
    expires_at = document["media_expires_at"]
    return {
        "camera_id": document["camera_id"],
        "camera_name": document["camera_name"],
        "site": document["site"],
        "start": datetime.fromisoformat(document["start"]),
        "end": datetime.fromisoformat(document["end"]),
        "media_expires_at": datetime.fromisoformat(expires_at) if expires_at else None,
    }


def recordings_by_id(sequences: Iterable[Sequence]) -> dict[UUID, RecordingColumns]:
    """Return the recordings that a command names by their ids; of two with the same id, the first."""
    recordings: dict[UUID, RecordingColumns] = {}
    for sequence in sequences:
        recordings.setdefault(sequence.sequence_id, recording_columns(requested_recording(sequence)))
    return recordings


def drafted_sequences(command: DraftSequences, command_id: UUID) -> list[Sequence]:
    """Return the sequences of a draft command; the ids of a span over many cameras are deterministic."""
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
    """Return the sites in a draft command with the names of their fields."""
    sites = [(f"sequences.{place}.site", sequence.site) for place, sequence in enumerate(command.sequences)]
    return sites + [(f"cameras.{place}.site", camera.site) for place, camera in enumerate(command.cameras)]


def require_known_sites(named: Iterable[tuple[str, str | None]], own: str, children: Collection[str]) -> None:
    """Refuse recordings of a site that is neither this one nor one of its children (SEQ-10, FED-03)."""
    unknown = [
        {"field": field, "kind": "no_child_site", "value": site}
        for field, site in named
        if site is not None and site != own and site not in children
    ]
    if unknown:
        raise Refusal(Code.UNKNOWN_REFERENCE, fields=unknown)


def add_media(sequences: Iterable[dict[str, Any]], now: datetime) -> None:
    """Add the state of its recording to every sequence of a document."""
    for sequence in sequences:
        expires_at = sequence["media_expires_at"]
        sequence["media"] = media_at(now, datetime.fromisoformat(expires_at) if expires_at else None)
