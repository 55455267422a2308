"""The size of a package, measured before its contents are read."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal
from workers.projects.packages.choice import Choice

PACKAGE_BYTES_MAX: Final = 20_000_000
"""Bytes of text of one project in a package: memory holds several copies of it while it is collected."""

FILES_BYTES_MAX: Final = 5 * PACKAGE_BYTES_MAX
"""Bytes of all files of projects in a package, which the database stores twice: each text is in a document and on the
page, where some characters take several bytes."""

_DOCUMENT = text("SELECT comments + calls + sequences FROM published.project_bytes(:project_id, :sections)").bindparams(
    bindparam("sections", type_=ARRAY(Text))
)
_PAST = text(
    """
    SELECT coalesce(sum(coalesce(octet_length(old::text), 0) + coalesce(octet_length(new::text), 0)), 0)
    FROM projects.history WHERE project_id = :project_id AND NOT field = ANY(:hidden)
    """
).bindparams(bindparam("hidden", type_=ARRAY(Text)))
_ACTIVITY = text(
    "SELECT coalesce(sum(octet_length(details::text) + 500), 0) FROM published.activity WHERE project_id = :project_id"
)


async def bytes_of(connection: AsyncConnection, project_id: UUID, choice: Choice) -> int:
    """Return the bytes of text that a package would have of a project.

    History and activity are measured last, and only if the rest fits, because measuring them reads every byte.
    """
    parameters: dict[str, Any] = {"project_id": project_id, "sections": choice.sections}
    size: int = (await connection.execute(_DOCUMENT, parameters)).scalar_one()
    if "history" in choice.includes and size <= PACKAGE_BYTES_MAX:
        parameters = {"project_id": project_id, "hidden": choice.hidden_fields}
        size += (await connection.execute(_PAST, parameters)).scalar_one()
    if "activity" in choice.includes and size <= PACKAGE_BYTES_MAX:
        size += (await connection.execute(_ACTIVITY, {"project_id": project_id})).scalar_one()
    return size


def require_size(size: int, limit: int) -> None:
    """Refuse a package of this size beyond a limit."""
    if size > limit:
        field = {"field": "include", "kind": "package_too_large", "unit": "bytes", "size": size, "limit": limit}
        raise Refusal(Code.INVALID, fields=[field])
