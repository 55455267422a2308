"""Comments, calls and sequences of a project, named as `projects show` numbers them."""

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from contracts.projects.queries import GetProject
from incidents.client import Client
from incidents.terminal.session import Session, UsageError

Kind = Literal["comments", "calls", "sequences"]
One = TypeVar("One")

HELP: Final = "Its number as `projects show` prints it, `last`, or its id."
_LAST: Final = frozenset({"last", "dernier", "dernière", "derniere"})
_IDS: Final = {"comments": "comment_id", "calls": "call_id", "sequences": "sequence_id"}


async def part_of(session: Session, client: Client, project_id: UUID, kind: Kind, text: str) -> Any:
    """Return a comment, a call or a sequence of a project.

    Raises:
        UsageError: There is none under this number or id, or one may not see them.
    """
    return pick(session, await parts_of(session, client, project_id, kind), _IDS[kind], text)


async def parts_of(session: Session, client: Client, project_id: UUID, kind: Kind) -> list[Any]:
    """Return all comments, calls or sequences of a project; the reading is recorded."""
    details = await client.ask(GetProject(project_id=project_id))
    found = getattr(details, kind)
    if found is None:
        raise UsageError(session.say("the {kind} of this project are not shown to you", kind=session.say(kind)))
    return list(found)


def pick(session: Session, known: Sequence[One], id_name: str, text: str) -> One:
    """Return one of a list by its number in it, counted from 1, by `last`, or by its id."""
    wanted = text.strip().casefold()
    if wanted in _LAST and known:
        return known[-1]
    if wanted.isdecimal() and 1 <= int(wanted) <= len(known):
        return known[int(wanted) - 1]
    for one in known:
        if str(getattr(one, id_name)) == wanted:
            return one
    single = "there is no {text} here; there is {count}, numbered as it is shown"
    many = "there is no {text} here; there are {count}, numbered as they are shown"
    raise UsageError(session.count(len(known), single, many, text=text))
