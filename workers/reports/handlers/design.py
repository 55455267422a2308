"""Taking the logo of reports, and removing it."""

from contracts.report_design import LogoRemoved, RemoveLogo, SetLogo
from workers.reports import design_tables, domain
from workers.reports.row_types import DesignRequestRow
from workers.reports.worker import ReportUnit, worker

LOGO = "logo"


@worker.takes(SetLogo)
async def set_logo(command: SetLogo, unit: ReportUnit) -> None:
    """Write down which logo is to be tried; the background work tries it in a child process."""
    image = domain.require_logo(command.image)
    await _require_turn(unit, LOGO)
    row: DesignRequestRow = {
        "command_id": unit.id,
        "principal": unit.principal,
        "trace": unit.trace,
        "letter": unit.dead_letter(),
        "requested_at": unit.now,
        "refusal_language": unit.language,
        "kind": LOGO,
        "content": image,
        "facts": {"alt": command.alt},
    }
    unit.rows.design_requests.append(row)


@worker.handles(RemoveLogo)
async def remove_logo(_: RemoveLogo, unit: ReportUnit) -> LogoRemoved:
    """Make later reports without a logo."""
    await _require_turn(unit, LOGO)
    removed = await unit.connection.execute(design_tables.REMOVE_DESIGN, {"kind": LOGO})
    if removed.one_or_none() is None:
        unit.leave_unchanged()
    return LogoRemoved()


async def _require_turn(unit: ReportUnit, kind: str) -> None:
    """Refuse to change a design while another one is tried: the last one that was asked for would not be in force."""
    waits = (await unit.connection.execute(design_tables.WAITS, {"kind": kind})).scalar_one()
    domain.require_tried(kind, waits=waits)
