"""Comments, calls and sequences of a project, by their numbers in `projects show`."""

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from contracts.projects.queries import GetProject, ProjectDetails
from incidents.client import Client
from incidents.terminal.session import Session, UsageError

Kind = Literal["comments", "calls", "sequences"]
One = TypeVar("One")

HELP: Final = "Its number as `projects show` prints it, `last`, or its id."
_LAST: Final = frozenset({"last", "dernier", "dernière", "derniere"})
_NONE: Final = {
    "comment_id": "this project has no comments",
    "call_id": "this project has no calls",
    "sequence_id": "this project has no sequences",
    "report_id": "this project has no reports",
}
_IDS: Final = {"comments": "comment_id", "calls": "call_id", "sequences": "sequence_id"}


async def part_of(session: Session, client: Client, project_id: UUID, kind: Kind, text: str) -> Any:
    """Return a comment, a call or a sequence of a project.

    Raises:
        UsageError: None has this number or id, or the caller may not see them.
    """
    return pick(session, await parts_of(session, client, project_id, kind), _IDS[kind], text)


async def parts_of(session: Session, client: Client, project_id: UUID, kind: Kind) -> list[Any]:
    """Return all comments, calls or sequences of a project; the reading is recorded."""
    details = await client.ask(GetProject(project_id=project_id))
    parts = getattr(details, kind)
    if parts is None:
        raise UsageError(session.say("the {kind} of this project are not shown to you", kind=session.say(kind)))
    return list(parts)


def part_ids(details: ProjectDetails) -> list[list[UUID]]:
    """Return the ids of the comments, calls and sequences that the reader may see, each kind by its numbers."""
    return [[getattr(part, id_name) for part in getattr(details, kind) or ()] for kind, id_name in _IDS.items()]


def pick(
    session: Session, known: Sequence[One], id_name: str, text: str, *, newest_first: bool = False, none: str = ""
) -> One:
    """Return an element of a list by its number from 1, by `last`, which is the newest, or by its id.

    Raises:
        UsageError: It is not in the list; of an empty one this says `none`, or what the project does not have.
    """
    number = text.strip().casefold()
    if number in _LAST and known:
        return known[0 if newest_first else -1]
    if number.isdecimal() and 1 <= int(number) <= len(known):
        return known[int(number) - 1]
    for part in known:
        if str(getattr(part, id_name)) == number:
            return part
    if not known:
        raise UsageError(session.say(none or _NONE[id_name]))
    singular = "{text} is not in the list, which has only one entry: type 1 or last"
    plural = "{text} is not in the list: choose a number from 1 to {count}, or last"
    raise UsageError(session.count(len(known), singular, plural, text=text))
