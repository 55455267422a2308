"""Activating a licence; it counts from the next message on."""

from contracts.licence import ActivateLicence, LicenceActivated
from workers.administration.worker import AdministrationUnit, worker
from workers.runtime.admission import licence


@worker.handles(ActivateLicence)
async def activate_licence(command: ActivateLicence, unit: AdministrationUnit) -> LicenceActivated:
    """Put the licence of a token into force that this site's operator signed and that has not expired."""
    given = unit.licensing.read(command.token)
    if reason := licence.judged(given, unit.now):
        raise licence.refusal(reason)
    said = {"version": given.version, "edition": given.edition, "expires_at": given.expires_at}
    if any(row["token"] == command.token for row in unit.rows.licence.all()):
        unit.leave_unchanged()
    else:
        by_whom = {"activated_by": unit.principal, "activated_at": unit.now}
        unit.rows.licence.put({"one": True, "token": command.token, **said, **by_whom})
    return LicenceActivated(version=given.version, edition=given.edition, expires_at=given.expires_at)
