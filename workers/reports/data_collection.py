"""Reading the document of a report from the published views of other slices."""

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from psycopg.rows import DictRow
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.permissions import Grants
from contracts.projects.commands import MAIN_DETAILS
from contracts.projects.queries import ProjectDetails
from contracts.projects.redaction import visible_redactions
from contracts.values import Language
from workers.reports import design_tables, domain, tables
from workers.reports.collection.activity_files import LOGGED_ACTIVITY, logged_entries
from workers.reports.collection.named_values import FieldNames, name_categories, name_data
from workers.reports.collection.project_circumstances import circumstances_of, circumstances_questions
from workers.reports.rendering.render_input import NO_PURPOSE, Logo, Purpose, ReportDocument, Template
from workers.reports.rendering.translated_texts import WORDINGS
from workers.reports.row_types import (
    CategoryRow,
    DataFieldRow,
    DesignRow,
    ProjectDocumentRow,
    ProjectLabelsRow,
    ProjectSizeRow,
    SettingsRow,
)
from workers.runtime.storage.identity_map import rows_as
from workers.runtime.storage.statement_execution import read_together

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

    @property
    def activity(self) -> bool:
        """Whether the report shows what people did with the project."""

    @property
    def template(self) -> str | None:
        """Whether the report must have the standard form."""


class ReportContext(NamedTuple):
    """Whose permissions count for a report, the transaction that reads it, and what it shows about itself.

    A report with `proves_activity` has files that prove the activity that it lists.
    """

    connection: AsyncConnection
    grants: Grants
    now: datetime
    author: str | None = None
    site: str = ""
    purpose: Purpose = NO_PURPOSE
    proves_activity: bool = False


class _SiteFacts(NamedTuple):
    settings: SettingsRow
    categories: list[CategoryRow]
    data_fields: list[DataFieldRow]
    designs: dict[str, DesignRow]


class _ProjectFacts(NamedTuple):
    document: dict[str, Any]
    answers: Mapping[str, list[DictRow]]


async def assemble(command: ReportRequest, context: ReportContext) -> ReportDocument:
    """Read the contents of a report in one transaction, so that its parts are consistent.

    Raises:
        Refusal: The report would be too large.
    """
    hidden = domain.withheld_sections(context.grants)
    site = await _read_site(context.connection, command.project_id, hidden)
    project = await _read_project(context, command, hidden)
    document, settings, designs = project.document, site.settings, site.designs
    around, language = circumstances_of(project.answers), command.language or settings["language"]
    named = FieldNames(document, WORDINGS[language])
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
        categories=name_categories(site.categories, named) if "categories" in document else (),
        data=name_data(site.data_fields, named) if "data" in document else (),
        missing=tuple(hidden),
        comment_changes=around.comment_changes,
        unlisted_wordings=around.unlisted_wordings,
        earlier_reports=around.earlier_reports,
        exports=around.exports,
        activities=around.activities,
        entries=_entries(command, context, project),
        author=context.author,
        site=context.site,
        purpose=context.purpose,
        software=_SOFTWARE,
        confidentiality=settings["report_confidentiality"],
        signatories=tuple(settings["report_signatories"]),
        logo=Logo.of(designs["logo"]) if "logo" in designs else None,
        template=Template.of(designs["template"]) if "template" in designs and not command.template else None,
    )


def _entries(command: ReportRequest, context: ReportContext, project: _ProjectFacts) -> tuple[Mapping[str, Any], ...]:
    """Return the listed activities as the files that prove them have them."""
    if not context.proves_activity:
        return ()
    return logged_entries(project.answers.get("activities", ()), shows_names=command.show_user_names)


async def _read_site(connection: AsyncConnection, project_id: UUID, hidden: list[str]) -> _SiteFacts:
    """Return what the site defined, unless the project is too large for a report."""
    answers = await read_together(
        connection,
        {
            "size": (tables.SIZE, {"project_id": project_id}),
            "settings": (tables.SETTINGS, {}),
            "categories": (tables.CATEGORIES, {}),
            "data_fields": (tables.DATA_FIELDS, {}),
            "designs": (design_tables.DESIGNS, {}),
        },
    )
    [size] = rows_as(ProjectSizeRow, answers["size"])
    domain.require_report_size(size, hidden)
    [settings] = rows_as(SettingsRow, answers["settings"])
    categories, data_fields = answers["categories"], answers["data_fields"]
    designs = {row["kind"]: row for row in rows_as(DesignRow, answers["designs"])}
    return _SiteFacts(settings, rows_as(CategoryRow, categories), rows_as(DataFieldRow, data_fields), designs)


async def _read_project(context: ReportContext, command: ReportRequest, hidden: list[str]) -> _ProjectFacts:
    """Return a project without hidden sections, and the answers about its circumstances."""
    named = {"project_id": command.project_id}
    activity = LOGGED_ACTIVITY if context.proves_activity else tables.ACTIVITY
    keys = [key for name in hidden for key in _COLUMNS.get(name, (name,))]
    answers = await read_together(
        context.connection,
        {
            "document": (tables.DOCUMENT, named | {"hidden": keys}),
            "labels": (tables.LABELS, named),
            **circumstances_questions(command.project_id, context.grants, activity if command.activity else None),
        },
    )
    [project] = rows_as(ProjectDocumentRow, answers["document"])
    [labels] = rows_as(ProjectLabelsRow, answers["labels"])
    document = project["document"]
    redactions = visible_redactions(document["redactions"], hidden)
    document |= {"labels": domain.visible_labels(labels["labels"], hidden), "redactions": redactions}
    return _ProjectFacts(document, answers)
