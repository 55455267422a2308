"""Sending what fits, several messages at a time; each row ends as imported, as already there, or as refused."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, NamedTuple

from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.projects.imports import (
    IMPORT_PROJECTS_MAX,
    CheckImport,
    ImportedProject,
    ImportProjects,
    RefusedProject,
)
from incidents.client import BODY_BYTES_MAX, Client
from incidents.errors import Refused
from incidents.importing.completing import complete
from incidents.importing.patience import FOR_GOOD, retry_transient
from incidents.importing.reading import Source
from incidents.importing.translating import MisfitError, Translator

IN_FLIGHT: Final = 8
_QUERIES_IN_FLIGHT: Final = 2
_FRAME: Final = len(b'{"projects":[]}')
_KINDS: Final = {
    (Code.CONFLICT, "created_at"): "differs_here",
    (Code.CONFLICT, "created_by"): "differs_here",
    (Code.CONFLICT, "number"): "taken",
    (Code.CONFLICT, "project_id"): "taken",
    (Code.UNKNOWN_REFERENCE, "type_id"): "not_defined",
    (Code.UNKNOWN_REFERENCE, "status_id"): "not_defined",
    (Code.INVALID, "created_at"): "in_future",
}

Fate = Literal["imported", "already_there", "completed", "refused"]


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
    reference: str | None = None


class Done(NamedTuple):
    """What became of a row: where it went, or why it did not."""

    line: int
    fate: Fate
    project: ImportedProject | None = None
    misfit: Misfit | None = None


@dataclass(slots=True)
class Tally:
    """What became of the rows so far; `heard` is told of each."""

    imported: int = 0
    already_there: int = 0
    completed: int = 0
    refused: list[Misfit] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)
    heard: Callable[[Done], None] = lambda _: None

    @property
    def done(self) -> int:
        """How many rows have ended."""
        return self.imported + self.already_there + self.completed + len(self.refused)

    def refuse(self, misfit: Misfit) -> None:
        """Count a row that was not taken over."""
        self.refused.append(misfit)
        self.heard(Done(misfit.line, "refused", misfit=misfit))

    def take(self, row: Fitting, fate: Fate, number: int | None = None) -> None:
        """Count a row that is here now, or was before."""
        self.imported += fate == "imported"
        self.already_there += fate == "already_there"
        self.completed += fate == "completed"
        project = row.project.model_copy(update={"number": number}) if number else row.project
        self.heard(Done(row.line, fate, project))


class Checker:
    """Checks the rows of one file: each by itself, and that none stands there twice."""

    def __init__(self, translator: Translator, tally: Tally) -> None:
        self._translator = translator
        self._tally = tally
        self._seen: set[object] = set()

    def fitting(self, source: Source) -> Iterator[Fitting]:
        """Read a file; what does not fit goes to the tally."""
        for row in source.rows():
            self._tally.ignored |= self._translator.left_out(row.values)
            if row.kind:
                self._tally.refuse(Misfit(row.line, None, "", row.kind))
                continue
            try:
                yield self._checked(row.line, self._translator.project(row.values))
            except MisfitError as error:
                self._tally.refuse(Misfit(row.line, error.number, error.field, error.kind, error.reference))

    def _checked(self, line: int, project: ImportedProject) -> Fitting:
        size = len(project.model_dump_json(exclude_unset=True).encode())
        if size + _FRAME > BODY_BYTES_MAX:
            raise MisfitError("", "body_too_large", project.number, project.reference)
        by_id = "project_id" if project.number or not project.reference else "reference"
        for field_, value in (("number", project.number), (by_id, project.project_id)):
            if value in self._seen:
                raise MisfitError(field_, "twice_in_file", project.number, project.reference)
        self._seen |= {project.number, project.project_id} - {None}
        return Fitting(line, project, size)


def chunks(rows: Iterator[Fitting]) -> Iterator[list[Fitting]]:
    """Cut rows into as few messages as bytes and number allow."""
    chunk: list[Fitting] = []
    size = _FRAME
    for row in rows:
        if chunk and (size + row.size + 1 > BODY_BYTES_MAX or len(chunk) == IMPORT_PROJECTS_MAX):
            yield chunk
            chunk, size = [], _FRAME
        chunk.append(row)
        size += row.size + 1
    if chunk:
        yield chunk


class _Answer(NamedTuple):
    """What a site says of the projects of a message, by their places: new ones with their numbers, and refusals."""

    new: Mapping[int, int | None]
    refused: Sequence[tuple[int, Code, str]]
    completed: Collection[int] = ()


_Asking = Callable[[Client, list[ImportedProject]], Awaitable[_Answer]]


@dataclass(frozen=True, slots=True)
class Way:
    """How rows are sent: whether for real, and whether empty fields of projects that are there are filled."""

    dry_run: bool = False
    complete: bool = False


async def send(
    client: Client, rows: Iterator[Fitting], tally: Tally, progressed: Callable[[], None], way: Way = Way()
) -> None:
    """Send all rows, with several commands under way; in a dry run, ask of all rows what sending them would do.

    Raises:
        Refused: Nothing can be imported now: no permission, no licence, or nobody answers.
    """
    try:
        most = _QUERIES_IN_FLIGHT if way.dry_run else IN_FLIGHT
        await _all(client, rows, tally, progressed, partial(_ask, way), most)
    except Refused as refused:
        if not way.dry_run or refused.code is not Code.NOT_AVAILABLE:
            raise
        denied = Refusal(Code.PERMISSION_DENIED, **refused.details).as_error(client.language)
        raise Refused(denied) from refused


async def _all(
    client: Client,
    rows: Iterator[Fitting],
    tally: Tally,
    progressed: Callable[[], None],
    ask: _Asking,
    most: int,
) -> None:
    under_way: set[asyncio.Task[None]] = set()
    try:
        for chunk in chunks(rows):
            if len(under_way) >= most:
                ended, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for each in ended:
                    each.result()
                progressed()
            under_way.add(asyncio.create_task(_send(client, chunk, tally, ask)))
        await asyncio.gather(*under_way)
    finally:
        for each in under_way:
            each.cancel()
        progressed()


async def _ask(way: Way, client: Client, projects: list[ImportedProject]) -> _Answer:
    answer = await (_check(client, projects) if way.dry_run else _import(client, projects))
    if not way.complete:
        return answer
    judged = answer.new.keys() | {index for index, _, _ in answer.refused}
    there = {index: one for index, one in enumerate(projects) if index not in judged}
    done = await complete(client, there, dry_run=way.dry_run)
    return _Answer(answer.new, [*answer.refused, *((index, code, "") for index, code in done.refused)], done.filled)


async def _import(client: Client, projects: list[ImportedProject]) -> _Answer:
    """Send one command, for as long as the site says when it takes more."""
    command, command_id = ImportProjects(projects=projects), uuid7()
    done = await retry_transient(lambda: client.send(command, command_id=command_id))
    numbers = dict(zip(done.project_ids, done.numbers, strict=True))
    refused = {one.index for one in done.refused}
    new = {
        index: numbers[one.project_id]
        for index, one in enumerate(projects)
        if one.project_id in numbers and index not in refused
    }
    return _Answer(new, _refusals(done.refused))


async def _check(client: Client, projects: list[ImportedProject]) -> _Answer:
    told = await retry_transient(lambda: client.ask(CheckImport(projects=projects)))
    return _Answer(dict.fromkeys(told.fitting), _refusals(told.refused))


def _refusals(refused: Iterable[RefusedProject]) -> list[tuple[int, Code, str]]:
    return [(one.index, one.code, one.field) for one in refused]


async def _send(client: Client, chunk: Sequence[Fitting], tally: Tally, ask: _Asking) -> None:
    """Send one message; where the site refuses it as a whole, halve it until the bad row stands alone."""
    try:
        answer = await ask(client, [row.project for row in chunk])
    except Refused as refused:
        if refused.code in FOR_GOOD:
            raise
        if len(chunk) == 1:
            tally.refuse(_misfit(chunk[0], "", refused.code))
            return
        middle = len(chunk) // 2
        await _send(client, chunk[:middle], tally, ask)
        await _send(client, chunk[middle:], tally, ask)
        return
    misfits = {index: _misfit(chunk[index], field_, code) for index, code, field_ in answer.refused}
    for index, row in enumerate(chunk):
        if index in misfits:
            tally.refuse(misfits[index])
        elif index in answer.new:
            tally.take(row, "imported", answer.new[index])
        else:
            tally.take(row, "completed" if index in answer.completed else "already_there")


def _misfit(row: Fitting, field_: str, code: Code) -> Misfit:
    kind = _KINDS.get((code, field_), code.value)
    return Misfit(row.line, row.project.number, field_, kind, row.project.reference)
