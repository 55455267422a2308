"""What comes back to be handled once more, and whether just that was put aside before.

A dead letter travels through streams, into which whoever has a worker's credentials can write; into the inbox nobody
can without the database. It says who sent what under which id.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime import inbox
from workers.runtime.accepted import Accepted, Dead

NOT_PUT_ASIDE: Final = "Nothing like it was put aside under its id."


async def genuine(
    connection: AsyncConnection, batch: Sequence[Accepted | Dead], known: dict[tuple[str, UUID], inbox.Decided]
) -> list[Accepted | Dead]:
    """Return a batch in which a letter that no worker put aside is what it is: dead."""
    return [await _genuine(connection, one, known) for one in batch]


async def _genuine(
    connection: AsyncConnection, one: Accepted | Dead, known: dict[tuple[str, UUID], inbox.Decided]
) -> Accepted | Dead:
    if isinstance(one, Dead) or not one.redelivered:
        return one
    is_known = await inbox.reopen(connection, (one.work.principal, one.id), one.mark, known)
    return one if is_known else Dead(one.raw, NOT_PUT_ASIDE)
