"""Taking the projects that the filter of a batch has selected: from then on they are those of the batch."""

from uuid import UUID

from workers.reports import batch_tables, domain
from workers.reports.batches.files import fail_batch, give_up_batch
from workers.reports.row_types import BatchHeadRow, SelectionRow
from workers.runtime.commands.deferred_commands import Step
from workers.runtime.storage.identity_map import row_of


async def take_selection(step: Step, report_id: UUID, *, give_up: bool = False) -> bool:
    """Name the projects of a batch once its filter has selected them; return whether that was done here.

    A batch that selects none, or too many, ends with a refusal.
    """
    named = {"report_id": report_id}
    batch = row_of(await step.connection.execute(batch_tables.CLAIM_UNSELECTED, named), BatchHeadRow)
    if batch is None:
        return False
    selected = {"selection_id": batch["selection_id"]}
    selection = row_of(await step.connection.execute(batch_tables.SELECTION, selected), SelectionRow)
    if selection is None:
        return False
    if give_up or selection["is_failed"]:
        return await give_up_batch(step, batch)
    if refusal := domain.refused_selection(selection, batch["form"]):
        return await fail_batch(step, batch, refusal)
    await step.connection.execute(batch_tables.NAME_PROJECTS, {**named, "project_ids": selection["project_ids"]})
    await step.connection.execute(batch_tables.ADD_PARTS, named)
    return True
