"""Certificates of destruction: signed in the background, and how late they and the clean-ups before them are."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.common import signing_key
from workers.common.logs import describe
from workers.common.signing_key import NoSigningKeyError
from workers.retention.certificates import lateness
from workers.retention.certificates.files import CertificateFiles
from workers.retention.certificates.issuing import Issuer
from workers.retention.worker import worker
from workers.runtime.bus.backlog_metrics import Figure
from workers.runtime.commands.deferred_commands import TRANSIENT
from workers.runtime.process.running_components import RunningComponents

_LOOK_SECONDS: Final = 1.0
_REMINDER_SECONDS: Final = 60.0
_ERASURE_LATE: Final = (
    "for how long what was erased has waited for its clean-up; one in quiet hours is late from their end"
)
log = structlog.get_logger()


@worker.background
async def issue_certificates(running: RunningComponents) -> None:
    """Sign the certificates that are due, in the process that owns the first lane."""
    now, files = asyncio.get_running_loop().time, CertificateFiles(running.settings.checkpoints)
    reminder = now()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            if running.lanes.owns_first:
                await _issue(running, files)
        except (NoSigningKeyError, *TRANSIENT) as error:
            if now() >= reminder:
                log.warning("certificates_not_issued", **describe(error))
                reminder = now() + _REMINDER_SECONDS


async def _issue(running: RunningComponents, files: CertificateFiles) -> None:
    async with running.engine.connect() as connection:
        if not await lateness.is_any_waiting(connection, files):
            return
    settings = running.settings
    issuer = Issuer(settings.site, signing_key.current(), files, settings.certificate_seconds)
    await issuer.issue(running.deferred_work())


@worker.shows_figures
async def lateness_figures(connection: AsyncConnection) -> Sequence[Figure]:
    """Return how late certificates, clean-ups and sweeps are, as metrics; all are 0 where nothing is due."""
    state = await lateness.read(connection)
    return [
        Figure("certificates_waiting", "destructions without a certificate", state.waiting),
        Figure("certificate_late_seconds", "for how long the oldest of them has waited", state.certificate_seconds),
        Figure("erasure_late_seconds", _ERASURE_LATE, state.erasure_seconds),
        Figure("expired_late_seconds", "since a project expired that is not deleted", state.expired_seconds),
    ]


@worker.reports_status
async def report_lateness(running: RunningComponents) -> dict[str, Any]:
    """Return the same for the status of the process."""
    async with running.engine.connect() as connection:
        return {"erasures": (await lateness.read(connection))._asdict()}
