"""Proving which text stood in a project: a text is compared with the salted hash in the entry of the activity log."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypedDict
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.entry_values import TEXT_HASHES, text_hash
from contracts.evidence.log_entries import leaf_of
from contracts.evidence.merkle_tree import leaf_hash
from contracts.message import Store
from workers.audit.tamper_evidence import stored_evidence
from workers.runtime.process.preconditions import explain_errors
from workers.runtime.storage.database import SessionTimeouts, connect_autocommit, open_engine
from workers.runtime.storage.identity_map import rows_of

_WAITS: Final = SessionTimeouts("incidents-prove-text")
_ENTRIES: Final = text(
    """
    SELECT a.activity, a.actor, a.at, a.command_id, a.details, a.event_id, a.project_id, a.revision, a.log_index,
        a.hash, s.salt
    FROM audit.activity a LEFT JOIN audit.text_salt s ON s.event_id = a.event_id AND s.field = :field
    WHERE a.project_id = :project_id AND a.revision = :revision AND a.command_id IS NOT NULL
    ORDER BY a.at
    """
)
_REVISIONS: Final = text(
    """
    SELECT DISTINCT revision FROM audit.text_salt WHERE project_id = :project_id AND field = :field ORDER BY revision
    """
)
_PROJECT: Final = text(
    """
    SELECT project_id FROM published.projects
    WHERE CAST(project_id AS text) = :project OR CAST(number AS text) = :project
    UNION ALL
    SELECT project_id FROM published.tombstones
    WHERE CAST(project_id AS text) = :project OR CAST(number AS text) = :project
    """
)


class HashedEntryRow(TypedDict):
    """A row of the statement that reads the entry of a revision, with the salt of a text."""

    activity: str
    actor: str
    at: datetime
    command_id: UUID | None
    details: dict[str, Any]
    event_id: UUID
    project_id: UUID
    revision: int
    log_index: int
    hash: bytes
    salt: bytes | None


class Question(NamedTuple):
    """Which text is asked about: the project by number or id, the revision that wrote it, and its field."""

    project: str
    revision: int
    field: str


Kind = Literal["unknown", "not-recorded", "no-hash", "forgotten"]


class NoHashError(Exception):
    """There is nothing to compare a text with; of the field there are hashes from these revisions."""

    def __init__(self, kind: Kind, revisions: Sequence[int] = ()) -> None:
        super().__init__(kind)
        self.kind = kind
        self.revisions = revisions


class TextProof(NamedTuple):
    """Whether a text stood in a project, by which entry of the log."""

    is_same: bool
    is_intact: bool
    """Whether the entry is as it was recorded, and as the tree has it."""

    project_id: UUID
    log_index: int
    at: datetime
    actor: str


async def prove(database_url: str, question: Question, wording: str) -> TextProof:
    """Compare a text with what a revision of a project made of a field.

    Raises:
        NoHashError: There is nothing to compare it with.
    """
    engine = open_engine(database_url, connections=1, waits=_WAITS)
    try:
        async with explain_errors(database_url, "INCIDENTS_DATABASE_URL"), connect_autocommit(engine) as connection:
            entry = await _entry(connection, question)
            tree = await stored_evidence.read_tree(connection, Store.INCIDENT_MANAGER, ())
    finally:
        await engine.dispose()
    computed, known = leaf_hash(leaf_of(entry)), tree.leaf(entry["log_index"])
    is_intact = computed == entry["hash"] and known in {None, computed}
    expected, salt = entry["details"][TEXT_HASHES][question.field], entry["salt"] or b""
    is_same = expected in {text_hash(candidate, salt) for candidate in _candidates(wording)}
    return TextProof(is_same, is_intact, entry["project_id"], entry["log_index"], entry["at"], entry["actor"])


async def _entry(connection: AsyncConnection, question: Question) -> HashedEntryRow:
    parameters: dict[str, Any] = question._asdict()
    project_id = (await connection.execute(_PROJECT, parameters)).scalar()
    if project_id is None:
        raise NoHashError("unknown")
    parameters["project_id"] = project_id
    rows = rows_of(await connection.execute(_ENTRIES, parameters), HashedEntryRow)
    if not rows:
        raise NoHashError("not-recorded")
    for row in rows:
        if question.field in row["details"].get(TEXT_HASHES, {}):
            if row["salt"] is None:
                raise NoHashError("forgotten")
            return row
    revisions = (await connection.execute(_REVISIONS, parameters)).scalars().all()
    raise NoHashError("no-hash", revisions)


def _candidates(wording: str) -> set[str]:
    """Return the forms in which the product may have stored a text: editors end a file with a line break."""
    lines = wording.replace("\r\n", "\n")
    forms = {form for whole in (wording, lines) for form in (whole, whole.removesuffix("\n"), whole.strip())}
    return forms | {unicodedata.normalize("NFC", form) for form in forms}
