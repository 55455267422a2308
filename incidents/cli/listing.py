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
from incidents.errors import Refused, SuppressNotAvailable
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import names_of

_PAGE_SIZE: Final = 100
_STABLE_ORDERS: Final = frozenset({"created_at", "number", "created_by"})
"""Orders in which projects keep their positions while a list is read."""


async def names(client: Client) -> show.Names:
    """Return the names of properties; callers who may not see them get ids."""
    with suppress(Refused):
        return show.Names(await client.ask(GetProperties()))
    return show.Names(None)


async def descriptions(client: Client, numbers: Sequence[int]) -> dict[int, str]:
    """Return the descriptions of projects by number; empty for callers who may not see them."""
    texts: dict[int, str] = {}
    with SuppressNotAvailable():
        for start in range(0, len(numbers), _PAGE_SIZE):
            chosen = ProjectFilter(numbers=list(numbers[start : start + _PAGE_SIZE]))
            listing = Listing(ListProjects(filter=chosen, limit=_PAGE_SIZE), every_page=True)
            texts |= {row.number: row.description or "" for row in (await listing.read(client)).items}
    return texts


@dataclass(frozen=True)
class Listing:
    """A query of a list, and whether to read all its pages."""

    query: ListProjects
    every_page: bool = False

    async def read(self, client: Client) -> ProjectPage:
        """Read the first page, or all pages as one."""
        pages = [page async for page in self.pages(client)]
        items = [row for page in pages for row in page.items]
        return pages[-1].model_copy(update={"items": items, "total": pages[0].total})

    async def pages(self, client: Client) -> AsyncIterator[ProjectPage]:
        """Yield the pages in turn; a project that moves between two of them is listed once."""
        moves = self.query.sort.removeprefix("-") not in _STABLE_ORDERS
        seen: set[int] = set()
        page = await client.ask(self.query)
        yield page
        while self.every_page and page.next:
            seen |= {row.number for row in page.items} if moves else set()
            page = await client.ask(self.query.model_copy(update={"after": page.next, "count": "none"}))
            fresh = [row for row in page.items if row.number not in seen]
            yield page.model_copy(update={"items": fresh})


def lay_out_list(session: Session, page: ProjectPage, known: show.Names) -> list[RenderableType]:
    """Lay out a list with its remarks."""
    is_empty = not page.items and not page.total  # the table says so already
    remarked = page.model_copy(update={"total": None}) if is_empty else page
    remarks = [Text(line, style="dim") for line in remarks_of(session, remarked)]
    return [show.project_rows(page.items, known, session.language), *remarks]


def remarks_of(session: Session, page: ProjectPage) -> list[str]:
    """Return the remarks of a list: its total, whether there is more, and what a search left out."""
    singular, plural = "{count} project in all", "{count} projects in all"
    total = "" if page.total is None else session.count(page.total, singular, plural, "no projects")
    more = session.say("more: --all") if page.next else ""
    withheld = names_of(session.language, "field", page.withheld)
    hidden = session.say("neither shown nor searched, because you may not see it: {texts}", texts=withheld)
    return [line for line in (total, more, hidden if page.withheld else "") if line]
