"""The work in the background that drops what both logs have kept for as long as the settings say."""

import asyncio
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.evidence.checkpoints import NoteError
from workers.audit import log_server_database
from workers.audit.tamper_evidence.entry_dropping import drop_activity, drop_logged
from workers.audit.tamper_evidence.log_tree import Signer
from workers.audit.tamper_evidence.statement_copies import copy_statements
from workers.audit.tamper_evidence.tree_growth import signer_of
from workers.common.logs import describe
from workers.runtime.bus.lane_ownership import EVENTS_LANE
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit

_PAUSE_SECONDS: Final = 3_600.0
_RETRY_SECONDS: Final = 60.0
log = structlog.get_logger()


async def run(running: RunningComponents) -> None:
    """Drop what is old enough once an hour, in the process that records it; entries become old at midnight (UTC).

    Without a signing key nothing is dropped: nobody could tell it from a deletion. While the clock is doubted, either.
    """
    signer = signer_of(running)
    while True:
        pause = _PAUSE_SECONDS
        try:
            if signer and EVENTS_LANE in running.lanes.owned and not running.condition.clock_doubted:
                await drop_old(running.engine, signer, running.settings.checkpoints)
            else:
                pause = _RETRY_SECONDS
        except (SQLAlchemyError, OSError, NoteError) as error:
            log.warning("log_retention_failed", **describe(error))
            pause = _RETRY_SECONDS
        await asyncio.sleep(pause)


async def drop_old(engine: AsyncEngine, signer: Signer, copies: Path | None = None) -> None:
    """Drop all that is old enough, a range at a time, and copy the statements about it into a folder.

    Raises:
        NoteError: The last checkpoint is not signed with the key of this site.
        OSError: A copy cannot be written.
    """
    async with connect_autocommit(engine) as main:
        await copy_statements(main, copies)
        while count := await drop_activity(main, signer):
            log.info("activity_dropped", entries=count)
        async with log_server_database.connect_for_work(engine) as log_server:
            while log_server and (count := await drop_logged(main, log_server, signer)):
                log.info("log_entries_dropped", entries=count)
        await copy_statements(main, copies)
