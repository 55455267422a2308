"""Reading the document of a report from the published views of other slices."""

from datetime import datetime
from importlib.metadata import version
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.permissions import Grants
from contracts.projects.commands import MAIN_DETAILS
from contracts.projects.queries import ProjectDetails
from contracts.values import Language
from workers.reports import domain, tables
from workers.reports.collection.named_values import FieldNames, read_categories, read_data
from workers.reports.collection.project_circumstances import read_circumstances
from workers.reports.rendering.render_input import ReportDocument
from workers.reports.rendering.translated_texts import WORDINGS
from workers.reports.row_types import ProjectSizeRow, SettingsRow
from workers.runtime.storage.identity_map import rows_of

_SOFTWARE = f"Incident Manager {version('incident-manager')}"
_COLUMNS = {"main-details": tuple(name for name in MAIN_DETAILS if name != "description")}


class ReportRequest(Protocol):
    """What is asked for: a command, or a part of a batch."""

    @property
    def report_id(self) -> UUID:
        """The id that the report shows."""

    @property
    def project_id(self) -> UUID:
        """The project."""

    @property
    def language(self) -> Language | None:
        """The language; none for that of the site."""

    @property
    def show_user_names(self) -> bool:
        """Whether the report names users."""


class ReportContext(NamedTuple):
    """Whose permissions count for a report, the transaction that reads it, the time, author and site that it shows."""

    connection: AsyncConnection
    grants: Grants
    now: datetime
    author: str | None = None
    site: str = ""


async def assemble(command: ReportRequest, context: ReportContext) -> ReportDocument:
    """Read the contents of a report in one transaction, so that its parts are consistent.

    Raises:
        Refusal: The report would be too large.
    """
    connection = context.connection
    hidden = domain.withheld_sections(context.grants)
    document = await _read_project(connection, command.project_id, hidden)
    [settings] = rows_of(await connection.execute(tables.SETTINGS), SettingsRow)
    language = command.language or settings["language"]
    named = FieldNames(document, WORDINGS[language])
    around = await read_circumstances(connection, command.project_id, context.grants)
    return ReportDocument(
        report_id=command.report_id,
        generated_at=context.now,
        language=language,
        timezone=settings["timezone"],
        title=settings["report_title"],
        show_user_names=command.show_user_names,
        project=ProjectDetails.model_validate({**document, "hold": around.hold, "withheld": hidden}, strict=False),
        type_name=named.value("type_id") if "type_id" in document else None,
        status_name=named.value("status_id") if "status_id" in document else None,
        categories=await read_categories(connection, document, named) if "categories" in document else (),
        data=await read_data(connection, document, named) if "data" in document else (),
        missing=tuple(hidden),
        comment_changes=around.comment_changes,
        unlisted_wordings=around.unlisted_wordings,
        earlier_reports=around.earlier_reports,
        exports=around.exports,
        author=context.author,
        site=context.site,
        software=_SOFTWARE,
        confidentiality=settings["report_confidentiality"],
        signatories=tuple(settings["report_signatories"]),
    )


async def _read_project(connection: AsyncConnection, project_id: UUID, hidden: list[str]) -> dict[str, Any]:
    """Return a project without hidden sections, unless it is too large for a report."""
    named = {"project_id": project_id}
    [size] = rows_of(await connection.execute(tables.SIZE, named), ProjectSizeRow)
    domain.require_report_size(size, hidden)
    keys = [key for name in hidden for key in _COLUMNS.get(name, (name,))]
    document: dict[str, Any] = (await connection.execute(tables.DOCUMENT, named | {"hidden": keys})).scalar_one()
    labels = (await connection.execute(tables.LABELS, named)).scalar_one()
    return document | {"labels": domain.visible_labels(labels, hidden)}
