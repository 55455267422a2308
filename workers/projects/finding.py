"""Keeping what lists and searches look at: the words of projects, and the cameras of their sequences."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects import tables
from workers.projects.words import all_grams, dated, joined, month_of, words_of
from workers.runtime.database import insert_rows
from workers.runtime.kept import Kept, Row
from workers.runtime.statements import read, write

_IDS = bindparam("ids", type_=ARRAY(Uuid))
TEXTS = text(
    """
    SELECT p.id AS project_id, p.created_at, p.description,
        (SELECT string_agg(c.text, ' ') FROM projects.comment c WHERE c.project_id = p.id) AS comments,
        (SELECT string_agg(concat_ws(' ', c.party, c.number, c.reference, c.notes), ' ')
         FROM projects.call c WHERE c.project_id = p.id) AS calls
    FROM projects.project p WHERE p.id = ANY(:ids)
    """
).bindparams(_IDS)
_DROP_CAMERAS = text(
    """
    DELETE FROM projects.camera c WHERE c.project_id = ANY(:ids) AND NOT EXISTS (
        SELECT FROM projects.sequence s WHERE s.project_id = c.project_id AND s.camera_id = c.camera_id)
    """
).bindparams(_IDS)
_REWRITTEN = (
    "ON CONFLICT (project_id) DO UPDATE SET words = excluded.words, grams = excluded.grams "
    "WHERE search.words <> excluded.words"
)


async def keep_words(connection: AsyncConnection, new: Iterable[Row], reworded: Collection[Any]) -> None:
    """Write the words of new projects, and anew those of projects whose texts changed."""
    written: list[Row] = [{**row, "project_id": row["id"]} for row in new if row["id"] not in reworded]
    if reworded:
        written.extend(await read(connection, TEXTS, {"ids": sorted(reworded)}))
    await insert_rows(connection, tables.Search, [searched(row) for row in written], conflict=_REWRITTEN)


def searched(written: Row) -> dict[str, Any]:
    """Return what is searched of a project: a line of words of each source, those of `tables.SOURCES`."""
    sources = [words_of(written.get(source) or "") for source in tables.SOURCES]
    return {
        "project_id": written["project_id"],
        "created_at": written["created_at"],
        "words": "\n".join(map(joined, sources)),
        "grams": dated(all_grams(set().union(*sources)), month_of(written["created_at"])),
    }


async def keep_cameras(connection: AsyncConnection, projects: Kept, sequences: Kept) -> None:
    """Write which cameras new sequences are of, and drop those of which none is left."""
    cameras = {(row["project_id"], row["camera_id"]) for row in sequences.written()}
    dated = ((project_id, camera_id, projects.get(project_id)) for project_id, camera_id in sorted(cameras))
    rows = [
        {"project_id": project_id, "camera_id": camera_id, "created_at": project["created_at"]}
        for project_id, camera_id, project in dated
        if project
    ]
    await insert_rows(connection, tables.Camera, rows, conflict="ON CONFLICT DO NOTHING")
    left = sorted({project_id for project_id, _ in sequences.removed()})
    if left:
        await write(connection, _DROP_CAMERAS, {"ids": left})
