"""What was erased by hand, and again after a restore, is noted for its certificate; sweeps note their own steps."""

from contracts.evidence.destruction import Kind
from contracts.projects.commands import ProjectDeleted, ProjectsExpired
from contracts.projects.redaction import ProjectRedacted
from contracts.projects.set_aside import ProjectsErased
from workers.retention.certificates.destructions import (
    BY_HAND,
    BY_HAND_BEFORE,
    EXPIRED_BEFORE,
    REDACTED,
    REPEATED,
    Erasure,
    is_repetition,
    repetition_id,
)
from workers.retention.row_types import SweepRow
from workers.retention.worker import RetentionUnit, worker
from workers.runtime.commands.reaction_dispatch import ReceivedEvent


@worker.hears(ProjectDeleted)
async def note_deletion(heard: ReceivedEvent[ProjectDeleted], unit: RetentionUnit) -> None:
    """Note a deletion by hand; what one transaction erased again after a restore is one destruction.

    Within an undo window nothing is erased yet.
    """
    if heard.event.restorable_until:
        return
    destructions, destruction_id = unit.rows.destructions, heard.id
    if is_repetition(heard.event):
        destruction_id = repetition_id(heard.at)
        await destructions.load(unit.connection, [destruction_id])
        if destructions.is_certified(destruction_id):
            destruction_id = heard.id
        if not destructions.is_open(destruction_id):
            destructions.start(destruction_id, Kind.REPETITION, REPEATED, heard.at)
    else:
        destructions.start(destruction_id, Kind.MANUAL, BY_HAND, heard.at)
    destructions.add(destruction_id, Erasure([heard.event.number], heard.id, heard.at, unit.now))
    destructions.end(destruction_id)


@worker.hears(ProjectsErased)
async def note_end_of_window(heard: ReceivedEvent[ProjectsErased], unit: RetentionUnit) -> None:
    """Note deleted projects whose undo window has ended."""
    kind, rule = (Kind.SWEEP, EXPIRED_BEFORE) if heard.event.expired else (Kind.MANUAL, BY_HAND_BEFORE)
    unit.rows.destructions.start(heard.id, kind, rule, heard.at)
    unit.rows.destructions.add(heard.id, Erasure(heard.event.numbers, heard.id, heard.at, unit.now))
    unit.rows.destructions.end(heard.id)


@worker.hears(ProjectRedacted)
async def note_redaction(heard: ReceivedEvent[ProjectRedacted], unit: RetentionUnit) -> None:
    """Note the redaction of a field."""
    number = unit.rows.destructions.numbers.get(heard.event.project_id)
    unit.rows.destructions.start(heard.id, Kind.REDACTION, REDACTED, heard.at, heard.event.field)
    unit.rows.destructions.add(heard.id, Erasure([number] if number else [], heard.id, heard.at, unit.now))
    unit.rows.destructions.end(heard.id)


def note_step(heard: ReceivedEvent[ProjectsExpired], unit: RetentionUnit, sweep: SweepRow | None) -> None:
    """Note the projects of a step of a sweep; a step that comes after the end of its sweep is a destruction itself."""
    if not heard.event.project_ids or heard.event.restorable_until:
        return
    destruction_id = sweep["sweep_id"] if sweep else heard.id
    if not unit.rows.destructions.is_open(destruction_id):
        unit.rows.destructions.start(destruction_id, Kind.SWEEP, unit.rows.rule(), heard.at)
    unit.rows.destructions.add(destruction_id, Erasure.of_step(heard, unit.now))
    if sweep is None:
        unit.rows.destructions.end(destruction_id)
