"""Reading what a report shows besides the document of its project: the hold, earlier wordings, and other files."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.permissions import Grants, Level, Node
from contracts.projects.queries import Hold
from workers.reports import domain, tables
from workers.reports.rendering.render_input import CommentChange, ProjectFile, ReportDocument
from workers.reports.row_types import CommentChangeRow, HoldRow, ProjectFileRow
from workers.runtime.storage.identity_map import row_of, rows_of


class Circumstances(NamedTuple):
    """The hold of a project, what its comments said before, and the files that were made of it."""

    hold: Hold | None
    comment_changes: tuple[CommentChange, ...]
    unlisted_wordings: int
    earlier_reports: tuple[ProjectFile, ...]
    exports: tuple[ProjectFile, ...]


async def read_circumstances(connection: AsyncConnection, project_id: UUID, grants: Grants) -> Circumstances:
    """Read what the author of a report may see of a project's circumstances."""
    named: dict[str, Any] = {"project_id": project_id}
    changes = await _comment_changes(connection, named) if grants.allow(Node.COMMENTS, Level.VIEW) else []
    unlisted = [row for row in changes if row["text"] is None and not row["is_deletion"]]
    hold = None
    if grants.allow(Node.RETENTION, Level.VIEW):
        hold = row_of(await connection.execute(tables.HOLD, named), HoldRow)
    sees_exports = grants.allow(Node.EXPORT, Level.VIEW)
    return Circumstances(
        hold=Hold(**hold) if hold else None,
        comment_changes=tuple(
            CommentChange(comment_id=row["comment_id"], at=row["at"], by=row["by"], text=row["text"])
            for row in changes
            if row not in unlisted
        ),
        unlisted_wordings=len(unlisted),
        earlier_reports=await _files(connection, tables.EARLIER_REPORTS, named),
        exports=await _files(connection, tables.EXPORTS, named) if sees_exports else (),
    )


def restricted_nodes(document: ReportDocument) -> list[str]:
    """Return the nodes that a report needs for its circumstances."""
    nodes = ((Node.RETENTION, document.project.hold), (Node.EXPORT, document.exports))
    return [node.value for node, shown in nodes if shown]


async def _comment_changes(connection: AsyncConnection, named: dict[str, Any]) -> list[CommentChangeRow]:
    limits = {"wordings_max": domain.WORDINGS_MAX, "bytes_max": domain.WORDINGS_BYTES_MAX}
    return list(rows_of(await connection.execute(tables.COMMENT_CHANGES, named | limits), CommentChangeRow))


async def _files(connection: AsyncConnection, statement: TextClause, named: dict[str, Any]) -> tuple[ProjectFile, ...]:
    """Return the newest files, in the order of time."""
    rows = rows_of(await connection.execute(statement, named | {"files_max": domain.FILES_MAX}), ProjectFileRow)
    return tuple(ProjectFile(id=row["id"], at=row["at"], by=row["by"]) for row in reversed(list(rows)))
