"""How a table finds room: its text columns fold first, then stand below their row, then every cell has its own line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contracts.printable import NEW_LINE

UNBOUNDED: Final = 100_000
"""Columns of a pipe: what is written there is never broken, and each row is one line."""

_NARROWEST: Final = 12
"""Cells of a column that gives way, at least, where its text is as long."""

_ID: Final = re.compile(r"\S*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\S*")
_GAP: Final = 2
_INDENT: Final = 4
_TALLEST: Final = 4
"""Lines of a folded text, about: a longer one is read better below its row."""


@dataclass(frozen=True)
class Lines:
    """Lines of cells without headings: the last cell folds and keeps its own lines, or is whole in a pipe."""

    rows: list[list[Text]]

    def __rich_console__(self, _console: object, options: ConsoleOptions) -> RenderResult:
        """Lay them out for the place that there is."""
        if options.max_width >= UNBOUNDED:
            yield from self._whole()
            return
        grid = Table.grid(padding=(0, _GAP), pad_edge=False)
        for _ in max(self.rows, key=len, default=[]):
            grid.add_column(overflow="fold")
        for row in self.rows:
            grid.add_row(*row)
        yield grid

    def _whole(self) -> Iterator[Text]:
        count = max((len(row) for row in self.rows), default=0)
        places = range(count - 1)
        widths = [max(row[place].cell_len for row in self.rows if len(row) > place) for place in places]
        for *before, last in self.rows:
            padded = (
                one.plain.replace("\n", NEW_LINE) + " " * (width - one.cell_len)
                for one, width in zip(before, widths, strict=False)
            )
            indent = "".join(f"{one}{' ' * _GAP}" for one in padded)
            for number, line in enumerate(last.split(allow_blank=True)):
                shown = f"{' ' * Text(indent).cell_len if number else indent}{line.plain}"
                yield Text(shown.rstrip(), no_wrap=True, overflow="ignore")


class Column(NamedTuple):
    """A heading, whether figures stand below it, and whether it gives way."""

    heading: str
    is_figures: bool
    gives_way: bool


def laid_out(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int) -> Iterator[RenderableType]:
    """Lay a table out in so many cells."""
    natural = [_natural(place, column, rows) for place, column in enumerate(columns)]
    if width >= UNBOUNDED:
        yield from _unbroken(columns, rows, natural)
        return
    fitted = _fitted(columns, rows, natural, width)
    if fitted:
        yield _drawn(columns, rows, fitted)
        return
    kept = [place for place, one in enumerate(columns) if not one.gives_way]
    beside = [natural[place] for place in kept]
    if kept and sum(beside) + _GAP * (len(beside) - 1) <= width:
        yield from _below(columns, rows, kept, beside)
    else:
        yield from _apart(columns, rows)


def _natural(place: int, column: Column, rows: Iterable[Sequence[Text]]) -> int:
    widest = max((line.cell_len for row in rows for line in row[place].split(allow_blank=True)), default=0)
    return max(widest, Text(column.heading).cell_len)


def _fitted(columns: Sequence[Column], rows: Iterable[Sequence[Text]], natural: Sequence[int], width: int) -> list[int]:
    """Return the width of each column, the widest text giving way first; nothing where the width does not do."""
    fitted = list(natural)
    least = [
        _least(place, column, rows, natural[place]) if column.gives_way else natural[place]
        for place, column in enumerate(columns)
    ]
    surplus = sum(fitted) + _GAP * (len(fitted) - 1) - width
    if sum(least) + _GAP * (len(least) - 1) > width:
        return []
    while surplus > 0:
        widest = max((place for place in range(len(fitted)) if fitted[place] > least[place]), key=fitted.__getitem__)
        fitted[widest] -= 1
        surplus -= 1
    is_torn = any(
        _folding(place, rows) > _TALLEST * fitted[place] for place, column in enumerate(columns) if column.gives_way
    )
    return [] if is_torn else fitted


def _folding(place: int, rows: Iterable[Sequence[Text]]) -> int:
    """Return how long the longest text of a column is that folds; the others end where the column does."""
    return max((row[place].cell_len for row in rows if not row[place].no_wrap), default=0)


def _unbroken(
    columns: Sequence[Column], rows: Iterable[Sequence[Text]], widths: Sequence[int]
) -> Iterator[RenderableType]:
    """Write each row on one line, without a space at its end."""
    for row in ([Text(one.heading) for one in columns], *rows):
        line = "".join(
            (" " * room + cell.plain if column.is_figures else cell.plain + " " * room) + " " * _GAP
            for column, cell, width in zip(columns, row, widths, strict=True)
            for room in (width - cell.cell_len,)
        )
        yield Text(line.rstrip(), no_wrap=True, overflow="ignore")


def _least(place: int, column: Column, rows: Iterable[Sequence[Text]], natural: int) -> int:
    """Return how narrow a text may become: its heading and the ids in it stay whole."""
    ids = [len(found) for row in rows for found in _ID.findall(row[place].plain)]
    return max(min(natural, max([_NARROWEST, *ids])), Text(column.heading).cell_len)


def _drawn(columns: Sequence[Column], rows: Iterable[Sequence[Text]], widths: Sequence[int]) -> Table:
    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column, cells in zip(columns, widths, strict=True):
        made.add_column(
            Text(column.heading, no_wrap=True),
            justify="right" if column.is_figures else "left",
            width=cells,
            no_wrap=not column.gives_way,
            overflow="fold",
        )
    for row in rows:
        made.add_row(*row)
    return made


def _below(
    columns: Sequence[Column], rows: Iterable[Sequence[Text]], kept: Sequence[int], widths: Sequence[int]
) -> Iterator[RenderableType]:
    """Draw each row on one line, and below it what gives way, each text on its own."""
    chosen = [columns[place] for place in kept]
    lines = [[row[place] for place in kept] for row in rows]
    heads: list[Text] = [Text(one.heading, style="bold", no_wrap=True) for one in chosen]
    yield _line(chosen, heads, widths)
    for row, line in zip(rows, lines, strict=True):
        yield _line(chosen, line, widths)
        for place, column in enumerate(columns):
            if column.gives_way and row[place].plain:
                yield Padding(_labelled(column.heading, row[place]), (0, 0, 0, _INDENT))


def _line(columns: Sequence[Column], cells: Sequence[Text], widths: Sequence[int]) -> Table:
    made = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        made.add_column(justify="right" if column.is_figures else "left", width=width, no_wrap=True, overflow="fold")
    made.add_row(*cells)
    return made


def _labelled(heading: str, cell: Text) -> Table:
    """Set a text beside its heading; its further lines begin where the first one does."""
    grid = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    if heading:
        grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(*([Text(heading)] if heading else []), Text(cell.plain, style=cell.style))
    return grid


def _apart(columns: Sequence[Column], rows: Iterable[Sequence[Text]]) -> Iterator[RenderableType]:
    """Draw every cell on a line of its own, the rows apart from each other."""
    for number, row in enumerate(rows):
        if number:
            yield Text("")
        grid = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column(overflow="fold")
        for column, cell in zip(columns, row, strict=True):
            if cell.plain:
                grid.add_row(Text(column.heading, no_wrap=True), Text(cell.plain, style=cell.style))
        yield grid
