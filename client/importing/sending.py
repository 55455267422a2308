"""Sending what fits, several commands at a time; each row ends as imported, as already there, or as refused."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from client.client import LARGEST_BODY, Client
from client.errors import Refused
from client.importing.mapping import Mapping, MisfitError
from client.importing.reading import Row, Source
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.project_imports import MOST_PROJECTS, ImportedProject, ImportProjects, ProjectsImported

IN_FLIGHT: Final = 8
_FRAME: Final = len(b'{"projects":[]}')
_FOR_GOOD: Final = frozenset({Code.PERMISSION_DENIED, Code.NOT_LICENSED, Code.UNAVAILABLE})
_KINDS: Final = {Code.CONFLICT: "taken", Code.UNKNOWN_REFERENCE: "not_defined", Code.INVALID: "in_future"}


@dataclass(frozen=True, slots=True)
class Fitting:
    """A project that fits, with the line it stands on and its size on the wire."""

    line: int
    project: ImportedProject
    size: int


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that was not taken over, and why."""

    line: int
    number: int | None
    field: str
    kind: str


@dataclass(slots=True)
class Tally:
    """What became of the rows so far."""

    imported: int = 0
    already_there: int = 0
    refused: list[Misfit] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)

    @property
    def done(self) -> int:
        """How many rows have ended."""
        return self.imported + self.already_there + len(self.refused)


class Checker:
    """Checks the rows of one file: each by itself, and that none stands there twice."""

    def __init__(self, mapping: Mapping, site: str, tally: Tally) -> None:
        self._mapping = mapping
        self._site = site
        self._tally = tally
        self._seen: set[object] = set()

    def fitting(self, source: Source) -> Iterator[Fitting]:
        """Read a file; what does not fit goes to the tally."""
        for row in source.rows():
            self._tally.ignored |= {column for column in row.values if self._mapping.field_of(column) is None}
            try:
                yield self._checked(row)
            except MisfitError as misfit:
                self._tally.refused.append(Misfit(row.line, misfit.number, misfit.field, misfit.kind))

    def _checked(self, row: Row) -> Fitting:
        if row.kind:
            raise MisfitError("", row.kind)
        project = self._mapping.project(row.values, self._site)
        size = len(project.model_dump_json(exclude_unset=True).encode())
        if size + _FRAME > LARGEST_BODY:
            raise MisfitError("", "body_too_large", project.number)
        for field_, value in (("number", project.number), ("project_id", project.project_id)):
            if value in self._seen:
                raise MisfitError(field_, "twice_in_file", project.number)
        self._seen |= {project.number, project.project_id}
        return Fitting(row.line, project, size)


def chunks(rows: Iterator[Fitting]) -> Iterator[list[Fitting]]:
    """Cut rows into as few commands as bytes and number allow."""
    chunk: list[Fitting] = []
    size = _FRAME
    for row in rows:
        if chunk and (size + row.size + 1 > LARGEST_BODY or len(chunk) == MOST_PROJECTS):
            yield chunk
            chunk, size = [], _FRAME
        chunk.append(row)
        size += row.size + 1
    if chunk:
        yield chunk


async def send(client: Client, rows: Iterator[Fitting], tally: Tally, progressed: Callable[[], None]) -> None:
    """Send all rows, with several commands under way.

    Raises:
        Refused: Nothing can be imported now: no permission, no licence, or nobody answers.
    """
    under_way: set[asyncio.Task[None]] = set()
    try:
        for chunk in chunks(rows):
            if len(under_way) >= IN_FLIGHT:
                ended, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for each in ended:
                    each.result()
                progressed()
            under_way.add(asyncio.create_task(_send(client, chunk, tally)))
        await asyncio.gather(*under_way)
    finally:
        for each in under_way:
            each.cancel()
        progressed()


async def _sent(client: Client, command: ImportProjects) -> ProjectsImported:
    """Send one command, for as long as the site says when it takes more."""
    command_id = uuid7()
    while True:
        try:
            return await client.send(command, command_id=command_id)
        except Refused as refused:
            if refused.retry_after_seconds is None:
                raise
            await asyncio.sleep(refused.retry_after_seconds)


async def _send(client: Client, chunk: Sequence[Fitting], tally: Tally) -> None:
    """Send one command; where the site refuses it as a whole, halve it until the bad row stands alone."""
    try:
        done = await _sent(client, ImportProjects(projects=[row.project for row in chunk]))
    except Refused as refused:
        if refused.code in _FOR_GOOD:
            raise
        if len(chunk) == 1:
            tally.refused.append(Misfit(chunk[0].line, chunk[0].project.number, "", refused.code.value))
            return
        middle = len(chunk) // 2
        await _send(client, chunk[:middle], tally)
        await _send(client, chunk[middle:], tally)
        return
    tally.imported += len(done.numbers)
    tally.already_there += len(done.already_there)
    for one in done.refused:
        row = chunk[one.index]
        kind = _KINDS.get(one.code, one.code.value)
        tally.refused.append(Misfit(row.line, row.project.number, one.field, kind))
