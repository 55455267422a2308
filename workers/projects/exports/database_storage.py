"""The storage of packages: rows that are deleted with their projects, and after a day in any case."""

from collections.abc import Iterable
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import Interval, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects import export_tables, tables
from workers.projects.row_types import PackageRow
from workers.runtime.queries import download_audit
from workers.runtime.storage import file_chunks
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import row_of

_CHUNK = text("INSERT INTO projects.package_chunk (package_id, number, data) VALUES (:package_id, :number, :data)")
_PACKAGE = text("SELECT * FROM projects.package WHERE package_id = :package_id")
_PROJECTS = text("SELECT project_id FROM projects.package_project WHERE package_id = :package_id ORDER BY project_id")
_CHUNKS = text(
    """
    SELECT data FROM projects.package_chunk
    WHERE package_id = :package_id AND number BETWEEN :first AND :last ORDER BY number
    """
)
DOWNLOADED = download_audit.download_statement("projects.package_download", "package_id")
_AGE = bindparam("kept", type_=Interval)
_OLD_PACKAGES = text("DELETE FROM projects.package WHERE created_at <= now() - :kept").bindparams(_AGE)

# Locked rows are left for the next time: nobody waits, and no lock is taken out of order.
_OLD_DRAFTS = text(
    """
    DELETE FROM projects.draft WHERE (principal, sequence_id) IN (
        SELECT principal, sequence_id FROM projects.draft WHERE drafted_at <= now() - :kept FOR UPDATE SKIP LOCKED)
    """
).bindparams(_AGE)


async def keep(connection: AsyncConnection, package: PackageRow, file: BinaryIO) -> None:
    """Write a package with the bytes of a file, part by part."""
    await insert_rows(connection, tables.Package, [package])
    await file_chunks.write(connection, _CHUNK, file, package_id=package["package_id"])


async def add_projects(connection: AsyncConnection, package_id: UUID, project_ids: Iterable[UUID]) -> None:
    """Write which projects a package contains; none of them can be deleted from here to the commit."""
    contained = [{"package_id": package_id, "project_id": project_id} for project_id in project_ids]
    await insert_rows(connection, export_tables.PackageProject, contained)


async def read(connection: AsyncConnection, package_id: UUID) -> PackageRow | None:
    """Return the row of a package."""
    return row_of(await connection.execute(_PACKAGE, {"package_id": package_id}), PackageRow)


async def project_ids(connection: AsyncConnection, package_id: UUID) -> list[UUID]:
    """Return the projects of a package."""
    return list((await connection.execute(_PROJECTS, {"package_id": package_id})).scalars())


async def part(connection: AsyncConnection, package_id: UUID, offset: int, length: int) -> bytes:
    """Return some bytes of a package."""
    return await file_chunks.read(connection, _CHUNKS, offset, length, package_id=package_id)


async def purge(connection: AsyncConnection, packages: timedelta, drafts: timedelta) -> tuple[int, int]:
    """Delete packages and drafted sequences that are older than this; return how many of each."""
    gone = await connection.execute(_OLD_PACKAGES, {"kept": packages})
    forgotten = await connection.execute(_OLD_DRAFTS, {"kept": drafts})
    return gone.rowcount, forgotten.rowcount
