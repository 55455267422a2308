"""The work in the background that lets the trees of both stores grow, and signs their states."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from workers.audit.tamper_evidence import log_tree
from workers.audit.tamper_evidence.checkpoint_copies import CheckpointCopies
from workers.audit.tamper_evidence.log_tree import Signer
from workers.common.logs import describe
from workers.common.process_settings import signing_key_of
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.runtime.bus.lane_ownership import EVENTS_LANE
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit

_PAUSE_SECONDS: Final = 0.3
_REMINDER_SECONDS: Final = 60.0
log = structlog.get_logger()


async def run(running: RunningComponents) -> None:
    """Let the trees grow by what is recorded, in the process that records it, and sign them now and then."""
    growth = _Growth(running)
    reminder_at = 0.0
    while True:
        try:
            if EVENTS_LANE in running.lanes.owned:
                await growth.step()
        except (SQLAlchemyError, OSError) as error:
            if (now := asyncio.get_running_loop().time()) >= reminder_at:
                reminder_at = now + _REMINDER_SECONDS
                log.warning("audit_tree_not_grown", **describe(error))
        await asyncio.sleep(_PAUSE_SECONDS)


def _key(path: Path | None) -> SigningKey | None:
    try:
        return SigningKey.read(path)
    except NoSigningKeyError as error:
        log.warning("checkpoints_not_signed", path=str(error.path), reason=error.reason)
        return None


class _Growth:
    """The growth of both trees; their signed states are also copied to places outside the database."""

    def __init__(self, running: RunningComponents) -> None:
        settings, key = running.settings, _key(signing_key_of(running.settings))
        self._engine = running.engine
        self._copies = CheckpointCopies(running)
        pause = timedelta(seconds=settings.checkpoint_seconds)
        self._signer = Signer(settings.site, key, pause) if key else None

    async def step(self) -> None:
        """Let each tree grow that has to, and sign its state if the last checkpoint is old enough."""
        for store in await log_tree.grown(self._engine, self._signer):
            edge = await log_tree.grow(self._engine, store)
            if self._signer and (note := await log_tree.sign(self._engine, store, edge, self._signer)):
                async with connect_autocommit(self._engine) as connection:
                    await self._copies.add(connection, store, edge.size, note)
