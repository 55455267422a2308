"""The files about the activity of a report: its entries, and what proves that they are in the log of the site.

They have the form that they have in packages. A report prints neither details nor ids: an entry that has any, or whose
actor is not named, has the hash of its leaf instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypedDict
from uuid import UUID

import structlog
from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence import packaged_activity as packaged
from contracts.evidence.merkle_tree import Edge
from contracts.evidence.packaged_activity import shown_entry, shown_hash
from workers.common import signing_key
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.reports.rendering.content.attached_data import file_text
from workers.reports.rendering.render_input import ReportDocument
from workers.runtime.storage.identity_map import rows_as
from workers.runtime.storage.log_proofs import (
    LoggedEntry,
    LogTree,
    SignedState,
    log_key_line,
    read_signed_state,
    signed_entries,
)

LOGGED_ACTIVITY: Final = text(
    """
    SELECT at, actor AS by, activity, count(*) OVER ()::integer AS total, actor, event_id, project_id, command_id,
        log_index, revision, recorded_details AS details
    FROM published.activity
    WHERE project_id = :project_id AND NOT activity = ANY(:hidden)
    ORDER BY at DESC, event_id DESC LIMIT :activities_max
    """
).bindparams(bindparam("hidden", type_=ARRAY(Text)))
"""What a report lists, with what the leaves of its entries are made of."""

_NO_DETAILS: Final[Mapping[str, Any]] = {}
log = structlog.get_logger()


class LogStateAwaitedError(Exception):
    """A report waits until the site has signed a log of this size."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class LoggedActivityRow(TypedDict):
    """A row of the statement that reads what a report lists."""

    event_id: UUID
    project_id: UUID
    command_id: UUID | None
    log_index: int | None
    at: datetime
    actor: str
    activity: str
    revision: int | None
    details: dict[str, Any]


def logged_entries(rows: Iterable[Mapping[str, Any]], *, shows_names: bool) -> tuple[Mapping[str, Any], ...]:
    """Return the entries as a file has them that says no more than the pages."""
    return tuple(shown_entry(row, _NO_DETAILS, shows_names=shows_names) for row in rows_as(LoggedActivityRow, rows))


async def activity_files(
    connection: AsyncConnection, document: ReportDocument, awaited_until: datetime | None
) -> Mapping[str, str]:
    """Return the files of a report with an activity log; without a key of the site there are none.

    Raises:
        LogStateAwaitedError: No signed state of the log has all entries yet, and the report has not waited long for it.
    """
    if document.activities is None:
        return {}
    try:
        key = signing_key.current()
    except NoSigningKeyError as error:
        log.warning("signing_key_missing", path=str(error.path), reason=error.reason)
        return {}
    state = await read_signed_state(connection, document.site, key)
    entries = _places(document.entries)
    needed = max((entry.log_index + 1 for entry in entries), default=0)
    if state.size < needed and (awaited_until is None or document.generated_at < awaited_until):
        raise LogStateAwaitedError(needed)
    if state.size < needed:
        log.warning("report_entries_not_proven", report_id=str(document.report_id), size=state.size, needed=needed)
    proven = [entry for entry in entries if entry.log_index < state.size]
    proofs = await (await LogTree.read(connection)).proofs(state, proven) if proven else ""
    return _files(document, key, entries, (state, proofs))


def _places(entries: Sequence[Mapping[str, Any]]) -> list[LoggedEntry]:
    """Return the entries in the order of their places.

    One that somebody inserted into the database has no place in the log.
    """
    return sorted(LoggedEntry(each["log_index"], shown_hash(each)) for each in entries if each["log_index"] is not None)


def _files(
    document: ReportDocument, key: SigningKey, entries: Sequence[LoggedEntry], proven: tuple[SignedState, str]
) -> dict[str, str]:
    state, proofs = proven
    files = {packaged.FILE: file_text({"items": document.entries, "withheld": []})}
    if not entries:
        return files
    edge = Edge()
    edge.append(entry.shown_hash for entry in entries)
    origin = packaged.report_origin(document.site, document.report_id)
    files |= {packaged.REPORT_PROOFS: proofs} if proofs else {}
    files[packaged.ENTRIES] = signed_entries(origin, edge, state.note if proofs else None, key)
    return {**files, packaged.LOG_KEY: log_key_line(document.site, key)}
