"""A list of projects: read page by page, shown as a table."""

from contextlib import suppress
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from client.client import Client
from client.errors import Refused
from client.terminal import show
from client.terminal.session import Session
from contracts.administration_queries import GetProperties
from contracts.project_queries import ListProjects, ProjectPage


async def names(client: Client) -> show.Names:
    """Ask for the names of properties; who may not see them sees ids."""
    with suppress(Refused):
        return show.Names(await client.ask(GetProperties()))
    return show.Names(None)


@dataclass(frozen=True)
class Listing:
    """What is asked of a list, and how much of it."""

    query: ListProjects
    every_page: bool = False

    async def read(self, client: Client) -> ProjectPage:
        """Read the first page, or all of them; a project that moves between two pages is listed once."""
        page = await client.ask(self.query)
        total, found = page.total, {one.project_id: one for one in page.items}
        while self.every_page and page.next:
            page = await client.ask(self.query.model_copy(update={"after": page.next, "count": "none"}))
            found |= {one.project_id: one for one in page.items}
        return ProjectPage(items=list(found.values()), next=page.next, total=total, withheld=page.withheld)


def shown(session: Session, page: ProjectPage, known: show.Names) -> RenderableType:
    """Lay a list out, with how many there are, whether there are more, and where a search did not look."""
    total = "" if page.total is None else session.say("{total} projects in all", total=page.total)
    more = session.say("more: --all") if page.next else ""
    hidden = session.say(
        "neither shown nor searched, because you may not see it: {texts}", texts=", ".join(page.withheld)
    )
    lines = [Text(line, style="dim") for line in (total, more, hidden if page.withheld else "") if line]
    return Group(show.project_rows(page.items, known, session.language), *lines)
