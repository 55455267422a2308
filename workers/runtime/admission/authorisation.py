"""Who may do what, read from the database with every batch and query, so that a change acts at once."""

from collections.abc import Iterable, Mapping

from contracts.errors import Code, Refusal
from contracts.message import Command, Request
from contracts.permissions import ADMINISTRATORS, EVERYTHING, Grants, Level, Node
from contracts.subjects import SYSTEM


def granted(principals: Iterable[str], given: Iterable[tuple[str, str, Mapping[str, str]]]) -> dict[str, Grants]:
    """Return what each principal may do: the highest level of all its roles, by node (PERM-05, PERM-06)."""
    grants = {principal: EVERYTHING if principal == SYSTEM else Grants() for principal in principals}
    for principal, role_id, permissions in given:
        mine = grants[principal]
        if role_id == ADMINISTRATORS:
            grants[principal] = EVERYTHING
        elif mine is not EVERYTHING:
            for name, level in permissions.items():
                node = Node(name)
                mine[node] = max(mine.get(node, Level.NONE), Level[level.upper()])
    return grants


def authorise(message: Request[object], principal: str, grants: Grants) -> None:
    """Refuse what the caller's roles do not allow; name the nodes that are missing (PERM-13)."""
    if isinstance(message, Command) and message.internal:
        missing = [] if principal == SYSTEM else [message.node]
    else:
        missing = message.missing(grants)
    if missing:
        code = Code.PERMISSION_DENIED if isinstance(message, Command) else Code.NOT_AVAILABLE
        raise Refusal(code, nodes=missing, level=message.level.name.lower())
