"""Who may do what, read from the database with every batch and query, so that a change acts at once."""

from collections.abc import Iterable

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal
from contracts.message import Asking, Command
from contracts.permissions import ADMINISTRATORS, EVERYTHING, Grants, Level, Node
from contracts.subjects import SYSTEM

_GRANTS = text(
    "SELECT principal, role_id, permissions FROM published.grants WHERE principal = ANY(:principals)"
).bindparams(bindparam("principals", type_=ARRAY(TEXT)))


async def grants_of(connection: AsyncConnection, principals: Iterable[str]) -> dict[str, Grants]:
    """Return what each principal may do: the highest level of all its roles, by node (PERM-05, PERM-06)."""
    asked = set(principals)
    given = {principal: Grants() for principal in asked}
    for principal, role_id, permissions in await connection.execute(_GRANTS, {"principals": list(asked)}):
        if role_id == ADMINISTRATORS:
            given[principal] = EVERYTHING
        elif given[principal] is not EVERYTHING:
            for node, level in permissions.items():
                mine = given[principal]
                mine[Node(node)] = max(mine.get(Node(node), Level.NONE), Level[level.upper()])
    if SYSTEM in given:
        given[SYSTEM] = EVERYTHING
    return given


def authorise(message: Asking[object], principal: str, grants: Grants) -> None:
    """Refuse what the caller's roles do not allow; name the nodes that are missing (PERM-13)."""
    if isinstance(message, Command) and message.internal:
        missing = [] if principal == SYSTEM else [message.node]
    else:
        missing = sorted(node for node in message.nodes() if not grants.allow(node, message.level))
    if missing:
        code = Code.PERMISSION_DENIED if isinstance(message, Command) else Code.NOT_AVAILABLE
        raise Refusal(code, nodes=missing, level=message.level.name.lower())
