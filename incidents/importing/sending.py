"""Sending valid rows, several messages at a time; each row ends as imported, already there, completed or refused."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, Literal, NamedTuple

from contracts.administration_queries import GetMe
from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.message import BODY_BYTES_MAX
from contracts.projects.imports import (
    IMPORT_PROJECTS_MAX,
    CheckImport,
    ImportedProject,
    ImportProjects,
    RefusedProject,
)
from incidents.client import Client
from incidents.errors import Refused
from incidents.importing.completing import complete, created_here
from incidents.importing.rate_limit_retries import PERMANENT_REFUSALS, retry_transient
from incidents.importing.reading import Source
from incidents.importing.translating import Cell, Fault, InvalidRowError, Translator

COMMANDS_IN_FLIGHT_MAX: Final = 8
_QUERIES_IN_FLIGHT_MAX: Final = 2
_FRAME_BYTES: Final = len(b'{"projects":[]}')
_KINDS: Final = {
    (Code.CONFLICT, "created_at"): "time_differs_here",
    (Code.CONFLICT, "created_by"): "differs_here",
    (Code.CONFLICT, "number"): "taken",
    (Code.CONFLICT, "project_id"): "taken",
    (Code.UNKNOWN_REFERENCE, "type_id"): "not_defined",
    (Code.UNKNOWN_REFERENCE, "status_id"): "not_defined",
    (Code.INVALID, "created_at"): "in_future",
}

Fate = Literal["imported", "already_there", "completed", "refused"]


@dataclass(frozen=True, slots=True)
class ValidRow:
    """A valid row: its project, its line, its size on the wire, and how to find the cell of a field."""

    line: int
    project: ImportedProject
    size: int
    cell_of: Callable[[str], Cell]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not imported, and all that is wrong in it; `created_here` is when its project was created here."""

    line: int
    number: int | None
    faults: Sequence[Fault]
    reference: str | None = None
    created_at: datetime | None = None
    created_here: datetime | None = None


class Done(NamedTuple):
    """The result of a row: its project, or why it was refused."""

    line: int
    fate: Fate
    project: ImportedProject | None = None
    refused: RefusedRow | None = None


@dataclass(slots=True)
class Tally:
    """The results of the rows so far; `on_result` is called with each.

    The next sweep deletes imported projects that were created before `kept_since`: these have expired.
    """

    imported: int = 0
    already_there: int = 0
    completed: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)
    expired: int = 0
    kept_since: datetime | None = None
    on_result: Callable[[Done], None] = lambda _: None

    @property
    def done(self) -> int:
        """The number of rows with a result."""
        return self.imported + self.already_there + self.completed + len(self.refused)

    def refuse(self, row: RefusedRow) -> None:
        """Count a row that was not imported."""
        self.refused.append(row)
        self.on_result(Done(row.line, "refused", refused=row))

    def take(self, row: ValidRow, fate: Fate, number: int | None = None) -> None:
        """Count a row whose project exists now, or existed before."""
        self.imported += fate == "imported"
        self.already_there += fate == "already_there"
        self.completed += fate == "completed"
        if fate == "imported" and self.kept_since and not row.project.retention_exempt:
            self.expired += row.project.created_at < self.kept_since
        project = row.project.model_copy(update={"number": number}) if number else row.project
        self.on_result(Done(row.line, fate, project))


class Checker:
    """Checks the rows of one file: each separately, and for duplicates."""

    def __init__(self, translator: Translator, tally: Tally) -> None:
        self._translator = translator
        self._tally = tally
        self._seen: dict[object, int] = {}

    def valid_rows(self, source: Source) -> Iterator[ValidRow]:
        """Yield the valid rows of a file; the others go to the tally."""
        for row in source.rows():
            self._tally.ignored |= self._translator.left_out(row.values)
            if row.kind:
                cell = Cell(row.name) if row.kind == "duplicate_key" else Cell("", row.name)
                self._tally.refuse(RefusedRow(row.line, None, [Fault("", row.kind, row.limit, cell)]))
                continue
            cell_of = partial(self._translator.cell, row.values)
            try:
                yield self._checked(row.line, self._translator.project(row.values), cell_of)
            except InvalidRowError as error:
                faults = [fault._replace(cell=cell_of(fault.field)) for fault in error.faults]
                self._tally.refuse(RefusedRow(row.line, error.number, faults, error.reference))

    def _checked(self, line: int, project: ImportedProject, cell_of: Callable[[str], Cell]) -> ValidRow:
        named = {"number": project.number, "reference": project.reference}
        size = len(project.model_dump_json(exclude_unset=True).encode())
        if size + _FRAME_BYTES > BODY_BYTES_MAX:
            raise InvalidRowError(Fault("", "body_too_large"), **named)
        by_id = "project_id" if project.number or not project.reference else "reference"
        for field_, value in (("number", project.number), (by_id, project.project_id)):
            if value in self._seen:
                raise InvalidRowError(Fault(field_, "twice_in_file", {"earlier": self._seen[value]}), **named)
        self._seen |= dict.fromkeys({project.number, project.project_id} - {None}, line)
        return ValidRow(line, project, size, cell_of)


