"""Finding personal data in what reports and batches of them say; the texts in their files are those of projects."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Integer, Uuid, bindparam, text

from contracts.permissions import Node
from contracts.personal_data import FindInReports, Occurrences, TextStore
from workers.reports.worker import worker
from workers.runtime.queries.personal_data import NO_ID, Row, Source, StoredText, columns, find, strings
from workers.runtime.queries.query_dispatch import QueryContext

_AFTER: Final = (bindparam("after_1", type_=Uuid), bindparam("after_2", type_=Integer))
_REPORTS: Final = text(
    """
    SELECT r.report_id AS key_1, 0 AS key_2, r.report_id::text AS thing, r.project_id, p.number AS project_number,
        r.requested_at AS at, r.created_by AS by, recipient, r.reference, legal_basis
    FROM reports.report r LEFT JOIN published.projects p USING (project_id)
    WHERE r.report_id > :after_1 AND :after_2 = 0 ORDER BY r.report_id
    """
).bindparams(*_AFTER)
_BATCHES: Final = text(
    """
    SELECT report_id AS key_1, 0 AS key_2, report_id::text AS thing, created_at AS at, principal AS by,
        recipient, reference, legal_basis, search, filter
    FROM reports.batch WHERE report_id > :after_1 AND :after_2 = 0 ORDER BY report_id
    """
).bindparams(*_AFTER)
_SUMMARIES: Final = text(
    """
    SELECT report_id AS key_1, 0 AS key_2, report_id::text AS thing, created_at AS at, principal AS by, title
    FROM reports.summary WHERE report_id > :after_1 AND :after_2 = 0 ORDER BY report_id
    """
).bindparams(*_AFTER)
_DISCLOSURE: Final = columns(Node.REPORTS, "recipient", "reference", "legal_basis")


def _batch_texts(row: Row) -> Iterator[StoredText]:
    yield from _DISCLOSURE(row)
    yield from columns(Node.REPORTS, "search")(row)
    for name, value in strings("filter", row["filter"]):
        yield StoredText(name, value, Node.REPORTS)


_SOURCES: Final = (
    Source(TextStore.REPORT, _REPORTS, (NO_ID, 0), _DISCLOSURE),
    Source(TextStore.BATCH, _BATCHES, (NO_ID, 0), _batch_texts),
    Source(TextStore.SUMMARY, _SUMMARIES, (NO_ID, 0), columns(Node.REPORTS, "title")),
)


@worker.answers(FindInReports)
async def find_in_reports(query: FindInReports, context: QueryContext) -> Occurrences:
    """Return the texts of reports and batches that have the words."""
    return await find(query, context, _SOURCES)
