"""Attaching and detaching recordings."""

from collections.abc import Iterable, Mapping
from typing import Any
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
from workers.projects import drafts, recordings
from workers.projects.domain import FieldChange
from workers.projects.history import FIRST
from workers.projects.worker import ProjectUnit, worker
from workers.runtime.storage.row_set import Row


async def wanted(command: CreateProject | AddSequences, unit: ProjectUnit) -> list[Mapping[str, Any]]:
    """Return what a command wants attached, each once: what it names, then the caller's draft list, emptied."""
    sites = [(f"sequences.{place}.site", one.site) for place, one in enumerate(command.sequences)]
    recordings.require_known_sites(sites, unit.site, unit.rows.child_sites)
    named = [one.model_dump() for one in command.sequences]
    drafted = await drafts.taken_over(unit.connection, unit.principal) if command.from_draft else []
    chosen: dict[UUID, Mapping[str, Any]] = {}
    for one in (*named, *drafted):
        chosen.setdefault(one["sequence_id"], one)
    return list(chosen.values())


def attach(sequences: Iterable[Mapping[str, Any]], project: Row, revision: int, unit: ProjectUnit) -> list[FieldChange]:
    """Attach recordings to a project by a revision, and return their past."""
    past = []
    for place, one in enumerate(sequences, start=FIRST):
        added = {"added_by": unit.principal, "added_at": unit.now, "revision": revision, "place": place}
        unit.rows.sequences.put({"project_id": project["id"], **one, **added})
        past.append(FieldChange("sequence", one["sequence_id"], None, recordings.recording(one)))
    return past


def detach(sequences: Iterable[Row], unit: ProjectUnit) -> list[FieldChange]:
    """Detach recordings from their project, and return their past."""
    past = []
    for one in sequences:
        unit.rows.sequences.remove(one["project_id"], one["sequence_id"])
        past.append(FieldChange("sequence", one["sequence_id"], recordings.recording(one), None))
    return past


@worker.handles(AddSequences)
async def add_sequences(command: AddSequences, unit: ProjectUnit) -> SequencesAdded:
    """Attach recordings, or the caller's draft list; one that is attached already stays as it is."""
    project = unit.rows.existing(command, unit.grants)
    asked = await wanted(command, unit)
    if not asked:
        raise Refusal(Code.INVALID, fields=[{"field": "from_draft", "kind": "draft_empty"}])
    new = [one for one in asked if unit.rows.sequences.get(command.project_id, one["sequence_id"]) is None]
    if new:
        unit.rows.touch(project, unit, past=attach(new, project, project["revision"] + 1, unit))
    else:
        unit.leave_unchanged(project["revision"])
    return SequencesAdded(project_id=command.project_id, sequence_ids=[one["sequence_id"] for one in new])


@worker.handles(RemoveSequences)
async def remove_sequences(command: RemoveSequences, unit: ProjectUnit) -> SequencesRemoved:
    """Detach recordings that are attached; refuse when one of them is gone."""
    project = unit.rows.existing(command, unit.grants)
    ids = dict.fromkeys(command.sequence_ids)
    found = [unit.rows.part(unit.rows.sequences, Part.SEQUENCES, command.project_id, one) for one in ids]
    unit.rows.touch(project, unit, past=detach(found, unit))
    return SequencesRemoved(project_id=command.project_id, sequence_ids=list(ids))


@worker.handles(RemoveAllSequences)
async def remove_all_sequences(command: RemoveAllSequences, unit: ProjectUnit) -> SequencesRemoved:
    """Detach every recording in one action (SEQ-05)."""
    project = unit.rows.existing(command, unit.grants)
    attached = (row for row in unit.rows.sequences.all() if row["project_id"] == command.project_id)
    found = sorted(attached, key=lambda row: (row["revision"], row["place"]))
    if found:
        unit.rows.touch(project, unit, past=detach(found, unit))
    else:
        unit.leave_unchanged(project["revision"])
    return SequencesRemoved(project_id=command.project_id, sequence_ids=[row["sequence_id"] for row in found])
