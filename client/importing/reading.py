"""Reading a file of projects row by row; a row that cannot be read costs only itself."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, Final, Literal

from client.client import LARGEST_BODY
from client.strict import AmbiguousError, read_json

Format = Literal["csv", "ndjson"]

_DELIMITERS: Final = ",;\t"
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the file has it: where it begins, and what it says by column; `kind` says why it cannot be read."""

    line: int
    values: dict[str, Any]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str
    readable: bool = True


class Source:
    """A file that is being read; `read` says how many of its bytes were."""

    def __init__(self, file: BinaryIO, form: Format) -> None:
        self._file = file
        self._form = form
        self.read = 0

    def rows(self) -> Iterator[Row]:
        """Read the file to its end."""
        return _csv_rows(self._lines()) if self._form == "csv" else _ndjson_rows(self._lines())

    def _lines(self) -> Iterator[_Line]:
        for number, raw in enumerate(self._file, start=1):
            self.read += len(raw)
            content = raw.removeprefix(_BOM) if number == 1 else raw
            try:
                yield _Line(number, content.decode())
            except UnicodeDecodeError:
                yield _Line(number, content.decode(errors="replace"), readable=False)


def _ndjson_rows(lines: Iterable[_Line]) -> Iterator[Row]:
    for line in lines:
        if not line.text.strip():
            continue
        if not line.readable:
            yield Row(line.number, {}, "not_utf8")
            continue
        try:
            values = read_json(line.text)
        except ValueError as error:
            yield Row(line.number, {}, error.kind if isinstance(error, AmbiguousError) else "json_invalid")
            continue
        yield Row(line.number, values) if isinstance(values, dict) else Row(line.number, {}, "model_type")


def _csv_rows(lines: Iterator[_Line]) -> Iterator[Row]:
    first = next(lines, None)
    if first is None:
        return
    delimiter = max(_DELIMITERS, key=first.text.count)
    (header,) = csv.reader([first.text], delimiter=delimiter)
    names = [name.strip() for name in header]
    waiting: deque[_Line] = deque()
    while record := _record(waiting, lines):
        if not "".join(line.text for line in record).strip():
            continue
        row = _csv_row(record, names, delimiter)
        if row.kind and len(record) > 1:
            # A quotation mark that nobody closed swallows what follows: only its own line is lost.
            waiting.extendleft(reversed(record[1:]))
        yield row


def _record(waiting: deque[_Line], lines: Iterator[_Line]) -> list[_Line]:
    """Take the lines of one record: as many as close its quotation marks, or as one command could hold."""
    record: list[_Line] = []
    marks = size = 0
    coming = chain(_taken(waiting), lines)
    for line in coming:
        record.append(line)
        marks += line.text.count('"')
        size += len(line.text)
        if marks % 2 == 0 or size > LARGEST_BODY:
            break
    return record


def _taken(waiting: deque[_Line]) -> Iterator[_Line]:
    while waiting:
        yield waiting.popleft()


def _csv_row(record: list[_Line], names: list[str], delimiter: str) -> Row:
    line = record[0].number
    if not all(one.readable for one in record):
        return Row(line, {}, "not_utf8")
    try:
        found = list(csv.reader((one.text for one in record), delimiter=delimiter, strict=True))
    except csv.Error:
        return Row(line, {}, "csv_invalid")
    if len(found) != 1 or len(found[0]) != len(names):
        return Row(line, {}, "csv_columns")
    return Row(line, dict(zip(names, found[0], strict=True)))
