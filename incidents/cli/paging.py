"""Answers of several pages: the first page or all, written page by page for spreadsheets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

from rich.text import Text

from incidents.client import Client
from incidents.terminal.session import Session
from incidents.terminal.tables.sheet import Sheet, local
from incidents.terminal.text.words import names_of


async def pages(client: Client, query: Any, *, every: bool) -> AsyncIterator[Any]:
    """Yield the first page of an answer, or all of them."""
    page = await client.ask(query)
    yield page
    while every and page.next:
        page = await client.ask(query.model_copy(update={"after": page.next}))
        yield page


async def show_pages(  # noqa: PLR0913 - each parameter says one thing about a list
    session: Session,
    client: Client,
    query: Any,
    laid: Callable[[Any], Awaitable[Sheet]],
    *,
    every: bool,
    more: str = "more: --all",
    failed: Callable[[Any], UUID | None] = lambda _: None,
) -> None:
    """Show the pages of a query; a spreadsheet gets its rows page by page, so that no list is too long.

    `failed` returns the id of an item's command if it failed: its outcome has the reason, for which a row has no room.
    """
    whole: Any = None
    async for page in pages(client, query, every=every):
        if session.csv:
            session.rows(await laid(page))
        is_first = whole is None or session.csv
        whole = page if is_first else page.model_copy(update={"items": [*whole.items, *page.items]})
    remarks = [session.say(more)] if whole.next else []
    if failures := [id_ for item in getattr(whole, "items", ()) if (id_ := failed(item))]:
        remarks.append(session.say("why the newest of the failed ones failed: incidents outcome {id}", id=failures[0]))
    if withheld := getattr(whole, "withheld", ()):
        hidden = names_of(session.language, "field", withheld)
        remarks.append(session.say("{label}: {value}", label=session.say("Not shown to you"), value=hidden))
    if dropped_before := getattr(whole, "dropped_before", None):
        time = local(dropped_before, session.language)
        remarks.append(session.say("entries before {time} were dropped: the logs forget what is old", time=time))
    if waiting := getattr(whole, "waiting", 0):
        words = ("{count} erasure has no certificate yet", "{count} erasures have no certificate yet")
        remarks.append(session.count(waiting, *words))
    if session.csv:
        session.remark(*remarks)
    else:
        sheet = None if session.json else await laid(whole)
        readable = [Text(remark, style="dim") for remark in remarks]
        session.show(whole, *([sheet] if sheet else []), *readable)
