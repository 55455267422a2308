"""The work in the background that lets the trees of both stores grow, and signs their states."""

import asyncio
from datetime import timedelta
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
    _warn_without_key(running)
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


def signer_of(running: RunningComponents) -> Signer | None:
    """Return what signs the states of this site's trees; None if its key cannot be read."""
    try:
        key = SigningKey.read(signing_key_of(running.settings))
    except NoSigningKeyError:
        return None
    return Signer(running.settings.site, key, timedelta(seconds=running.settings.checkpoint_seconds))


def _warn_without_key(running: RunningComponents) -> None:
    try:
        SigningKey.read(signing_key_of(running.settings))
    except NoSigningKeyError as error:
        log.warning("checkpoints_not_signed", path=str(error.path), reason=error.reason)


class _Growth:
    """The growth of both trees; their signed states are also copied to places outside the database."""

    def __init__(self, running: RunningComponents) -> None:
        self._engine = running.engine
        self._copies = CheckpointCopies(running)
        self._signer = signer_of(running)

    async def step(self) -> None:
        """Let each tree grow that has to, and sign its state if the last checkpoint is old enough."""
        for store in await log_tree.grown(self._engine, self._signer):
            edge = await log_tree.grow(self._engine, store)
            if self._signer and (note := await log_tree.sign(self._engine, store, edge, self._signer)):
                async with connect_autocommit(self._engine) as connection:
                    await self._copies.add(connection, store, edge.size, note)
