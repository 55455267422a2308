"""Parsing of CSV as programs and people write it: quotation marks quote only if they enclose a whole cell."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contracts.message import BODY_BYTES_MAX
from incidents.importing.decoding import Line

_OPEN: Final = re.compile(r' *"')
_QUOTED: Final = re.compile(r' *"([^"]*(?:""[^"]*)*)"[ \t]*')


@dataclass(frozen=True, slots=True)
class Dialect:
    """The delimiter of cells, and whether a space always follows it."""

    delimiter: str = ","
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one record and its first line; `kind` is the reason why there are none."""

    line: int
    cells: list[str]
    kind: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the record is empty, like the rows that spreadsheet programs write below the last one."""
        return not self.kind and not any(cell.strip() for cell in self.cells)


class _OpenError(Exception):
    """A quotation mark begins a cell that has not ended yet."""


class _DamagedError(Exception):
    """A cell of several lines ends where no cell can end."""


def records(lines: Iterator[Line], dialect: Dialect) -> Iterator[Record]:
    """Yield the records; an unreadable record affects only its first line."""
    waiting: deque[Line] = deque()
    while first := waiting.popleft() if waiting else next(lines, None):
        taken = [first]
        try:
            if not first.readable:
                yield Record(first.number, [], "not_decoded")
                continue
            cells = _whole(taken, waiting, lines, dialect)
        except (_OpenError, _DamagedError):
            # An unclosed quotation mark would swallow the following lines: only its own line is lost.
            waiting.extendleft(reversed(taken[1:]))
            yield Record(first.number, [], "csv_invalid")
        else:
            yield Record(first.number, cells)


def _whole(taken: list[Line], waiting: deque[Line], lines: Iterator[Line], dialect: Dialect) -> list[str]:
    """Return the cells of a record, whose lines go on until its quotation marks are closed or a command is full."""
    size = len(taken[0].text)
    while True:
        with_mark = '"' in taken[-1].text or len(taken) == 1
        try:
            if with_mark:
                return _cells("".join(line.text for line in taken).rstrip("\r\n"), dialect)
        except _OpenError:
            if size > BODY_BYTES_MAX:
                raise
        following = waiting.popleft() if waiting else next(lines, None)
        if following is None or not following.readable or size > BODY_BYTES_MAX:
            taken += [following] if following else []
            raise _OpenError
        taken.append(following)
        size += len(following.text)


def _cells(text: str, dialect: Dialect) -> list[str]:
    if '"' not in text:
        cells = text.split(dialect.delimiter)
        return [cell.lstrip(" ") for cell in cells] if dialect.spaced else cells
    cells, at = [], 0
    while True:
        cell, at = _cell(text, at, dialect)
        cells.append(cell)
        if at >= len(text):
            return cells
        at += len(dialect.delimiter)
        if at == len(text):
            return [*cells, ""]


def _cell(text: str, at: int, dialect: Dialect) -> tuple[str, int]:
    """Return the cell at a position, and its end."""
    if _OPEN.match(text, at):
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise _OpenError
        if quoted.end() == len(text) or text.startswith(dialect.delimiter, quoted.end()):
            return quoted[1].replace('""', '"'), quoted.end()
        if len(quoted[1].splitlines()) > 1:
            raise _DamagedError
    end = text.find(dialect.delimiter, at)
    end = len(text) if end < 0 else end
    cell = text[at:end].lstrip(" ") if dialect.spaced else text[at:end]
    # Undoubled marks inside a quoted cell belong to its text; those around it do not.
    bare = cell.strip()
    return (bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == '"' else cell), end
