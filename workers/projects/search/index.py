"""Maintaining the search index: the words of projects, and the cameras of their sequences."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypedDict
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.common.text_search.text_folding import line_of, sort_key
from workers.common.text_search.text_folding import read as read_words
from workers.projects.row_types import CameraRow, ProjectRow, SearchRow, SequenceRow
from workers.projects.search import index_tables
from workers.projects.search.ngrams import month_of, monthly_grams, monthly_numbers, pairs_of, type_number
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import RowSet, read_rows
from workers.runtime.storage.statement_execution import read, write

VERSION: Final = 4
"""The version of the index; when it changes, `incidents migrate` indexes all projects again."""

BATCH_PROJECTS: Final = 500
"""Projects that are indexed again in one transaction."""

REWORDING: Final = frozenset({"type_id", *(column for columns in index_tables.COLUMNS.values() for column in columns)})
"""The columns of a project whose change updates the index."""

_APART: Final = "\x1f"
"""The separator between texts of one source: no phrase spans two texts."""

_EMPTY: Final = line_of(())

_NAMES: Final = ", ".join(f"p.{column}" for column in sorted(REWORDING))
_IDS = bindparam("ids", type_=ARRAY(Uuid))
TEXTS = text(
    f"""
    SELECT p.id AS project_id, p.created_at, {_NAMES},
        (SELECT string_agg(c.text, E'\\x1f') FROM projects.comment c WHERE c.project_id = p.id) AS comments,
        (SELECT string_agg(concat_ws(E'\\x1f', c.party, c.number, c.reference, c.notes), E'\\x1f')
         FROM projects.call c WHERE c.project_id = p.id) AS calls,
        (SELECT string_agg(DISTINCT concat_ws(E'\\x1f', s.camera_name, s.camera_id), E'\\x1f')
         FROM projects.sequence s WHERE s.project_id = p.id) AS cameras
    FROM projects.project p WHERE p.id = ANY(:ids)
    """  # noqa: S608 - names of columns
).bindparams(_IDS)
_DROP_CAMERAS = text(
    """
    DELETE FROM projects.camera c WHERE c.project_id = ANY(:ids) AND NOT EXISTS (
        SELECT FROM projects.sequence s WHERE s.project_id = c.project_id AND s.camera_id = c.camera_id)
    """
).bindparams(_IDS)
_ON_CONFLICT = (
    "ON CONFLICT (project_id) DO UPDATE SET words = excluded.words, grams = excluded.grams, "
    "described = excluded.described WHERE (search.words, search.grams, search.described) "
    "IS DISTINCT FROM (excluded.words, excluded.grams, excluded.described)"
)

# The zero UUID precedes every id. A process that finds the newest version has nothing to do.
_NEXT = text(
    """
    SELECT i.after, array(SELECT p.id FROM projects.project p WHERE p.id > i.after ORDER BY p.id LIMIT :at_once) AS ids
    FROM projects.indexing i WHERE i.version < :version FOR UPDATE OF i
    """
)
_LOCK = text("SELECT FROM projects.project WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE").bindparams(_IDS)
_SAVE_PROGRESS = text("UPDATE projects.indexing SET after = :after")
_FINISH = text("UPDATE projects.indexing SET version = :version, after = '00000000-0000-0000-0000-000000000000'")


class TextRow(TypedDict):
    """The texts of a project that are searched, with its date and its type."""

    project_id: UUID
    created_at: datetime
    type_id: int | None
    description: str
    reference: str | None
    text_1: str | None
    text_2: str | None
    text_3: str | None
    comments: str | None
    calls: str | None
    cameras: str | None


class _NextRow(TypedDict):
    """The row of the statement that takes the next projects to index again."""

    after: UUID
    ids: list[UUID]


async def reindex(connection: AsyncConnection, at_once: int = BATCH_PROJECTS) -> bool:
    """Index the next projects again, and tell whether there are more; each call is one transaction."""
    rows = await read_rows(connection, _NEXT, {"at_once": at_once, "version": VERSION}, _NextRow)
    if not rows:
        return False
    ids = rows[0]["ids"]
    if not ids:
        await write(connection, _FINISH, {"version": VERSION})
        return False
    await read(connection, _LOCK, {"ids": ids})
    await keep_words(connection, [], ids)
    await write(connection, _SAVE_PROGRESS, {"after": ids[-1]})
    return True


async def keep_words(connection: AsyncConnection, new: Iterable[TextRow], reworded: Collection[Any]) -> None:
    """Write the words of new projects and of projects with changed texts."""
    texts = [row for row in new if row["project_id"] not in reworded]
    if reworded:
        texts.extend(await read_rows(connection, TEXTS, {"ids": sorted(reworded)}, TextRow))
    await insert_rows(connection, index_tables.Search, [search_row(row) for row in texts], conflict=_ON_CONFLICT)


def texts_of(project: ProjectRow, sequences: Iterable[SequenceRow]) -> TextRow:
    """Return the texts of a new project, in the form in which they are read for a stored one."""
    return {
        "project_id": project["id"],
        "created_at": project["created_at"],
        "type_id": project["type_id"],
        "description": project["description"],
        "reference": project["reference"],
        "text_1": project["text_1"],
        "text_2": project["text_2"],
        "text_3": project["text_3"],
        "comments": None,
        "calls": None,
        "cameras": named_cameras(sequences),
    }


def search_row(row: TextRow) -> SearchRow:
    """Return the index row of a project, with a line of words for each source of `index_tables.SOURCES`."""
    lines: list[str] = []
    texts: list[tuple[list[str], list[str]]] = []
    for source in index_tables.SOURCES:
        words_of_source = [read_words(text) for text in _texts(row, source)]
        lines.append(line_of(words_of_source) if words_of_source else _EMPTY)
        texts += words_of_source
    month = month_of(row["created_at"])
    grams = {monthly_grams(word, month) for words, codes in texts for word in (*words, *codes)}
    others = {type_number(row["type_id"])}.union(*(pairs_of(words) for words, _ in texts))
    return {
        "project_id": row["project_id"],
        "created_at": row["created_at"],
        "words": "\n".join(lines),
        "grams": sorted(frozenset(monthly_numbers(others, month)).union(*grams)),
        "described": sort_key(row["description"]),
    }


def _texts(row: Mapping[str, Any], source: str) -> list[str]:
    texts: list[str] = []
    for column in index_tables.COLUMNS.get(source) or (source,):
        if value := row.get(column):
            texts += value.split(_APART) if _APART in value else (value,)
    return [text for text in texts if text]


def named_cameras(sequences: Iterable[SequenceRow]) -> str:
    """Return the searched text of recordings, in the form in which it is read from the table."""
    return _APART.join(sorted({_APART.join((row["camera_name"], row["camera_id"])) for row in sequences}))


async def keep_cameras(
    connection: AsyncConnection, projects: RowSet[ProjectRow], sequences: RowSet[SequenceRow]
) -> None:
    """Write the cameras of new sequences, and drop cameras without sequences; a redacted one is no camera."""
    cameras = {(row["project_id"], row["camera_id"]) for row in sequences.written() if row["camera_id"]}
    dated = ((project_id, camera_id, projects.get(project_id)) for project_id, camera_id in sorted(cameras))
    rows: list[CameraRow] = [
        {"project_id": project_id, "camera_id": camera_id, "created_at": project["created_at"]}
        for project_id, camera_id, project in dated
        if project
    ]
    await insert_rows(connection, index_tables.Camera, rows, conflict="ON CONFLICT DO NOTHING")
    redacted = {row["project_id"] for row in sequences.written() if not row["camera_id"]}
    left = sorted(redacted.union(project_id for project_id, _ in sequences.removed()))
    if left:
        await write(connection, _DROP_CAMERAS, {"ids": left})
