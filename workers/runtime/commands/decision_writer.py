"""The decisions of a batch: inbox and outbox rows, written in one statement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple

from psycopg.rows import DictRow
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.admission.inbox import Inbox
from workers.runtime.admission.incoming_messages import Addressed
from workers.runtime.bus.outbox import PostedRow, append_with, by_lane
from workers.runtime.commands import audit_flood_control
from workers.runtime.storage.bulk_writes import insertion
from workers.runtime.storage.database import as_json
from workers.runtime.storage.statement_execution import read_later

DEFERRED: Final = b""
"""The outcome of a command that was taken and is being carried out: nothing is published yet."""


class Outcome(NamedTuple):
    """The answer to a message, and whether other commands follow from it through the outbox."""

    message: Addressed
    body: bytes
    sends: bool = False


@dataclass(slots=True)
class Decision:
    """The outcomes, inbox rows and outbox rows of one transaction."""

    outcomes: list[Outcome] = field(default_factory=list)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[PostedRow] = field(default_factory=list)
    record: audit_flood_control.RecordedRows = field(default_factory=audit_flood_control.RecordedRows)
    repeated: int = 0
    applied: int = 0
    dead: int = 0
    turned_away: int = 0
    taken: int = 0

    def answer(self, outcome: Outcome) -> None:
        """Publish an outcome after the commit, unless it is deferred."""
        if outcome.body:
            self.outcomes.append(outcome)


_INBOX_COLUMNS = ("command_id", "principal", "month", "fingerprint", "outcome", "decided_at")


Numbers = Callable[[], list[DictRow]]
"""After the commit: the last number of each lane in which messages were posted, and the time of the transaction."""


async def write_decisions(
    connection: AsyncConnection, decided: list[dict[str, Any]], posted: Sequence[PostedRow]
) -> Numbers | None:
    """Insert inbox and outbox rows; an id that another batch has decided meanwhile violates the inbox's key."""
    if not decided and not posted:
        return None
    return await read_later(connection, _insertion(), {"decided": as_json(decided), "posted": by_lane(posted)})


@cache
def _insertion() -> TextClause:
    return text(append_with(insertion(Inbox, _INBOX_COLUMNS, parameter="decided")))
