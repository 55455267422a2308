"""The size of a package, measured before its contents are read."""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal

PACKAGE_BYTES_MAX: Final = 20_000_000
"""Bytes of text in one package: memory holds several copies of it."""

_DOCUMENT = text("SELECT comments + calls + sequences FROM published.project_bytes(:project_id, :sections)").bindparams(
    bindparam("sections", type_=ARRAY(Text))
)
_PAST = text(
    """
    SELECT coalesce(sum(coalesce(octet_length(old::text), 0) + coalesce(octet_length(new::text), 0)), 0)
    FROM projects.history WHERE project_id = :project_id AND NOT field = ANY(:hidden)
    """
).bindparams(bindparam("hidden", type_=ARRAY(Text)))


async def require_package_size(
    connection: AsyncConnection, project_id: UUID, sections: Collection[str], hidden: Collection[str] | None
) -> None:
    """Refuse a package that is too large; `hidden` are the fields that its history omits, None without a history.

    The history is measured last, and only if the rest fits, because measuring it reads every byte.
    """
    parameters: dict[str, Any] = {"project_id": project_id, "sections": list(sections)}
    size: int = (await connection.execute(_DOCUMENT, parameters)).scalar_one()
    if hidden is not None and size <= PACKAGE_BYTES_MAX:
        parameters = {"project_id": project_id, "hidden": list(hidden)}
        size += (await connection.execute(_PAST, parameters)).scalar_one()
    if size > PACKAGE_BYTES_MAX:
        limit = {"unit": "bytes", "size": size, "limit": PACKAGE_BYTES_MAX}
        raise Refusal(Code.INVALID, fields=[{"field": "include", "kind": "package_too_large", **limit}])