def chunks(rows: Iterator[ValidRow]) -> Iterator[list[ValidRow]]:
    """Divide rows into as few messages as their size and number allow."""
    chunk: list[ValidRow] = []
    size = _FRAME_BYTES
    for row in rows:
        if chunk and (size + row.size + 1 > BODY_BYTES_MAX or len(chunk) == IMPORT_PROJECTS_MAX):
            yield chunk
            chunk, size = [], _FRAME_BYTES
        chunk.append(row)
        size += row.size + 1
    if chunk:
        yield chunk


class _Answer(NamedTuple):
    """A site's answer about the projects of a message, by index: new ones with their numbers, and refusals."""

    new: Mapping[int, int | None]
    refusals: Sequence[tuple[int, Code, str]]
    completed: Collection[int] = ()


_Asking = Callable[[Client, list[ImportedProject]], Awaitable[_Answer]]


@dataclass(frozen=True, slots=True)
class Way:
    """How rows are sent: as a dry run or not, and whether empty fields of existing projects are filled."""

    dry_run: bool = False
    complete: bool = False


async def send(
    client: Client, rows: Iterator[ValidRow], tally: Tally, progressed: Callable[[], None], way: Way = Way()
) -> None:
    """Send all rows, with several commands under way; in a dry run, only check them.

    Raises:
        Refused: Nothing can be imported now: no permission, no licence, or no answer.
    """
    try:
        limit = _QUERIES_IN_FLIGHT_MAX if way.dry_run else COMMANDS_IN_FLIGHT_MAX
        await _all(client, rows, tally, progressed, partial(_ask, way), limit)
    except Refused as refused:
        if not way.dry_run or refused.code is not Code.NOT_AVAILABLE:
            raise
        denied = Refusal(Code.PERMISSION_DENIED, **refused.details).as_error(client.language)
        raise Refused(denied) from refused


async def require_permission(client: Client) -> None:
    """Refuse an import without its permission before its rows are judged.

    Raises:
        Refused: The caller may not import.
    """
    me = await retry_transient(lambda: client.ask(GetMe()))
    if ImportProjects.subject not in me.may:
        node, level = ImportProjects.node, ImportProjects.level.name.lower()
        raise Refused(Refusal(Code.PERMISSION_DENIED, nodes=[node], level=level).as_error(client.language))


async def _all(
    client: Client,
    rows: Iterator[ValidRow],
    tally: Tally,
    progressed: Callable[[], None],
    ask: _Asking,
    limit: int,
) -> None:
    under_way: set[asyncio.Task[None]] = set()
    try:
        for chunk in chunks(rows):
            if len(under_way) >= limit:
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
    judged = answer.new.keys() | {index for index, _, _ in answer.refusals}
    existing = {index: project for index, project in enumerate(projects) if index not in judged}
    done = await complete(client, existing, dry_run=way.dry_run)
    return _Answer(answer.new, [*answer.refusals, *((index, code, "") for index, code in done.refusals)], done.filled)


async def _import(client: Client, projects: list[ImportedProject]) -> _Answer:
    """Send one command, repeated as long as the site answers with a delay."""
    command, command_id = ImportProjects(projects=projects), uuid7()
    done = await retry_transient(lambda: client.send(command, command_id=command_id))
    numbers = dict(zip(done.project_ids, done.numbers, strict=True))
    refused_indexes = {refusal.index for refusal in done.refused}
    new = {
        index: numbers[project.project_id]
        for index, project in enumerate(projects)
        if project.project_id in numbers and index not in refused_indexes
    }
    return _Answer(new, _refusals(done.refused))


async def _check(client: Client, projects: list[ImportedProject]) -> _Answer:
    answer = await retry_transient(lambda: client.ask(CheckImport(projects=projects)))
    return _Answer(dict.fromkeys(answer.fitting), _refusals(answer.refused))


def _refusals(refused: Iterable[RefusedProject]) -> list[tuple[int, Code, str]]:
    return [(refusal.index, refusal.code, refusal.field) for refusal in refused]


async def _send(client: Client, chunk: Sequence[ValidRow], tally: Tally, ask: _Asking) -> None:
    """Send one message; if the site refuses it as a whole, halve it until the invalid row is alone."""
    try:
        answer = await ask(client, [row.project for row in chunk])
    except Refused as refused:
        if refused.code in PERMANENT_REFUSALS:
            raise
        if len(chunk) == 1:
            tally.refuse(_refused_row(chunk[0], [("", refused.code)]))
            return
        middle = len(chunk) // 2
        await _send(client, chunk[:middle], tally, ask)
        await _send(client, chunk[middle:], tally, ask)
        return
    why: dict[int, list[tuple[str, Code]]] = {}
    for index, code, field_ in answer.refusals:
        why.setdefault(index, []).append((field_, code))
    redated = [chunk[index].project for index, faults in why.items() if ("created_at", Code.CONFLICT) in faults]
    here = await created_here(client, redated)
    for index, row in enumerate(chunk):
        if index in why:
            tally.refuse(_refused_row(row, why[index], here.get(row.project.project_id)))
        elif index in answer.new:
            tally.take(row, "imported", answer.new[index])
        else:
            tally.take(row, "completed" if index in answer.completed else "already_there")


def _refused_row(row: ValidRow, why: Iterable[tuple[str, Code]], here: datetime | None = None) -> RefusedRow:
    faults = [Fault(field_, _KINDS.get((code, field_), code.value), cell=row.cell_of(field_)) for field_, code in why]
    return RefusedRow(row.line, row.project.number, faults, row.project.reference, row.project.created_at, here)
