"""From the read models of other slices to the document that a report is made from."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.project_queries import ProjectDetails
from contracts.projects import MAIN_DETAILS
from contracts.reports import GenerateReport
from workers.reports import domain, tables
from workers.reports.rendering.document import DataValue, ReportDocument
from workers.reports.worker import ReportUnit

_KEYS = {"main-details": tuple(name for name in MAIN_DETAILS if name != "description")}


async def assembled(command: GenerateReport, unit: ReportUnit) -> ReportDocument:
    """Read what a report says, in one transaction, so that all its parts belong together."""
    connection = unit.connection
    hidden = domain.withheld(unit.grants)
    size = await connection.execute(tables.SIZE, {"project_id": command.project_id})
    domain.fits_in_a_report(size.mappings().one(), hidden)
    keys = [key for name in hidden for key in _KEYS.get(name, (name,))]
    given = {"project_id": command.project_id, "hidden": keys}
    document: dict[str, Any] = (await connection.execute(tables.DOCUMENT, given)).scalar_one()
    settings = (await connection.execute(tables.SETTINGS)).one()
    names: dict[int | None, str] = {row.id: row.name for row in await connection.execute(tables.PROPERTIES)}
    return ReportDocument(
        report_id=command.report_id,
        generated_at=unit.now,
        language=command.language or settings.language,
        timezone=settings.timezone,
        title=settings.report_title,
        show_user_names=command.show_user_names,
        project=ProjectDetails.model_validate({**document, "withheld": hidden}, strict=False),
        type_name=names.get(document.get("type_id")),
        status_name=names.get(document.get("status_id")),
        categories=await _categories(connection, document, names) if "categories" in document else (),
        data=await _data(connection, document) if "data" in document else (),
        missing=tuple(hidden),
    )


async def _categories(
    connection: AsyncConnection, document: dict[str, Any], names: dict[int | None, str]
) -> tuple[tuple[str, str | None], ...]:
    """Return every enabled category, and the disabled ones that have a value (AMB-2)."""
    values = document["categories"]
    slots = await connection.execute(tables.CATEGORIES)
    return tuple((row.name, names.get(values[str(row.slot)])) for row in slots if row.enabled or values[str(row.slot)])


async def _data(connection: AsyncConnection, document: dict[str, Any]) -> tuple[DataValue, ...]:
    """Return every enabled data field, and the disabled ones that have a value (AMB-2)."""
    fields = [(row, document["data"][f"{row.kind}_{row.slot}"]) for row in await connection.execute(tables.DATA_FIELDS)]
    return tuple(
        DataValue(label=row.name, kind=row.kind, value=value)
        for row, value in fields
        if row.enabled or value is not None
    )
