"""The decisions of a batch: inbox and outbox rows, written in one statement."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.admission.inbox import Inbox
from workers.runtime.admission.incoming import Addressed
from workers.runtime.commands import excess_counts
from workers.runtime.commands.outbox import Outbox
from workers.runtime.storage.database import as_json, insertion
from workers.runtime.storage.statements import write


class Outcome(NamedTuple):
    """The answer to a message, and whether its handler sent commands through the outbox."""

    message: Addressed
    body: bytes
    sends: bool = False


@dataclass(slots=True)
class Decision:
    """The outcomes, inbox rows and outbox rows of one transaction."""

    outcomes: list[Outcome] = field(default_factory=list)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    record: excess_counts.Record = field(default_factory=excess_counts.Record)
    repeated: int = 0
    applied: int = 0
    dead: int = 0
    turned_away: int = 0


_INBOX_COLUMNS = ("command_id", "principal", "month", "fingerprint", "outcome", "decided_at")
_OUTBOX_COLUMNS = ("worker", "lane", "subject", "headers", "body")


async def write_decisions(
    connection: AsyncConnection, decided: list[dict[str, Any]], posted: list[dict[str, Any]]
) -> None:
    """Insert inbox and outbox rows; an id that another batch has decided meanwhile violates the inbox's key."""
    if decided or posted:
        await write(connection, _insertion(), {"decided": as_json(decided), "posted": as_json(posted)})


@cache
def _insertion() -> TextClause:
    posting = insertion(Outbox, _OUTBOX_COLUMNS, parameter="posted")
    return text(f"WITH posting AS ({posting}) {insertion(Inbox, _INBOX_COLUMNS, parameter='decided')}")
