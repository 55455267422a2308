"""What a batch leaves behind beside its rows: decided ids and messages to publish, in one statement."""

from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.database import as_json, insertion
from workers.runtime.faults import Collision
from workers.runtime.inbox import Inbox
from workers.runtime.outbox import Outbox

_DECIDED = ("command_id", "principal", "month", "fingerprint", "outcome", "decided_at")
_POSTED = ("worker", "lane", "subject", "headers", "body")


async def settle(connection: AsyncConnection, decided: list[dict[str, Any]], posted: list[dict[str, Any]]) -> None:
    """Remember outcomes and post messages; a collision when another batch has decided one of the ids meanwhile."""
    if not decided and not posted:
        return
    given = {"decided": as_json(decided), "posted": as_json(posted)}
    if (await connection.execute(_settle(), given)).rowcount != len(decided):
        raise Collision


@cache
def _settle() -> TextClause:
    posting = insertion(Outbox, _POSTED, parameter="posted")
    deciding = insertion(Inbox, _DECIDED, "ON CONFLICT DO NOTHING", "decided")
    return text(f"WITH posting AS ({posting}) {deciding}")
