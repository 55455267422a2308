"""Keeping what lists and searches look at: the words of projects, and the cameras of their sequences."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects.search import lookup
from workers.projects.search.ngrams import all_grams, dated, line_of, month_of, pairs_of, sort_key, type_number
from workers.projects.search.ngrams import read as read_words
from workers.runtime.storage.database import insert_rows
from workers.runtime.storage.row_set import Row, RowSet
from workers.runtime.storage.statements import read, write

VERSION: Final = 3
"""What is searched today: with another number, `incidents migrate` reads the texts of all projects again."""

AT_ONCE: Final = 500
"""Projects whose texts are read again in one transaction."""

REWORDING: Final = frozenset({"type_id", *(column for columns in lookup.COLUMNS.values() for column in columns)})
"""The columns of a project of which a change is searched."""

_APART: Final = "\x1f"
"""Stands between texts of one source: no phrase goes from one into the next."""

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
_REWRITTEN = (
    "ON CONFLICT (project_id) DO UPDATE SET words = excluded.words, grams = excluded.grams, "
    "described = excluded.described WHERE (search.words, search.grams, search.described) "
    "IS DISTINCT FROM (excluded.words, excluded.grams, excluded.described)"
)

# Zeros come before every id. Who finds the newest version, or a row locked and changed meanwhile, has nothing to do.
_NEXT = text(
    """
    SELECT i.after, array(SELECT p.id FROM projects.project p WHERE p.id > i.after ORDER BY p.id LIMIT :at_once) AS ids
    FROM projects.indexing i WHERE i.version < :version FOR UPDATE OF i
    """
)
_LOCK = text("SELECT FROM projects.project WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE").bindparams(_IDS)
_READ = text("UPDATE projects.indexing SET after = :after")
_DONE = text("UPDATE projects.indexing SET version = :version, after = '00000000-0000-0000-0000-000000000000'")


async def index_again(connection: AsyncConnection, at_once: int = AT_ONCE) -> bool:
    """Read the texts of the next projects again, and tell whether there are more; each call is one transaction."""
    found = await read(connection, _NEXT, {"at_once": at_once, "version": VERSION})
    if not found:
        return False
    ids = found[0]["ids"]
    if not ids:
        await write(connection, _DONE, {"version": VERSION})
        return False
    await read(connection, _LOCK, {"ids": ids})
    await keep_words(connection, [], ids)
    await write(connection, _READ, {"after": ids[-1]})
    return True


async def keep_words(connection: AsyncConnection, new: Iterable[Row], reworded: Collection[Any]) -> None:
    """Write the words of new projects, and anew those of projects whose texts changed."""
    written: list[Row] = [{**row, "project_id": row["id"]} for row in new if row["id"] not in reworded]
    if reworded:
        written.extend(await read(connection, TEXTS, {"ids": sorted(reworded)}))
    await insert_rows(connection, lookup.Search, [searched(row) for row in written], conflict=_REWRITTEN)


def searched(written: Row) -> dict[str, Any]:
    """Return what is searched of a project: a line of words of each source, those of `lookup.SOURCES`."""
    lines: list[str] = []
    texts: list[tuple[list[str], list[str]]] = []
    for source in lookup.SOURCES:
        found = [read_words(one) for one in _texts(written, source)]
        lines.append(line_of(found) if found else _EMPTY)
        texts += found
    numbers = all_grams({word for words, codes in texts for word in (*words, *codes)})
    numbers = numbers.union(*(pairs_of(words) for words, _ in texts), (type_number(written["type_id"]),))
    return {
        "project_id": written["project_id"],
        "created_at": written["created_at"],
        "words": "\n".join(lines),
        "grams": dated(numbers, month_of(written["created_at"])),
        "described": sort_key(written["description"]),
    }


def _texts(written: Row, source: str) -> list[str]:
    columns = lookup.COLUMNS.get(source) or (source,)
    return [part for column in columns if (one := written.get(column)) for part in one.split(_APART)]


def named_cameras(sequences: Iterable[Row]) -> str:
    """Return what is searched of recordings, as it is read from the table."""
    return _APART.join(sorted({_APART.join((one["camera_name"], one["camera_id"])) for one in sequences}))


async def keep_cameras(connection: AsyncConnection, projects: RowSet, sequences: RowSet) -> None:
    """Write which cameras new sequences are of, and drop those of which none is left."""
    cameras = {(row["project_id"], row["camera_id"]) for row in sequences.written()}
    dated = ((project_id, camera_id, projects.get(project_id)) for project_id, camera_id in sorted(cameras))
    rows = [
        {"project_id": project_id, "camera_id": camera_id, "created_at": project["created_at"]}
        for project_id, camera_id, project in dated
        if project
    ]
    await insert_rows(connection, lookup.Camera, rows, conflict="ON CONFLICT DO NOTHING")
    left = sorted({project_id for project_id, _ in sequences.removed()})
    if left:
        await write(connection, _DROP_CAMERAS, {"ids": left})
