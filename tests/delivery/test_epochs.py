"""Epochs: a lane's former owner can move its place no more, even over a connection that came back."""

import pytest
from sqlalchemy.exc import DBAPIError

from tests.support import Site
from workers.runtime.bus.lane_progress import ATTEMPTS_MAX, take
from workers.runtime.storage.database import connect_autocommit


async def test_a_former_owner_cannot_commit(site: Site) -> None:
    """Once a lane was taken over, the transaction of its former owner fails, and the place is the new owner's."""
    async with connect_autocommit(site.engine) as earlier, connect_autocommit(site.engine) as two:
        former = await take(earlier, "projects", 0)
        await former.advance(5, 0)
        owner = await take(two, "projects", 0)
        assert owner.place == 5
        with pytest.raises(DBAPIError):
            await former.advance(9, 0)
        await owner.advance(7, 0)
    assert await site.sql("SELECT place FROM runtime.lane WHERE worker = 'projects' AND lane = 0") == [(7,)]


async def test_a_message_is_attempted_three_times(site: Site) -> None:
    """Each attempt at a message is counted before it is made: three are allowed, and another place counts anew."""
    async with connect_autocommit(site.engine) as connection:
        owner = await take(connection, "projects", 0)
        assert [await owner.attempt(5) for _ in range(ATTEMPTS_MAX + 1)] == [True, True, True, False]
        assert await owner.attempt(6) is True
