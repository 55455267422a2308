"""Making one part of a batch: the report of one project."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Refusal
from contracts.permissions import Grants, Level, Node
from contracts.report_batches import BatchForm, Omission
from contracts.reports import shown_nodes
from contracts.values import Language
from workers.common.sandboxed_jobs import ChildError
from workers.reports import batch_tables
from workers.reports.data_collection import ReportContext, assemble
from workers.reports.design.template_rendering import render_in_form
from workers.reports.rendering.render_input import Purpose, ReportDocument
from workers.reports.row_types import BatchHeadRow, WaitingPartRow
from workers.reports.signing.signing import signed
from workers.runtime.commands.deferred_commands import Step
from workers.runtime.storage.identity_map import rows_as
from workers.runtime.storage.statement_execution import read_together

MADE = "made"
"""The state of a part with a report; the others are `waiting` and the reasons of an omission."""

_DESCRIPTION_CHARACTERS = 200


class _Request(NamedTuple):
    report_id: UUID
    project_id: UUID
    language: Language
    show_user_names: bool
    activity: bool
    template: str | None


class _Part(NamedTuple):
    state: str
    facts: dict[str, Any] | None = None
    pdf: bytes | None = None


async def make_next_part(step: Step, report_id: UUID, *, give_up: bool = False) -> bool:
    """Make the first part of a batch that waits and that nobody else is making; return whether there was one.

    A part whose transaction does not end waits for the next one. One that cannot be made at all is left out.
    """
    named = {"report_id": report_id}
    waiting = await read_together(
        step.connection, {"batch": (batch_tables.BATCH, named), "part": (batch_tables.CLAIM_PART, named)}
    )
    if not (waiting["batch"] and waiting["part"]):
        return False
    [batch], [part] = rows_as(BatchHeadRow, waiting["batch"]), rows_as(WaitingPartRow, waiting["part"])
    keeping = (batch_tables.KEEP_PROJECT, {"project_id": part["project_id"]})
    context, answers = await step.context_and({"project": keeping}, batch["principal"])
    if not answers["project"]:
        return False
    grants = context.grants[batch["principal"]]
    result = _Part(Omission.NOT_TYPESET) if give_up else await _make(step, batch, part["project_id"], grants)
    await step.connection.execute(batch_tables.STORE_PART, {**named, "place": part["place"], **result._asdict()})
    return True


async def _make(step: Step, batch: BatchHeadRow, project_id: UUID, grants: Grants) -> _Part:
    """Return the report that its author may see now."""
    names, activity = batch["show_user_names"], batch["activity"]
    needed = {Node.REPORTS: Level.MANAGE, **shown_nodes(names=names, activity=activity)}
    if not all(grants.allow(node, level) for node, level in needed.items()):
        return _Part(Omission.HIDDEN)
    request = _Request(batch["report_id"], project_id, batch["language"], names, activity, batch["template"])
    try:
        at, author, purpose = batch["created_at"], batch["principal"], Purpose.of(batch)
        circumstances = ReportContext(step.connection, grants, at, author, step.site, purpose)
        document = await assemble(request, circumstances)
        stands_alone = batch["form"] == BatchForm.ZIP
        formed = await render_in_form(document, stands_alone=stands_alone)
        if stands_alone:
            formed = formed._replace(report=await signed(formed.report, at))
    except Refusal:
        return _Part(Omission.TOO_LARGE)
    except ChildError:
        return _Part(Omission.NOT_TYPESET)
    form = {
        "template_number": formed.template.number if formed.template else None,
        "has_failed_template": formed.failure is not None,
    }
    return _Part(
        MADE,
        {**_facts(document), **form, "pages": formed.report.pages, "is_stamped": formed.report.is_stamped},
        formed.report.pdf,
    )


def _facts(document: ReportDocument) -> dict[str, Any]:
    project = document.project
    description = " ".join((project.description or "").split())
    return {
        "number": project.number,
        "created_at": project.created_at.isoformat(),
        "description": description[:_DESCRIPTION_CHARACTERS] or None,
        "type": document.type_name,
        "status": document.status_name,
    }


async def read_pdf(connection: AsyncConnection, report_id: UUID, place: int) -> bytes:
    """Return the report of a part that is made."""
    pdf: bytes = (
        await connection.execute(batch_tables.PART_PDF, {"report_id": report_id, "place": place})
    ).scalar_one()
    return pdf
