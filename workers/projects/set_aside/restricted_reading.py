"""Reading a restricted project, for those with that right."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from workers.projects.tables import set_aside
from workers.runtime.queries.query_dispatch import QueryContext


@asynccontextmanager
async def revealed(context: QueryContext, project_id: UUID, access_reason: str | None) -> AsyncIterator[bool]:
    """Let this transaction alone see a restricted project, if the caller says why; yield whether it is one.

    The contract requires the right.
    """
    named = {"project_id": project_id}
    if access_reason is None or (await context.connection.execute(set_aside.REVEAL, named)).first() is None:
        yield False
        return
    try:
        yield True
    finally:  # a refusal is recorded, and committed, in the same transaction
        await context.connection.execute(set_aside.HIDE_AGAIN, named)
