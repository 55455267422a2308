"""Permissions of principals, read from the database with every batch and query, so that a change acts at once."""

from collections.abc import Iterable, Mapping

from contracts.errors import Code, Refusal
from contracts.message import Command, Request
from contracts.permissions import ADMINISTRATORS, EVERYTHING, Grants, Level, Node
from contracts.subjects import SYSTEM

_RECENT_PRINCIPALS_MAX = 10_000


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
    if missing := _missing(message, principal, grants):
        code = Code.PERMISSION_DENIED if isinstance(message, Command) else Code.NOT_AVAILABLE
        raise Refusal(code, nodes=missing, level=message.level.name.lower())


def _missing(message: Request[object], principal: str, grants: Grants) -> list[Node]:
    if isinstance(message, Command) and message.internal:
        return [] if principal == SYSTEM else [message.node]
    return message.missing(grants)


class RecentGrants:
    """The grants that senders had in their last batch.

    What a command needs may be read with the current grants, in the same round trip, if the recent ones allow it. Only
    the current ones decide.
    """

    def __init__(self) -> None:
        """Know nobody: the first command of a sender is authorised before anything is read for it."""
        self._grants: dict[str, Grants] = {}

    def note(self, grants: Mapping[str, Grants]) -> None:
        """Keep the grants of a batch."""
        if len(self._grants) >= _RECENT_PRINCIPALS_MAX:
            self._grants.clear()
        self._grants |= grants

    def allow(self, message: Request[object], principal: str) -> bool:
        """Return whether the sender was allowed such a message in its last batch."""
        grants = self._grants.get(principal)
        return grants is not None and not _missing(message, principal, grants)
