"""Attaching and detaching recordings."""

from collections.abc import Iterable
from uuid import UUID

from contracts.projects import (
    AddSequences,
    RemoveAllSequences,
    RemoveSequences,
    Sequence,
    SequencesAdded,
    SequencesRemoved,
)
from contracts.texts import Part
from workers.projects import domain
from workers.projects.worker import ProjectUnit, worker
from workers.runtime.kept import Row


def attach(sequences: Iterable[Sequence], project: Row, unit: ProjectUnit) -> list[UUID]:
    """Attach each recording once; return the ids of those that were not attached before."""
    new = []
    for sequence in sequences:
        if unit.rows.sequences.get(project["id"], sequence.sequence_id) is None:
            told = {**sequence.model_dump(), "added_by": unit.principal, "added_at": unit.now}
            unit.rows.sequences.put({"project_id": project["id"], **told})
            new.append(sequence.sequence_id)
    return new


@worker.handles(AddSequences)
async def add_sequences(command: AddSequences, unit: ProjectUnit) -> SequencesAdded:
    """Attach recordings; one that is attached already stays as it is."""
    project = unit.rows.existing(command)
    new = attach(command.sequences, project, unit)
    unit.rows.touch(project, unit)
    return SequencesAdded(project_id=command.project_id, sequence_ids=new)


@worker.handles(RemoveSequences)
async def remove_sequences(command: RemoveSequences, unit: ProjectUnit) -> SequencesRemoved:
    """Detach recordings that are attached; refuse when one of them is gone."""
    project = unit.rows.existing(command)
    for sequence_id in command.sequence_ids:
        there = unit.rows.sequences.get(command.project_id, sequence_id)
        domain.part_present(there, Part.SEQUENCES, sequence_id)
    for sequence_id in command.sequence_ids:
        unit.rows.sequences.remove(command.project_id, sequence_id)
    unit.rows.touch(project, unit)
    return SequencesRemoved(project_id=command.project_id, sequence_ids=command.sequence_ids)


@worker.handles(RemoveAllSequences)
async def remove_all_sequences(command: RemoveAllSequences, unit: ProjectUnit) -> SequencesRemoved:
    """Detach every recording in one action (SEQ-05)."""
    project = unit.rows.existing(command)
    attached_ids = [row["sequence_id"] for row in unit.rows.sequences.all() if row["project_id"] == command.project_id]
    for sequence_id in attached_ids:
        unit.rows.sequences.remove(command.project_id, sequence_id)
    unit.rows.touch(project, unit)
    return SequencesRemoved(project_id=command.project_id, sequence_ids=attached_ids)
