"""Permissions of principals, read from the database with every batch and query, so that a change acts at once."""

from collections.abc import Iterable, Mapping

from contracts.errors import Code, Refusal
from contracts.message import Command, Request
from contracts.permissions import ADMINISTRATORS, EVERYTHING, Grants, Level, Node
from contracts.subjects import SYSTEM


def grants_of(
    principals: Iterable[str], assignments: Iterable[tuple[str, str, Mapping[str, str]]]
) -> dict[str, Grants]:
    """Return the grants of each principal: by node, the highest level of all its roles (PERM-05, PERM-06)."""
    grants = {principal: EVERYTHING if principal == SYSTEM else Grants() for principal in principals}
    for principal, role_id, permissions in assignments:
        own = grants[principal]
        if role_id == ADMINISTRATORS:
            grants[principal] = EVERYTHING
        elif own is not EVERYTHING:
            for name, level in permissions.items():
                node = Node(name)
                own[node] = max(own.get(node, Level.NONE), Level[level.upper()])
    return grants


def authorise(message: Request[object], principal: str, grants: Grants) -> None:
    """Refuse a message that the caller's roles do not allow, and name the missing nodes (PERM-13)."""
    if isinstance(message, Command) and message.internal:
        missing = [] if principal == SYSTEM else [message.node]
    else:
        missing = message.missing(grants)
    if missing:
        code = Code.PERMISSION_DENIED if isinstance(message, Command) else Code.NOT_AVAILABLE
        raise Refusal(code, nodes=missing, level=message.level.name.lower())
