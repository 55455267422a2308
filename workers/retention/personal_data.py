"""Finding personal data in holds."""

from typing import Final

from sqlalchemy import Integer, Uuid, bindparam, text

from contracts.permissions import Node
from contracts.personal_data import FindInHolds, Occurrences, TextStore
from workers.retention.worker import worker
from workers.runtime.queries.personal_data import NO_ID, Source, columns, find
from workers.runtime.queries.query_dispatch import QueryContext

_HOLDS: Final = text(
    """
    SELECT h.hold_id AS key_1, 0 AS key_2, h.hold_id::text AS thing, h.project_id, p.number AS project_number,
        h.held_at AS at, h.held_by AS by, reason, h.reference, release_reason, release_request_reason
    FROM retention.hold h LEFT JOIN published.projects p USING (project_id)
    WHERE h.hold_id > :after_1 AND :after_2 = 0 ORDER BY h.hold_id
    """
).bindparams(bindparam("after_1", type_=Uuid), bindparam("after_2", type_=Integer))
_TEXTS: Final = columns(Node.RETENTION, "reason", "reference", "release_reason", "release_request_reason")
_SOURCES: Final = (Source(TextStore.HOLD, _HOLDS, (NO_ID, 0), _TEXTS),)


@worker.answers(FindInHolds)
async def find_in_holds(query: FindInHolds, context: QueryContext) -> Occurrences:
    """Return the texts of holds that have the words."""
    return await find(query, context, _SOURCES)
