"""Reading the document of a report from the published views of other slices."""

from dataclasses import dataclass
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
from workers.reports.project_circumstances import read_circumstances
from workers.reports.rendering.render_input import DataValue, ReportDocument
from workers.reports.rendering.translated_texts import WORDINGS, Wording
from workers.reports.row_types import CategoryRow, DataFieldRow, ProjectSizeRow, SettingsRow
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
    [size] = rows_of(await connection.execute(tables.SIZE, {"project_id": command.project_id}), ProjectSizeRow)
    domain.require_report_size(size, hidden)
    keys = [key for name in hidden for key in _COLUMNS.get(name, (name,))]
    parameters = {"project_id": command.project_id, "hidden": keys}
    document: dict[str, Any] = (await connection.execute(tables.DOCUMENT, parameters)).scalar_one()
    labels = (await connection.execute(tables.LABELS, {"project_id": command.project_id})).scalar_one()
    document["labels"] = domain.visible_labels(labels, hidden)
    [settings] = rows_of(await connection.execute(tables.SETTINGS), SettingsRow)
    language = command.language or settings["language"]
    named = _Names(document, WORDINGS[language])
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
        categories=await _categories(connection, document, named) if "categories" in document else (),
        data=await _data(connection, document, named) if "data" in document else (),
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


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of a project's fields and values when they were set, with the names of today if they differ."""

    document: dict[str, Any]
    words: Wording

    def label(self, field: str, today: str) -> str:
        """Return the label of a category or a data field; without a value, the label of today."""
        return self._of(field, "label") or today

    def value(self, field: str) -> str | None:
        """Return the name of a field's value."""
        return self._of(field, "value")

    def _of(self, field: str, kind: str) -> str | None:
        known = self.document["labels"].get(field, {})
        then, now = known.get(kind), known.get(f"{kind}_now")
        return self.words.renamed.format(then, now) if then and now else then


async def _categories(
    connection: AsyncConnection, document: dict[str, Any], named: _Names
) -> tuple[tuple[str, str | None], ...]:
    """Return the enabled categories, and the disabled ones with a value (AMB-2)."""
    categories = rows_of(await connection.execute(tables.CATEGORIES), CategoryRow)
    return tuple(
        (named.label(f"category_{row['slot']}", row["name"]), named.value(f"category_{row['slot']}"))
        for row in categories
        if row["enabled"] or document["categories"][str(row["slot"])]
    )


async def _data(connection: AsyncConnection, document: dict[str, Any], named: _Names) -> tuple[DataValue, ...]:
    """Return the enabled data fields, and the disabled ones with a value (AMB-2)."""
    rows = rows_of(await connection.execute(tables.DATA_FIELDS), DataFieldRow)
    fields = [(row, f"{row['kind']}_{row['slot']}") for row in rows]
    return tuple(
        DataValue(label=named.label(field, row["name"]), kind=row["kind"], value=document["data"][field])
        for row, field in fields
        if row["enabled"] or document["data"][field] is not None
    )
