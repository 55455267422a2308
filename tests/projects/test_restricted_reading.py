"""A restricted project that a query may read is seen by that query alone, however the query ends."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal
from contracts.projects.set_aside import RestrictProject
from tests.projects.helpers import Operator
from tests.support import Site
from workers.projects.rules.restricted_reading import revealed

VISIBLE = "SELECT id FROM projects.visible_project"


async def visible(site: Site) -> list[UUID]:
    """Return the projects that everybody sees."""
    return [row.id for row in await site.sql(VISIBLE)]


async def read(connection: AsyncConnection, project_id: UUID, *, is_refused: bool) -> list[UUID]:
    """Return what a query sees while the project is revealed, or refuse it."""
    async with revealed(connection, project_id, "A court asks.") as is_restricted:
        assert is_restricted
        if is_refused:
            raise Refusal(Code.NOT_AVAILABLE)
        return [row.id for row in await connection.exec_driver_sql(VISIBLE)]


async def test_a_query_hides_the_project_again(operator: Operator, site: Site) -> None:
    """A refusal is recorded and committed in the transaction of the query: the project must be hidden by then."""
    await operator.send(RestrictProject(project_id=operator.project_id, reason="contested"))
    async with site.engine.connect() as connection:
        assert await read(connection, operator.project_id, is_refused=False) == [operator.project_id]
        await connection.commit()
        assert await visible(site) == []
        with pytest.raises(Refusal):
            await read(connection, operator.project_id, is_refused=True)
        await connection.commit()
    assert await visible(site) == []
