"""Live views until Ctrl-C: events line by line, or a list that stays up to date."""

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
from incidents.cli.listing import Listing, lay_out_list, names
from incidents.client import Client
from incidents.errors import Refused
from incidents.events import CloudEvent
from incidents.feed import Watch
from incidents.terminal.activities import details_of
from incidents.terminal.activity_names import activity_name
from incidents.terminal.printing import format_json
from incidents.terminal.session import Session
from incidents.terminal.tables import show

Change: TypeAlias = Literal["added", "changed", "removed"]
Tell: TypeAlias = Callable[[ProjectPage, show.Names], None]

_PAUSE_SECONDS_MIN: Final = 0.2
_PAUSE_SECONDS_MAX: Final = 5.0
"""A slow list is read again after as long as it took, but at most after this time."""

_REREAD_SECONDS: Final = 60.0
"""Seconds after which a list is read again in any case: a change of the caller's role has no visible event."""

_FRAMES_PER_SECOND: Final = 4
_NO_CHANGE: Final = frozenset({"projects.opened", "projects.exported"})


async def show_events(
    session: Session, feed: Watch, prefixes: tuple[str, ...] = (), program: str | None = None
) -> None:
    """Show the events of a feed until it ends; a program gets each event, one after the other."""
    async for event in feed:
        if prefixes and not event.happened.startswith(prefixes):
            continue
        session.show(event, event_line(event, session.language))
        if program:
            await _tell_program(session, program, event)


async def _tell_program(session: Session, program: str, event: CloudEvent) -> None:
    """Run a program with an event on its stdin; report its failure and continue."""
    running = await asyncio.create_subprocess_exec(*shlex.split(program), stdin=asyncio.subprocess.PIPE, stdout=2)
    await running.communicate(f"{format_json(event)}\n".encode())
    if running.returncode:
        words = "{program} ended with {status}"
        session.tell(words, program=program, status=running.returncode)


def event_line(event: CloudEvent, language: str) -> Text:
    """Return an event as one line."""
    return Text.assemble(
        (show.local(event.time, language), "dim"),
        "  ",
        (f"{on_one_line(event.actor):<12}", "cyan"),
        " ",
        (f"{on_one_line(activity_name(event.happened, language)):<28}", "bold"),
        " ",
        on_one_line(details_of(event.data, language, event.project_number)),
    )


async def follow(session: Session, client: Client, listing: Listing) -> None:
    """Show a list and keep it up to date: a table that changes in place, or one JSON document per change.

    Raises:
        Refused: The caller may not, or no longer, list or watch.
    """
    following = Following(client, listing)
    if session.json or not session.out.is_terminal:
        await following.run(Lines(session))
        return
    frame = Frame(session, following)
    with Live(get_renderable=frame.render, console=session.out, refresh_per_second=_FRAMES_PER_SECOND):
        try:
            await following.run(frame.keep)
        finally:
            frame.end()


class Following:
    """A list that is read again after every event of its projects."""

    def __init__(self, client: Client, listing: Listing) -> None:
        self._client = client
        self._listing = listing
        self._feed: Watch | None = None
        self._signalled = asyncio.Event()
        self._begun = self._unread = False
        self._known = show.Names(None)

    @property
    def lost(self) -> bool:
        """Whether the shown list may be outdated, because the system does not answer."""
        return self._unread or (self._feed is not None and self._feed.lost)

    async def run(self, tell: Tell) -> None:
        """Pass on every new state of the list; the feed is opened first, so that no change is missed."""
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
                        async with asyncio.timeout(_REREAD_SECONDS):
                            await self._signalled.wait()
                    await asyncio.sleep(pause)
            finally:
                listening.cancel()
                # It must end before the connection does, or its end would be reported as a fault.
                await asyncio.gather(listening, return_exceptions=True)
            await listening

    def _wanted(self) -> WatchedProjects:
        """Return the feed's filter: that of the list, or none if the list's filter does not apply to feeds."""
        chosen = self._listing.query.filter
        with suppress(ValidationError):
            return WatchedProjects.model_validate({name: getattr(chosen, name) for name in chosen.model_fields_set})
        return WatchedProjects()

    async def _listen(self, feed: Watch) -> None:
        """Signal every change; a burst counts as one."""
        try:
            async for event in feed:
                if event.happened.startswith("projects.") and event.happened not in _NO_CHANGE:
                    self._signalled.set()
        except Refused as refused:
            if refused.code is Code.GONE:
                raise _TooOldError from refused
            raise
        finally:
            self._signalled.set()

    async def _read(self, tell: Tell) -> float:
        """Read the list, and return the pause before the next reading; without an answer, try again."""
        began = asyncio.get_running_loop().time()
        self._signalled.clear()
        try:
            page = await self._listing.read(self._client)
            if not self._known.cover(page.items):
                self._known = await names(self._client)
        except Refused as refused:
            if not refused.retryable:
                raise
            self._unread = True
            self._signalled.set()
            return _PAUSE_SECONDS_MIN
        self._begun, self._unread = True, False
        tell(page, self._known)
        return min(max(_PAUSE_SECONDS_MIN, asyncio.get_running_loop().time() - began), _PAUSE_SECONDS_MAX)


class _TooOldError(Exception):
    """The missed events are no longer kept: start with a new feed and a new list."""


class Lines:
    """Writes the list as one document, and each change as another one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[UUID, ProjectRow] | None = None

    def __call__(self, page: ProjectPage, _: show.Names) -> None:
        """Write the changes."""
        rows = {row.project_id: row for row in page.items}
        if self._rows is None:
            self._session.write(page)
        else:
            for change, row in changes(self._rows, rows):
                self._session.write({"change": change, "project": row.model_dump(mode="json")})
        self._rows = rows


def changes(before: dict[UUID, ProjectRow], after: dict[UUID, ProjectRow]) -> Iterator[tuple[Change, ProjectRow]]:
    """Yield the changes between two lists: removed rows first, then new and changed ones in the list's order."""
    yield from (("removed", row) for id_, row in before.items() if id_ not in after)
    for id_, row in after.items():
        if id_ not in before:
            yield "added", row
        elif row != before[id_]:
            yield "changed", row


class Frame:
    """The list as a table that is redrawn."""

    def __init__(self, session: Session, following: Following) -> None:
        self._session = session
        self._following = following
        self._table: RenderableType = ""
        self._read_at: datetime | None = None
        self._ended = False

    def end(self) -> None:
        """Leave the last table, with its time."""
        self._ended = True

    def keep(self, page: ProjectPage, known: show.Names) -> None:
        """Draw this list from now on."""
        listed = self._session.with_zone(*lay_out_list(self._session, page, known))
        self._table, self._read_at = Group(*listed), datetime.now().astimezone()

    def render(self) -> RenderableType:
        """Return the table below its state, because the foot of a long table is not visible."""
        if self._ended:
            time = show.local(self._read_at, self._session.language)
            state = Text(self._session.say("as of {time}", time=time), style="dim")
        elif self._following.lost:
            state = Text(self._session.say("connection lost, reconnecting; this is the last known list"), style="red")
        else:
            state = Text(self._session.say("live; Ctrl-C ends it"), style="dim")
        return Group(state, self._table)
