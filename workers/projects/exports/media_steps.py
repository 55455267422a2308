"""The step before a project is collected: its recordings are selected, and read once to hash them.

No row is locked while they are read. They are read again when the package is packed; if one has changed by then, the
project waits once more.
"""

import time
from typing import Any, Final, NamedTuple, TypedDict
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from workers.common.recordings import folder as recordings
from workers.projects import tables
from workers.projects.exports.conclusion import choice_of
from workers.projects.exports.media import FILES_MAX, Budget, PartMedia, Selection, stated
from workers.projects.row_types import ExportRow
from workers.projects.rules import camera_recording_rules
from workers.projects.rules.restricted_reading import glimpsed
from workers.runtime.commands.deferred_commands import Step
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.identity_map import row_of

ROUNDS_MAX: Final = 5
"""Selections of a project whose recordings change all the time; then the package has none of them."""

_TELLING_SECONDS: Final = 1.0

# One process selects for a package, project by project, so that its limit holds.
_HOLD = text("SELECT pg_try_advisory_xact_lock(hashtextextended(CAST(:package_id AS text), 1))")
_NEXT = text(
    """
    SELECT place, project_id, rounds FROM projects.export_part
    WHERE package_id = :package_id AND state = 'waiting' AND media IS NULL ORDER BY place LIMIT 1
    """
)
_USED = text(
    """
    SELECT coalesce(sum((media->>'bytes')::bigint), 0)::bigint AS bytes,
        coalesce(sum(jsonb_array_length(media->'files')), 0)::bigint AS files
    FROM projects.export_part WHERE package_id = :package_id
    """
)
_STORE = text(
    "UPDATE projects.export_part SET media = :media WHERE package_id = :package_id AND place = :place"
).bindparams(bindparam("media", type_=JSONB))
_FORGET = text("UPDATE projects.export_part SET media = NULL WHERE package_id = :package_id AND place = :place")
_DROP_FILES = text("DELETE FROM projects.export_file WHERE package_id = :package_id AND place = :place")
_DROP_ENTRIES = text("DELETE FROM projects.export_entry WHERE package_id = :package_id AND place = :place")
_WAIT_AGAIN = text(
    """
    UPDATE projects.export_part SET state = 'waiting', media = NULL, facts = NULL, rounds = rounds + 1,
        report_id = CASE WHEN :wants_reports THEN gen_random_uuid() END
    WHERE package_id = :package_id AND place = :place
    """
)
_TELL = text(
    """
    UPDATE projects.export SET media_bytes = media_bytes + :to_read, media_read_bytes = media_read_bytes + :read
    WHERE package_id = :package_id AND finished_at IS NULL
    """
)
_KEEP_OPEN = text("SELECT 1")


class _NextRow(TypedDict):
    """A project whose recordings are not selected."""

    place: int
    project_id: UUID
    rounds: int


class _UsedRow(TypedDict):
    """What the recordings of a package take already."""

    bytes: int
    files: int


class Progress:
    """Tells everybody, once a second, how many bytes of recordings were read; it also keeps the transaction open."""

    def __init__(self, step: Step, package_id: UUID) -> None:
        """Tell it in the row of the export."""
        self._step = step
        self._package_id = package_id
        self._to_read = self._read = 0
        self._told_at = time.monotonic()

    def expect(self, count: int) -> None:
        """Count bytes that are to be read."""
        self._to_read += count

    async def add(self, count: int) -> None:
        """Count bytes that were read."""
        self._read += count
        if time.monotonic() - self._told_at >= _TELLING_SECONDS:
            await self.tell()
            await self._step.connection.execute(_KEEP_OPEN)

    async def tell(self) -> None:
        """Tell what was counted since the last time, in a transaction of its own, because others read it."""
        counts = {"to_read": self._to_read, "read": self._read}
        self._to_read, self._read, self._told_at = 0, 0, time.monotonic()
        async with connect_autocommit(self._step.connection.engine) as connection:
            await connection.execute(_TELL, {"package_id": self._package_id, **counts})


class MediaPlace(NamedTuple):
    """The project of an export whose recordings are selected."""

    package_id: UUID
    place: int

    async def forget(self, step: Step) -> None:
        """Have them selected again, because the sequences changed meanwhile."""
        await step.connection.execute(_FORGET, self._asdict())

    async def wait_again(self, step: Step, *, wants_reports: bool) -> None:
        """Have the project collected again, because a recording changed before it was packed."""
        for statement in (_DROP_FILES, _DROP_ENTRIES):
            await step.connection.execute(statement, self._asdict())
        await step.connection.execute(_WAIT_AGAIN, {**self._asdict(), "wants_reports": wants_reports})


async def select_next(step: Step, export: ExportRow) -> bool:
    """Select the recordings of the first project that waits for that; return whether there was one."""
    named = {"package_id": export["package_id"]}
    if not choice_of(export).has_media or not (await step.connection.execute(_HOLD, named)).scalar_one():
        return False
    row = row_of(await step.connection.execute(_NEXT, named), _NextRow)
    if row is None:
        return False
    parameters = {"project_id": row["project_id"], "sections": ["sequences"]}
    async with glimpsed(step.connection, row["project_id"], export["access_reason"]):
        result = await step.connection.execute(tables.DOCUMENT, parameters)
        document: dict[str, Any] | None = result.scalar_one_or_none()
    if document is None:
        return False
    sequences = document["sequences"]
    camera_recording_rules.add_media(sequences, (await step.context(export["principal"])).now)
    media = await _select(step, export, row, sequences)
    await step.connection.execute(_STORE, {**named, "place": row["place"], "media": media})
    return True


async def _select(step: Step, export: ExportRow, row: _NextRow, sequences: list[dict[str, Any]]) -> PartMedia:
    folder = recordings.current()
    if folder is None:
        return stated(sequences, "not-configured")
    if row["rounds"] > ROUNDS_MAX:
        return stated(sequences, "unreadable")
    used = row_of(await step.connection.execute(_USED, {"package_id": export["package_id"]}), _UsedRow)
    spent = used or {"bytes": 0, "files": 0}
    progress = Progress(step, export["package_id"])
    budget = Budget(folder.bytes_max - spent["bytes"], FILES_MAX - spent["files"])
    media = await Selection(folder, budget, progress).select(sequences, step.site)
    await progress.tell()
    return media
