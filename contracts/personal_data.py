"""Finding personal data: one query for each worker, which searches all texts of its stores (GDPR 15 to 19)."""

from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from contracts.message import Message, Query
from contracts.permissions import Level, Node
from contracts.projects.queries import Cursor, Search
from contracts.values import Time

SEARCH_SECONDS: Final = 2.0
"""For so long a worker searches before it answers with what it has found, and where the next page goes on."""


class TextStore(StrEnum):
    """Where a text is stored."""

    PROJECT = "project"
    COMMENT = "comment"
    CALL = "call"
    SEQUENCE = "sequence"
    HISTORY = "history"
    DRAFT = "draft"
    EXPORT = "export"
    REDACTION = "redaction"
    RESTRICTION = "restriction"
    REPORT = "report"
    BATCH = "batch"
    SUMMARY = "summary"
    HOLD = "hold"
    ACTIVITY = "activity"
    AUDIT_LOG = "audit-log"
    DEAD_LETTER = "dead-letter"
    DEFINITION = "definition"
    DEFINITION_HISTORY = "definition-history"
    SETTINGS = "settings"
    ROLE = "role"


class Occurrence(Message):
    """A text that has the words, and where it is.

    `part` is the number of a comment, call or sequence that is in its project, as people count them. `thing` is the id
    of a report, batch, export, hold or entry, or the number of a dead letter. `by` and `at` say who wrote it and when,
    as far as it is stored. `excerpt` is null for callers who may not read it; `text` is the whole text, if it was asked
    for.
    """

    store: TextStore
    field: str
    project_id: UUID | None = None
    project_number: int | None = None
    part_id: UUID | None = None
    part: int | None = None
    revision: int | None = None
    thing: str | None = None
    at: Time | None = None
    by: str | None = None
    excerpt: str | None = None
    text: str | None = None


class Occurrences(Message):
    """A page of texts that have the words, and the cursor of the next page (absent on the last page).

    `searched` is the number of rows that were read for this page. A page ends when it is full, or after a few seconds:
    it may be empty and not the last one.
    """

    items: list[Occurrence]
    searched: int
    next: Cursor | None = None


class FindPersonalData(Query[Occurrences]):
    """The base of the queries that find texts with these words.

    With *view*, callers learn where the texts are, and read those that their other permissions show. With *manage*,
    they read all of them, as for an answer to the person.
    """

    node = Node.PERSONAL_DATA
    is_recorded = True

    search: Search
    whole: bool = False
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    after: Cursor | None = None

    def needs(self) -> dict[Node, Level]:
        """Require manage for whole texts."""
        return {self.node: Level.MANAGE if self.whole else self.level}


class FindInProjects(FindPersonalData):
    """Find words in projects, their parts and their history, in draft lists and in what exports say."""

    subject = "projects.find-in-projects"


class FindInReports(FindPersonalData):
    """Find words in what reports and batches say about their recipients and selections; their files are not read."""

    subject = "reports.find-in-reports"


class FindInHolds(FindPersonalData):
    """Find words in holds, current and past, and in requests to release them."""

    subject = "retention.find-in-holds"


class FindInActivities(FindPersonalData):
    """Find words in the activity of projects and in the log server."""

    subject = "audit.find-in-activities"


class FindInAdministration(FindPersonalData):
    """Find words in dead letters, definitions and their history, settings and roles."""

    subject = "administration.find-in-administration"


FIND_QUERIES: tuple[type[FindPersonalData], ...] = (
    FindInProjects,
    FindInReports,
    FindInHolds,
    FindInActivities,
    FindInAdministration,
)
"""All of them, in the order in which people read their answers."""
