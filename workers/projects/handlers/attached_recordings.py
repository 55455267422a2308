"""Attaching and detaching recordings."""

from collections.abc import Iterable
from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.projects.commands import (
    AddSequences,
    CreateProject,
    RemoveAllSequences,
    RemoveSequences,
    SequencesAdded,
    SequencesRemoved,
)
from contracts.texts import Part
from workers.projects import draft_recordings
from workers.projects.change_history import FIRST
from workers.projects.domain import FieldChange
from workers.projects.row_types import IdentifiedRecording, ProjectRow, SequenceRow
from workers.projects.rules import camera_recording_rules
from workers.projects.worker import ProjectUnit, worker


async def requested_recordings(command: CreateProject | AddSequences, unit: ProjectUnit) -> list[IdentifiedRecording]:
    """Return the recordings that a command attaches, each once: the named ones, then the caller's draft list."""
    sites = [(f"sequences.{place}.site", sequence.site) for place, sequence in enumerate(command.sequences)]
    camera_recording_rules.require_known_sites(sites, unit.site, unit.rows.child_sites)
    named = [camera_recording_rules.requested_recording(sequence) for sequence in command.sequences]
    drafted = await draft_recordings.take_over(unit.connection, unit.principal) if command.from_draft else []
    chosen: dict[UUID, IdentifiedRecording] = {}
    for recording in (*named, *drafted):
        chosen.setdefault(recording["sequence_id"], recording)
    return list(chosen.values())


def attach(
    sequences: Iterable[IdentifiedRecording], project: ProjectRow, revision: int, unit: ProjectUnit
) -> list[FieldChange]:
    """Attach recordings to a project by a revision, and return the changes."""
    past = []
    for place, sequence in enumerate(sequences, start=FIRST):
        row: SequenceRow = {
            **sequence,
            "project_id": project["id"],
            "added_by": unit.principal,
            "added_at": unit.now,
            "revision": revision,
            "place": place,
        }
        unit.rows.sequences.put(row)
        past.append(
            FieldChange("sequence", sequence["sequence_id"], None, camera_recording_rules.recording_columns(sequence))
        )
    return past


def detach(sequences: Iterable[SequenceRow], unit: ProjectUnit) -> list[FieldChange]:
    """Detach recordings from their project, and return the changes."""
    past = []
    for sequence in sequences:
        unit.rows.sequences.remove(sequence["project_id"], sequence["sequence_id"])
        past.append(
            FieldChange("sequence", sequence["sequence_id"], camera_recording_rules.recording_columns(sequence), None)
        )
    return past


@worker.handles(AddSequences)
async def add_sequences(command: AddSequences, unit: ProjectUnit) -> SequencesAdded:
    """Attach recordings, or the caller's draft list; an attached recording stays unchanged."""
    project = unit.rows.require_project(command, unit.grants)
    sequences = await requested_recordings(command, unit)
    if not sequences:
        raise Refusal(Code.INVALID, fields=[{"field": "from_draft", "kind": "draft_empty"}])
    attached = unit.rows.sequences
    new = [sequence for sequence in sequences if attached.get(command.project_id, sequence["sequence_id"]) is None]
    unit.rows.touch(project, unit, past=attach(new, project, project["revision"] + 1, unit))
    return SequencesAdded(project_id=command.project_id, sequence_ids=[sequence["sequence_id"] for sequence in new])


@worker.handles(RemoveSequences)
async def remove_sequences(command: RemoveSequences, unit: ProjectUnit) -> SequencesRemoved:
    """Detach recordings; refuse if one of them is not attached."""
    project = unit.rows.require_project(command, unit.grants)
    ids = dict.fromkeys(command.sequence_ids)
    rows, project_id = unit.rows, command.project_id
    sequences = [rows.require_part(rows.sequences, Part.SEQUENCES, project_id, sequence_id) for sequence_id in ids]
    unit.rows.touch(project, unit, past=detach(sequences, unit))
    return SequencesRemoved(project_id=command.project_id, sequence_ids=list(ids))


@worker.handles(RemoveAllSequences)
async def remove_all_sequences(command: RemoveAllSequences, unit: ProjectUnit) -> SequencesRemoved:
    """Detach every recording in one action (SEQ-05)."""
    project = unit.rows.require_project(command, unit.grants)
    attached = (row for row in unit.rows.sequences.all() if row["project_id"] == command.project_id)
    sequences = sorted(attached, key=lambda row: (row["revision"], row["place"]))
    unit.rows.touch(project, unit, past=detach(sequences, unit))
    return SequencesRemoved(project_id=command.project_id, sequence_ids=[row["sequence_id"] for row in sequences])
