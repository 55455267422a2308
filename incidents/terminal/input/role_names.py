"""Roles by the names that people type, and the names that people see."""

from collections.abc import Iterable
from typing import Final

from contracts.administration_queries import Role
from incidents.terminal.input.naming import Named, choose
from incidents.terminal.session import Session

FIRST_ROLE: Final = ("administrators", "Administrators")
"""The id and the name of the first role of a site, as they are stored."""


def role(session: Session, text: str, known: Iterable[Role]) -> str:
    """Return the id of a role, by its id or its name."""
    roles = list(known)
    if any(role_.role_id == text for role_ in roles):
        return text
    shown = [Named(role_.role_id, text) for role_ in roles for text in (role_.role_id, role_name(session, role_))]
    named = dict.fromkeys([*shown, *(Named(role_.role_id, role_.name) for role_ in roles)])
    return str(choose(session, "Role", text, [*named]))


def role_name(session: Session, role_: Role) -> str:
    """Return the name of a role; the first one of a site is in the language of the reader, until it is renamed."""
    return shown_role_name(session, role_.role_id, role_.name)


def shown_role_name(session: Session, role_id: str, name: str) -> str:
    """Return the name of a role by its id and its stored name."""
    return session.say(name) if (role_id, name) == FIRST_ROLE else name
