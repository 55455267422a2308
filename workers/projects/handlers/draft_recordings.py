"""Collecting recordings on a draft list before they go into a project."""

from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.projects.drafts import (
    DRAFT_SEQUENCES_MAX,
    ClearDraft,
    DraftCleared,
    DraftSequences,
    SequencesDrafted,
    SequencesUndrafted,
    UndraftSequences,
)
from contracts.texts import Part
from workers.projects import domain, draft_recordings
from workers.projects.row_types import NewDraftRow
from workers.projects.rules import camera_recording_rules
from workers.projects.worker import ProjectUnit, worker


@worker.handles(DraftSequences)
async def draft_sequences(command: DraftSequences, unit: ProjectUnit) -> SequencesDrafted:
    """Add recordings to the caller's draft list; a requested span of time makes one recording per camera."""
    camera_recording_rules.require_known_sites(
        camera_recording_rules.drafted_sites(command), unit.site, unit.rows.child_sites
    )
    await draft_recordings.lock_list(unit.connection, unit.principal)
    existing = {row["sequence_id"] for row in await draft_recordings.read_list(unit.connection, unit.principal)}
    new: dict[UUID, NewDraftRow] = {}
    for sequence in camera_recording_rules.drafted_sequences(command, unit.id):
        if sequence.sequence_id not in existing:
            recording = camera_recording_rules.requested_recording(sequence)
            row: NewDraftRow = {**recording, "principal": unit.principal, "drafted_at": unit.now}
            new.setdefault(sequence.sequence_id, row)
    if len(existing) + len(new) > DRAFT_SEQUENCES_MAX:
        raise Refusal(Code.INVALID, fields=[{"field": "sequences", "kind": "draft_full"}])
    await draft_recordings.add(unit.connection, list(new.values()))
    if not new:
        unit.leave_unchanged()
    return SequencesDrafted(sequence_ids=list(new))


@worker.handles(UndraftSequences)
async def undraft_sequences(command: UndraftSequences, unit: ProjectUnit) -> SequencesUndrafted:
    """Remove recordings from the caller's draft list; refuse if it lacks one of them."""
    await draft_recordings.lock_list(unit.connection, unit.principal)
    ids = list(dict.fromkeys(command.sequence_ids))
    locked = {row["sequence_id"] for row in await draft_recordings.lock_rows(unit.connection, unit.principal, ids)}
    for sequence_id in ids:
        if sequence_id not in locked:
            raise domain.part_gone(Part.SEQUENCES, sequence_id, None)
    await draft_recordings.remove(unit.connection, unit.principal, ids)
    return SequencesUndrafted(sequence_ids=ids)


@worker.handles(ClearDraft)
async def clear_draft(_: ClearDraft, unit: ProjectUnit) -> DraftCleared:
    """Empty the caller's draft list in one action (SEQ-05)."""
    removed = await draft_recordings.take_over(unit.connection, unit.principal)
    if not removed:
        unit.leave_unchanged()
    return DraftCleared(sequence_ids=[row["sequence_id"] for row in removed])
