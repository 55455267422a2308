"""A list of projects: read page by page, shown as a table."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from contracts.administration_queries import GetProperties
from contracts.projects.queries import ListProjects, ProjectFilter, ProjectPage
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import names_of

_AT_ONCE: Final = 100
_STEADY: Final = frozenset({"created_at", "number", "created_by"})
"""Orders in which no project moves while a list is read."""


async def names(client: Client) -> show.Names:
    """Ask for the names of properties; who may not see them sees ids."""
    with suppress(Refused):
        return show.Names(await client.ask(GetProperties()))
    return show.Names(None)


async def descriptions(client: Client, numbers: Sequence[int]) -> dict[int, str]:
    """Return what projects are about; who may not list projects, or not see that, gets nothing."""
    found: dict[int, str] = {}
    with suppress(Refused):
        for start in range(0, len(numbers), _AT_ONCE):
            chosen = ProjectFilter(numbers=list(numbers[start : start + _AT_ONCE]))
            listing = Listing(ListProjects(filter=chosen, limit=_AT_ONCE), every_page=True)
            found |= {one.number: one.description or "" for one in (await listing.read(client)).items}
    return found


@dataclass(frozen=True)
class Listing:
    """What is asked of a list, and how much of it."""

    query: ListProjects
    every_page: bool = False

    async def read(self, client: Client) -> ProjectPage:
        """Read the first page, or all of them."""
        found = [page async for page in self.pages(client)]
        items = [one for page in found for one in page.items]
        return found[-1].model_copy(update={"items": items, "total": found[0].total})

    async def pages(self, client: Client) -> AsyncIterator[ProjectPage]:
        """Yield one page after the other; a project that moves between two of them is listed once."""
        moves = self.query.sort.removeprefix("-") not in _STEADY
        seen: set[int] = set()
        page = await client.ask(self.query)
        yield page
        while self.every_page and page.next:
            seen |= {one.number for one in page.items} if moves else set()
            page = await client.ask(self.query.model_copy(update={"after": page.next, "count": "none"}))
            fresh = [one for one in page.items if one.number not in seen]
            yield page.model_copy(update={"items": fresh})


def shown(session: Session, page: ProjectPage, known: show.Names) -> list[RenderableType]:
    """Lay a list out, with what there is to say beside it."""
    remarks = [Text(line, style="dim") for line in remarks_of(session, page)]
    return [show.project_rows(page.items, known, session.language), *remarks]


def remarks_of(session: Session, page: ProjectPage) -> list[str]:
    """Say how many projects there are, whether there are more, and where a search did not look."""
    one, many = "{count} project in all", "{count} projects in all"
    total = "" if page.total is None else session.count(page.total, one, many)
    more = session.say("more: --all") if page.next else ""
    withheld = names_of(session.language, "field", page.withheld)
    hidden = session.say("neither shown nor searched, because you may not see it: {texts}", texts=withheld)
    return [line for line in (total, more, hidden if page.withheld else "") if line]
