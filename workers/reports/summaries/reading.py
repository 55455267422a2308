"""What every summary is read with: the transaction, its author's permissions, and the letterhead of the site."""

from datetime import datetime
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.permissions import Grants
from workers.reports import design_tables
from workers.reports.rendering.render_input import Logo
from workers.reports.row_types import DesignRow, SettingsRow, SummaryRow
from workers.reports.summary_layout.rendering import Letterhead
from workers.runtime.storage.identity_map import row_of

_SOFTWARE: Final = f"Incident Manager {version('incident-manager')}"


class Reading(NamedTuple):
    """The transaction that reads a summary, whose permissions count for it, the time, and the site."""

    connection: AsyncConnection
    grants: Grants
    now: datetime
    site: str


def facts_of_file(asked_for: SummaryRow, reading: Reading, settings: SettingsRow) -> dict[str, Any]:
    """Return what each file says about itself: its id, by whom, when and where it was made, and how it is written."""
    return {
        "report_id": asked_for["report_id"],
        "generated_at": reading.now,
        "generated_by": asked_for["principal"],
        "site": reading.site,
        "software": _SOFTWARE,
        "organisation": settings["report_title"].strip(),
        "language": asked_for["language"],
        "timezone": asked_for["timezone"],
    }


async def letterhead_of(reading: Reading, settings: SettingsRow) -> Letterhead:
    """Return what the organisation has on its papers now."""
    design = row_of(await reading.connection.execute(design_tables.LOGO), DesignRow)
    return Letterhead(settings["report_confidentiality"], Logo.of(design) if design else None)
