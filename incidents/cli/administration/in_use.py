"""The refusal of a definition that projects have: its name, how many projects, and the line that shows them."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from contracts.errors import Code
from incidents.errors import Refused
from incidents.terminal.session import Session

_COUNTED_MAX: Final = 1_000
"""The most projects that the system counts; one more means even more."""


@contextmanager
def explain_use(session: Session, name: str, option: str, value: str = "") -> Iterator[None]:
    """Name the definition in a refusal because of projects; `option` and its `value`, the name by default, list them.

    Raises:
        Refused: The refusal, in these words.
    """
    try:
        yield
    except Refused as refused:
        projects = refused.details.get("projects")
        if refused.code is not Code.IN_USE or not isinstance(projects, int):
            raise
        details: dict[str, Any] = {key: each for key, each in refused.details.items() if key != "projects"}
        details |= {"projects": projects} if session.json else {}
        line = f"incidents projects list {option} {shlex.quote(value or name)}{session.place}"
        details |= {"type": line}
        changes = {"message": _sentence(session, name, projects), "details": details}
        raise Refused(refused.error.model_copy(update=changes), command_id=refused.command_id) from refused


def _sentence(session: Session, name: str, projects: int) -> str:
    if projects > _COUNTED_MAX:
        words = (
            '"{name}" is assigned to more than 1,000 projects and cannot be changed or deleted. '
            "Remove it from them, or add another definition."
        )
        return session.say(words, name=name)
    singular = (
        '"{name}" is assigned to {count} project and cannot be changed or deleted. '
        "Remove it from the project, or add another definition."
    )
    plural = (
        '"{name}" is assigned to {count} projects and cannot be changed or deleted. '
        "Remove it from them, or add another definition."
    )
    return session.count(projects, singular, plural, name=name)
