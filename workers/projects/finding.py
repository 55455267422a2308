"""Keeping what lists and searches look at: the words of projects, and the cameras of their sequences."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects import tables
from workers.projects.words import all_grams, joined, words_of
from workers.runtime.database import insert_rows
from workers.runtime.kept import Kept, Row

_REWRITTEN = (
    "ON CONFLICT (project_id) DO UPDATE SET words = excluded.words, grams = excluded.grams "
    "WHERE search.words <> excluded.words"
)


async def keep_words(connection: AsyncConnection, new: Iterable[Row], reworded: Collection[UUID]) -> None:
    """Write the words of new projects, and anew those of projects whose texts changed."""
    rows = [_searched(row["id"], row["description"]) for row in new if row["id"] not in reworded]
    if reworded:
        found = await connection.execute(tables.TEXTS, {"ids": sorted(reworded)})
        rows += [_searched(project_id, written) for project_id, written in found]
    await insert_rows(connection, tables.Search, rows, conflict=_REWRITTEN)


def _searched(project_id: UUID, written: str) -> dict[str, Any]:
    words = words_of(written)
    return {"project_id": project_id, "words": joined(words), "grams": all_grams(words)}


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
        await connection.execute(tables.DROP_CAMERAS, {"ids": left})
