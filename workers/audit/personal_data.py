"""Finding personal data in the activity of projects and in the log server."""

import re
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, text

from contracts.permissions import Node
from contracts.personal_data import FindInActivities, Occurrences, TextStore
from workers.audit import log_server_database, tables
from workers.audit.worker import worker
from workers.runtime.queries.personal_data import NO_ID, Key, Row, Source, StoredText, find_in, strings
from workers.runtime.queries.query_dispatch import QueryContext

_AFTER: Final = (bindparam("after_1", type_=Uuid), bindparam("after_2", type_=Integer))
_COLUMNS: Final = """
    SELECT event_id AS key_1, 0 AS key_2, event_id::text AS thing, project_id, revision, at, actor AS by, details
"""
_ORDER: Final = "WHERE event_id > :after_1 AND :after_2 = 0 ORDER BY event_id"
_ACTIVITY: Final = text(f"{_COLUMNS} FROM published.activity {_ORDER}").bindparams(*_AFTER)
_LOG: Final = text(f"{_COLUMNS} FROM entry {_ORDER}").bindparams(*_AFTER)
_OURS: Final = re.compile(r"[0-9a-f-]{36}|[0-9a-f]{64}|\d{4}-\d\d-\d\dT.*")
"""Ids, digests and times, which nobody wrote."""


def _texts(node: Node) -> Callable[[Row], Iterator[StoredText]]:
    def texts(row: Row) -> Iterator[StoredText]:
        for name, value in strings("", row["details"]):
            if not _OURS.fullmatch(value):
                yield StoredText(name, value, node)

    return texts


_SOURCES: Final = (
    Source(TextStore.ACTIVITY, _ACTIVITY, (NO_ID, 0), _texts(Node.ACTIVITY_LOGS)),
    Source(TextStore.AUDIT_LOG, _LOG, (NO_ID, 0), _texts(Node.AUDIT_LOG)),
)


@worker.answers(FindInActivities)
async def find_in_activities(query: FindInActivities, context: QueryContext) -> Occurrences:
    """Return the texts of entries that have the words: recipients, reasons, and names of definitions."""
    async with log_server_database.connect_for_query(context.connection.engine) as log_server:
        connections = {TextStore.ACTIVITY: context.connection, TextStore.AUDIT_LOG: log_server}

        def rows(source: Source, after: Key) -> AsyncGenerator[Row, None]:
            return source.rows(connections[source.store], after)

        page = await find_in(query, context, _SOURCES, rows)
    ids = sorted({item.project_id for item in page.items if item.project_id})
    known = await context.connection.execute(tables.PROJECT_NUMBERS, {"ids": ids})
    numbers: dict[UUID, int] = {row.project_id: row.number for row in known}
    items = [item.model_copy(update={"project_number": numbers.get(item.project_id or NO_ID)}) for item in page.items]
    return page.model_copy(update={"items": items})
