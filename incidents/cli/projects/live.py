"""What happens, as it happens, until Ctrl-C: events line by line, or a list that is always the newest."""

import asyncio
import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from pydantic import ValidationError
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from contracts.errors import Code
from contracts.printable import on_one_line
from contracts.projects.queries import ProjectPage, ProjectRow
from contracts.projects.watching import WatchedProjects
from incidents.cli.listing import Listing, names, shown
from incidents.client import Client
from incidents.errors import Refused
from incidents.events import CloudEvent
from incidents.feed import Watch
from incidents.terminal.activities import details_of, in_words
from incidents.terminal.printing import as_json
from incidents.terminal.session import Session
from incidents.terminal.tables import show

Change: TypeAlias = Literal["added", "changed", "removed"]
Tell: TypeAlias = Callable[[ProjectPage, show.Names], None]

_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0
"""A list that takes long to read is left alone for as long, but no longer than this."""

_LONGEST: Final = 60.0
"""Seconds after which a list is read again in any case: a change of one's role has no event that one sees."""

_FRAMES: Final = 4
_NO_CHANGE: Final = frozenset({"projects.opened", "projects.exported"})


async def show_events(session: Session, feed: Watch, wanted: tuple[str, ...] = (), program: str | None = None) -> None:
    """Show what a feed brings, until it ends; a program is told of each event, one after the other."""
    async for event in feed:
        if wanted and not event.happened.startswith(wanted):
            continue
        session.show(event, event_line(event, session.language))
        if program:
            await _tell_program(session, program, event)


async def _tell_program(session: Session, program: str, event: CloudEvent) -> None:
    """Run a program with an event on its stdin; its failure is told and costs nothing else."""
    running = await asyncio.create_subprocess_exec(*shlex.split(program), stdin=asyncio.subprocess.PIPE, stdout=2)
    await running.communicate(f"{as_json(event)}\n".encode())
    if running.returncode:
        words = "{program} ended with {status}"
        session.tell(words, program=program, status=running.returncode)


def event_line(event: CloudEvent, language: str) -> Text:
    """Write an event on one line."""
    return Text.assemble(
        (show.local(event.time, language), "dim"),
        "  ",
        (f"{on_one_line(event.actor):<12}", "cyan"),
        " ",
        (f"{on_one_line(in_words(event.happened, language)):<28}", "bold"),
        " ",
        on_one_line(details_of(event.data, language)),
    )


async def follow(session: Session, client: Client, listing: Listing) -> None:
    """Show a list and keep it true: a table that changes in place, or one JSON document per change for machines.

    Raises:
        Refused: One may not list or watch, or may not any more.
    """
    following = Following(client, listing)
    if session.json or not session.out.is_terminal:
        await following.run(Lines(session))
        return
    frame = Frame(session, following)
    with Live(get_renderable=frame.render, console=session.out, refresh_per_second=_FRAMES):
        try:
            await following.run(frame.keep)
        finally:
            frame.end()


class Following:
    """A list that is read again whenever something happened to its projects."""

    def __init__(self, client: Client, listing: Listing) -> None:
        self._client = client
        self._listing = listing
        self._feed: Watch | None = None
        self._heard = asyncio.Event()
        self._begun = self._unread = False
        self._known = show.Names(None)

    @property
    def lost(self) -> bool:
        """Whether what is shown may be old: nobody answers at the moment."""
        return self._unread or (self._feed is not None and self._feed.lost)

    async def run(self, tell: Tell) -> None:
        """Tell what the list is each time that it was read; the feed is open before, so that nothing falls between."""
        self._known = await names(self._client)
        while True:
            try:
                await self._run(tell)
            except _TooOldError:
                continue
            except Refused as refused:
                if not (refused.retryable and self._begun):
                    raise
                self._unread = True

    async def _run(self, tell: Tell) -> None:
        async with self._client.feed(matching=self._wanted()) as self._feed:
            listening = asyncio.create_task(self._listen(self._feed))
            try:
                while not listening.done():
                    pause = await self._read(tell)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LONGEST):
                            await self._heard.wait()
                    await asyncio.sleep(pause)
            finally:
                listening.cancel()
                # It must have ended before the connection does, or its end would be told as a fault.
                await asyncio.gather(listening, return_exceptions=True)
            await listening

    def _wanted(self) -> WatchedProjects:
        """Hear of what the list may hold; of everything, where it asks for what no feed can choose by."""
        chosen = self._listing.query.filter
        with suppress(ValidationError):
            return WatchedProjects.model_validate({name: getattr(chosen, name) for name in chosen.model_fields_set})
        return WatchedProjects()

    async def _listen(self, feed: Watch) -> None:
        """Hear of every change; a burst of them is one."""
        try:
            async for event in feed:
                if event.happened.startswith("projects.") and event.happened not in _NO_CHANGE:
                    self._heard.set()
        except Refused as refused:
            if refused.code is Code.GONE:
                raise _TooOldError from refused
            raise
        finally:
            self._heard.set()

    async def _read(self, tell: Tell) -> float:
        """Read the list, and return for how long it may be left alone; where nobody answers, try again."""
        began = asyncio.get_running_loop().time()
        self._heard.clear()
        try:
            page = await self._listing.read(self._client)
            if not self._known.cover(page.items):
                self._known = await names(self._client)
        except Refused as refused:
            if not refused.retryable:
                raise
            self._unread = True
            self._heard.set()
            return _PAUSE
        self._begun, self._unread = True, False
        tell(page, self._known)
        return min(max(_PAUSE, asyncio.get_running_loop().time() - began), _LONGEST_PAUSE)


class _TooOldError(Exception):
    """What was missed is not kept any more: begin with a new feed and a new list."""


class Lines:
    """The list as one document, and each change of it as another one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[UUID, ProjectRow] | None = None

    def __call__(self, page: ProjectPage, _: show.Names) -> None:
        """Write what is new."""
        rows = {one.project_id: one for one in page.items}
        if self._rows is None:
            self._session.write(page)
        else:
            for change, row in changes(self._rows, rows):
                self._session.write({"change": change, "project": row.model_dump(mode="json")})
        self._rows = rows


def changes(before: dict[UUID, ProjectRow], after: dict[UUID, ProjectRow]) -> Iterator[tuple[Change, ProjectRow]]:
    """Tell how one list became another: what left it first, then what is new or different, in the list's order."""
    yield from (("removed", row) for id_, row in before.items() if id_ not in after)
    for id_, row in after.items():
        if id_ not in before:
            yield "added", row
        elif row != before[id_]:
            yield "changed", row


class Frame:
    """The list as a table that is drawn again and again."""

    def __init__(self, session: Session, following: Following) -> None:
        self._session = session
        self._following = following
        self._table: RenderableType = ""
        self._read_at: datetime | None = None
        self._ended = False

    def end(self) -> None:
        """Leave the table as it is, with the time at which it was so."""
        self._ended = True

    def keep(self, page: ProjectPage, known: show.Names) -> None:
        """Draw this list from now on."""
        self._table, self._read_at = Group(*shown(self._session, page, known)), datetime.now().astimezone()

    def render(self) -> RenderableType:
        """Return whether the table is the newest, above it, because the foot of a long one is not seen."""
        if self._ended:
            time = show.local(self._read_at, self._session.language)
            state = Text(self._session.say("as of {time}", time=time), style="dim")
        elif self._following.lost:
            state = Text(self._session.say("connection lost, trying again; this is the list as it was"), style="red")
        else:
            state = Text(self._session.say("live; Ctrl-C ends it"), style="dim")
        return Group(state, self._table)
