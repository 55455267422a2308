"""Reading a file of projects row by row; an unreadable row affects only itself."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from json import JSONDecodeError
from typing import Any, BinaryIO, Final, Literal

from contracts.limits import Limit
from contracts.values import compose
from incidents.importing.cells import Dialect, Record, records
from incidents.importing.decoding import Encoding, Line, detect, lines
from incidents.strict import AmbiguousError, read_json

Format = Literal["csv", "ndjson"]
WHOLE_JSON: Final = "whole_json"
"""The only row of a file that is JSON as a whole: a list, or an object over several lines."""

Knowing = Callable[[Sequence[str]], int]
"""Returns how many fields columns with these names fill."""

_BEGINS_WHOLE: Final = re.compile(r"\[\s*(?:\{.*)?|\{")
_DELIMITERS: Final = ",;\t|"
_NAMED_DELIMITER: Final = re.compile(r'"?sep=(?P<delimiter>.)"?,*\s*', flags=re.IGNORECASE)
_HEADER_LINES_MAX: Final = 40
"""The number of first lines in which to look for a header: files may have titles above it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file: its first line, and its values by column.

    `kind` is the reason why it cannot be read, and `name` the key or the value in it that this is about, if any.
    """

    line: int
    values: dict[str, Any]
    kind: str = ""
    limit: Limit = field(default_factory=Limit)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a file: its line, the names of its columns, and the numbers of titles and empty rows above it."""

    line: int
    names: tuple[str, ...]
    dialect: Dialect
    titles: int = 0
    empty: int = 0


class Source:
    """A file that is being read."""

    def __init__(
        self, file: BinaryIO, form: Format, encoding: Encoding | None = None, knowing: Knowing | None = None
    ) -> None:
        """Detect the file's encoding and header; `knowing` distinguishes a header from titles above it."""
        self._file = file
        self.form = form
        self.encoding = encoding or detect(file)
        self.header = self._find_header(knowing or (lambda _: 0)) if form == "csv" else None
        self.empty = 0

    @property
    def read(self) -> int:
        """The number of bytes read so far."""
        return self._file.tell()

    def rows(self) -> Iterator[Row]:
        """Yield all rows of the file; empty rows are counted and left out."""
        self.empty = self.header.empty if self.header else 0
        read = lines(self._file, self.encoding)
        if self.form == "ndjson":
            yield from _ndjson_rows(read)
        elif self.header:
            yield from self._csv_rows(read, self.header)

    def _csv_rows(self, read: Iterator[Line], header: Header) -> Iterator[Row]:
        following = (line for line in read if line.number >= header.line)
        for record in islice(records(following, header.dialect), 1, None):
            if record.is_empty:
                self.empty += 1
            elif record.kind:
                yield Row(record.line, {}, self._kind(record))
            elif len(record.cells) != len(header.names):
                yield Row(record.line, {}, "csv_columns", Limit(limit=len(header.names), length=len(record.cells)))
            else:
                yield Row(record.line, dict(zip(header.names, record.cells, strict=True)))

    def _kind(self, record: Record) -> str:
        if record.kind == "not_decoded" and self.encoding.is_utf8:
            return "not_utf8"
        return record.kind

    def _find_header(self, knowing: Knowing) -> Header | None:
        """Choose, among the first lines and the usual delimiters, the row with the most known names."""
        first = list(islice(lines(self._file, self.encoding), _HEADER_LINES_MAX))
        named = _NAMED_DELIMITER.fullmatch(first[0].text) if first else None
        beginning = first[1:] if named else first
        best: tuple[tuple[int, int, int], Header] | None = None
        for delimiter in named["delimiter"] if named else _DELIMITERS:
            above = empty = 0
            for record in records(iter(beginning), Dialect(delimiter)):
                empty += record.is_empty
                if record.kind or record.is_empty:
                    continue
                rank = (knowing([compose(cell.strip()) for cell in record.cells]), -above, len(record.cells))
                if best is None or rank > best[0]:
                    best = rank, replace(_header(record, delimiter, above), empty=empty)
                above += 1
        return best[1] if best else None


def _header(record: Record, delimiter: str, above: int) -> Header:
    spaced = len(record.cells) > 1 and all(cell.startswith(" ") for cell in record.cells[1:])
    names = (compose(cell.strip()) or f"#{place}" for place, cell in enumerate(record.cells, 1))
    return Header(record.line, tuple(names), Dialect(delimiter, spaced), above)


def _ndjson_rows(read: Iterable[Line]) -> Iterator[Row]:
    is_first = True
    for line in read:
        if not (text := line.text.strip()):
            continue
        if is_first and _BEGINS_WHOLE.fullmatch(text):
            yield Row(line.number, {}, WHOLE_JSON)
            return
        is_first = False
        if not line.readable:
            yield Row(line.number, {}, "not_utf8")
            continue
        try:
            values = read_json(line.text)
        except AmbiguousError as error:
            yield Row(line.number, {}, error.kind, name=error.name)
        except JSONDecodeError as error:
            yield Row(line.number, {}, "json_invalid", Limit(position=error.colno))
        except ValueError:
            yield Row(line.number, {}, "json_invalid")
        else:
            yield _object_row(line.number, values) if isinstance(values, dict) else Row(line.number, {}, "model_type")


def _object_row(line: int, values: dict[str, Any]) -> Row:
    names = Counter(map(compose, values))
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        return Row(line, {}, "duplicate_key", name=twice[0])
    return Row(line, dict(zip(names, values.values(), strict=True)))
