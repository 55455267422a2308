"""What a batch leaves behind beside its rows: decided ids and messages to publish, in one statement."""

from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.database import as_json, insertion
from workers.runtime.inbox import Inbox
from workers.runtime.outbox import Outbox
from workers.runtime.statements import write

_DECIDED = ("command_id", "principal", "month", "fingerprint", "outcome", "decided_at")
_POSTED = ("worker", "lane", "subject", "headers", "body")


async def settle(connection: AsyncConnection, decided: list[dict[str, Any]], posted: list[dict[str, Any]]) -> None:
    """Remember outcomes and post messages; an id that another batch has decided meanwhile violates the inbox's key."""
    if decided or posted:
        await write(connection, _settle(), {"decided": as_json(decided), "posted": as_json(posted)})


@cache
def _settle() -> TextClause:
    posting = insertion(Outbox, _POSTED, parameter="posted")
    return text(f"WITH posting AS ({posting}) {insertion(Inbox, _DECIDED, parameter='decided')}")
