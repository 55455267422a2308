"""Taking the logo and the template of reports, and removing them."""

from typing import Any

from contracts.report_design import (
    LogoRemoved,
    RemoveLogo,
    RemoveTemplate,
    SetLogo,
    SetTemplate,
    TemplateRemoved,
)
from workers.reports import design_tables, domain
from workers.reports.design.design_trials import LOGO, TEMPLATE
from workers.reports.row_types import DesignRequestRow
from workers.reports.worker import ReportUnit, worker


@worker.takes(SetLogo)
async def set_logo(command: SetLogo, unit: ReportUnit) -> None:
    """Write down which logo is to be tried; the background work tries it in a child process."""
    await _take(unit, LOGO, domain.require_logo(command.image), {"alt": command.alt})


@worker.handles(RemoveLogo)
async def remove_logo(_: RemoveLogo, unit: ReportUnit) -> LogoRemoved:
    """Make later reports without a logo."""
    await _remove(unit, LOGO)
    return LogoRemoved()


@worker.takes(SetTemplate)
async def set_template(command: SetTemplate, unit: ReportUnit) -> None:
    """Write down which template is to be tried; the background work tries it in a child process."""
    await _take(unit, TEMPLATE, domain.require_template(command.source), {})


@worker.handles(RemoveTemplate)
async def remove_template(_: RemoveTemplate, unit: ReportUnit) -> TemplateRemoved:
    """Make later reports in the standard form."""
    await _remove(unit, TEMPLATE)
    return TemplateRemoved()


async def _take(unit: ReportUnit, kind: str, content: bytes, facts: dict[str, Any]) -> None:
    await _require_turn(unit, kind)
    row: DesignRequestRow = {
        "command_id": unit.id,
        "principal": unit.principal,
        "trace": unit.trace,
        "letter": unit.dead_letter(),
        "requested_at": unit.now,
        "refusal_language": unit.language,
        "kind": kind,
        "content": content,
        "facts": facts,
    }
    unit.rows.design_requests.append(row)


async def _remove(unit: ReportUnit, kind: str) -> None:
    await _require_turn(unit, kind)
    removed = await unit.connection.execute(design_tables.REMOVE_DESIGN, {"kind": kind})
    if removed.one_or_none() is None:
        unit.leave_unchanged()


async def _require_turn(unit: ReportUnit, kind: str) -> None:
    """Refuse to change a design while another one is tried: the last one that was asked for would not be in force."""
    waits = (await unit.connection.execute(design_tables.WAITS, {"kind": kind})).scalar_one()
    domain.require_tried(kind, waits=waits)
