"""Activating a licence, which takes effect with the next message."""

from contracts.licence import ActivateLicence, LicenceActivated
from workers.administration.row_types import LicenceRow
from workers.administration.worker import AdministrationUnit, worker
from workers.runtime.admission import licence_check


@worker.handles(ActivateLicence)
async def activate_licence(command: ActivateLicence, unit: AdministrationUnit) -> LicenceActivated:
    """Activate the licence of a token that this site's operator signed and that has not expired."""
    granted = unit.licensing.read(command.token)
    if reason := licence_check.find_obstacle(granted, unit.now):
        raise licence_check.token_refusal(reason)
    if any(row["token"] == command.token for row in unit.rows.licence.all()):
        unit.leave_unchanged()
    else:
        row: LicenceRow = {
            "one": True,
            "token": command.token,
            "version": granted.version,
            "edition": granted.edition,
            "expires_at": granted.expires_at,
            "activated_by": unit.principal,
            "activated_at": unit.now,
        }
        unit.rows.licence.put(row)
    return LicenceActivated(version=granted.version, edition=granted.edition, expires_at=granted.expires_at)
