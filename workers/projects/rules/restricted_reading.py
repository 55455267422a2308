"""Reading a restricted project, for those with that right."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects.tables import set_aside


@asynccontextmanager
async def revealed(
    connection: AsyncConnection, project_id: UUID | None, access_reason: str | None
) -> AsyncIterator[bool]:
    """Let this transaction alone see a restricted project, if the caller says why; yield whether it is one.

    The contract requires the right.
    """
    named = {"project_id": project_id}
    if access_reason is None or (await connection.execute(set_aside.REVEAL, named)).first() is None:
        yield False
        return
    try:
        yield True
    finally:  # a refusal is recorded, and committed, in the same transaction
        await connection.execute(set_aside.HIDE_AGAIN, named)


@asynccontextmanager
async def glimpsed(connection: AsyncConnection, project_id: UUID, access_reason: str | None) -> AsyncIterator[None]:
    """Let a part of a long transaction see a restricted project, and leave no lock on it; nothing may be written."""
    if access_reason is None:
        yield
        return
    async with connection.begin_nested() as part:
        await connection.execute(set_aside.REVEAL, {"project_id": project_id})
        yield
        await part.rollback()
