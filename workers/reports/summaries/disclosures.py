"""Reading the entries of a register of disclosures from the published activities."""

from datetime import datetime
from typing import Final, TypedDict
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.errors import Code, Refusal
from contracts.permissions import Level, Node
from contracts.register_data import Disclosure, RegisterData
from contracts.values import EARLIEST
from workers.reports import tables
from workers.reports.row_types import SettingsRow, SummaryRow
from workers.reports.summaries.reading import Reading, facts_of_file, letterhead_of
from workers.reports.summary_layout.rendering import Letterhead
from workers.runtime.storage.identity_map import rows_of

ENTRIES_MAX: Final = 1_000
"""Entries of one register, which a child process can typeset whatever is written in them."""

ACTIVITY_LOGS: Final = "activity-logs"
"""What is missing for an author who may not see what was done with projects."""

_OF_EXPORTS: Final = ("projects.downloaded", "projects.exported")
_OF_REPORTS: Final = ("reports.downloaded", "reports.generated", "reports.included", "reports.printed")

_FILE = "coalesce({0}.details->'package'->>'package_id', {0}.details->>'package_id', {0}.details->>'report_id')"
_DIGEST = "coalesce({0}.details->'package'->>'sha256', {0}.details->>'sha256')"
_KEYS = "{0}.details->'package'->'recipients'"
# What was fetched or printed has the digest and the keys of what was made.
_ENTRIES = text(
    f"""
    WITH chosen AS MATERIALIZED (
        SELECT event_id, at, actor, activity, project_id, details FROM published.activity
        WHERE activity = ANY(:activities) AND at >= :since AND at < :until
            AND (cardinality(:project_ids) = 0 OR project_id = ANY(:project_ids))
        ORDER BY at, event_id LIMIT :entries_max
    )
    SELECT c.at, c.actor AS by, c.activity, c.project_id, coalesce(p.number, t.number) AS project_number,
        p.project_id IS NULL AS is_deleted, c.details->>'recipient' AS recipient, c.details->>'reference' AS reference,
        c.details->>'legal_basis' AS legal_basis, CAST({_FILE.format("c")} AS uuid) AS file_id,
        coalesce({_DIGEST.format("c")}, made.sha256) AS sha256,
        coalesce({_KEYS.format("c")}, made.age_keys, '[]') AS age_keys
    FROM chosen c LEFT JOIN published.projects p USING (project_id) LEFT JOIN published.tombstones t USING (project_id)
    LEFT JOIN LATERAL (
        SELECT {_DIGEST.format("m")} AS sha256, {_KEYS.format("m")} AS age_keys FROM published.activity m
        WHERE m.project_id = c.project_id AND m.activity IN ('projects.exported', 'reports.generated')
            AND {_FILE.format("m")} = {_FILE.format("c")}
        ORDER BY m.at LIMIT 1
    ) made ON c.activity IN ('projects.downloaded', 'reports.downloaded', 'reports.printed')
    ORDER BY project_number NULLS LAST, c.project_id, c.at, c.event_id
    """  # noqa: S608 - these are parts of the statement
).bindparams(
    bindparam("activities", type_=ARRAY(Text)),
    bindparam("project_ids", type_=ARRAY(Uuid)),
    bindparam("since", type_=DateTime(timezone=True)),
    bindparam("until", type_=DateTime(timezone=True)),
)
_NUMBERS = text(
    """
    SELECT number FROM published.projects WHERE project_id = ANY(:ids)
    UNION SELECT number FROM published.tombstones WHERE project_id = ANY(:ids) ORDER BY number
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


class _EntryRow(TypedDict):
    """A row of the statement that reads the entries."""

    at: datetime
    by: str
    activity: str
    project_id: UUID
    project_number: int | None
    is_deleted: bool
    recipient: str | None
    reference: str | None
    legal_basis: str | None
    file_id: UUID | None
    sha256: str | None
    age_keys: list[str]


def too_many_entries(**facts: int) -> Refusal:
    """Return the refusal of a register that has more than a file holds, or whose texts are too long for one."""
    return Refusal(Code.INVALID, fields=[{"field": "until", "kind": "too_many_entries", **facts}])


async def collect_disclosures(asked_for: SummaryRow, reading: Reading) -> tuple[RegisterData, Letterhead]:
    """Read what the author of a register may see now, and what the organisation has on its papers.

    Raises:
        Refusal: There are more entries than a register holds.
    """
    execute, ids = reading.connection.execute, asked_for["project_ids"]
    sees_exports = reading.grants.allow(Node.ACTIVITY_LOGS, Level.VIEW)
    activities = [*_OF_REPORTS, *(_OF_EXPORTS if sees_exports else ())]
    span = {"since": asked_for["since"], "until": asked_for["until"]}
    parameters = {**span, "activities": activities, "project_ids": ids, "entries_max": ENTRIES_MAX + 1}
    rows = rows_of(await execute(_ENTRIES, parameters), _EntryRow)
    if len(rows) > ENTRIES_MAX:
        raise too_many_entries(limit=ENTRIES_MAX)
    [settings] = rows_of(await execute(tables.SETTINGS), SettingsRow)
    data = RegisterData(
        **facts_of_file(asked_for, reading, settings),
        since=None if asked_for["since"] == EARLIEST else asked_for["since"],
        until=asked_for["until"],
        projects=ids,
        project_numbers=list((await execute(_NUMBERS, {"ids": ids})).scalars()),
        missing=[] if sees_exports else [ACTIVITY_LOGS],
        entries=[Disclosure(**row) for row in rows],
    )
    return data, await letterhead_of(reading, settings)
