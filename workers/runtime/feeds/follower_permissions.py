"""Permissions of the followers of feeds, read for all of them with one statement."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.permissions import Grants
from workers.runtime.admission.batch_preload import read_batch_context


@dataclass(slots=True)
class FollowerPermissions:
    """The permissions of all followers of this process, never older than the events that they apply to."""

    engine: AsyncEngine
    followers: Counter[str] = field(default_factory=Counter)
    _read_at: float = 0.0
    _grants: dict[str, Grants] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, principal: str, since: float) -> Grants:
        """Return a follower's grants, read at `since` on the loop's clock or later."""
        async with self._turn:
            if self._read_at < since or principal not in self._grants:
                began = asyncio.get_running_loop().time()
                async with self.engine.connect() as connection:
                    context = await read_batch_context(connection, [], self.followers)
                self._read_at, self._grants = began, context.grants
            return self._grants[principal]
