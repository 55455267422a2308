"""The layout of tables: text columns fold first, then move below their row, then every cell gets its own line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contracts.printable import NEW_LINE

UNBOUNDED: Final = 100_000
"""The width of a pipe: its lines are never broken, and each row is one line."""

_COLUMN_WIDTH_MIN: Final = 12
"""The least width of a folding column whose text is as long."""

_WORD_WIDTH_MAX: Final = 24
"""The longest word that stays whole in a folding column; a longer one is broken like an address."""

_ID: Final = re.compile(r"\S*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\S*")
_WORD: Final = re.compile(r"[\S\u00a0\u202f]+")
_GAP: Final = 2
_INDENT: Final = 4
_FOLDED_LINES_MAX: Final = 4
"""The most lines of a folded text: a longer one reads better below its row."""


@dataclass(frozen=True)
class Lines:
    """Lines of cells without headings: the last cell folds and keeps its line breaks; in a pipe it is not folded."""

    rows: list[list[Text]]
    times: tuple[datetime, ...] = ()
    """The times that the lines show."""

    def __rich_console__(self, _console: object, options: ConsoleOptions) -> RenderResult:
        """Lay the lines out in the available width."""
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
                cell.plain.replace("\n", NEW_LINE) + " " * (width - cell.cell_len)
                for cell, width in zip(before, widths, strict=False)
            )
            indent = "".join(f"{text}{' ' * _GAP}" for text in padded)
            for number, line in enumerate(last.split(allow_blank=True)):
                shown = f"{' ' * Text(indent).cell_len if number else indent}{line.plain}"
                yield Text(shown.rstrip(), no_wrap=True, overflow="ignore")


class Column(NamedTuple):
    """A heading, whether its column has figures, and whether it may fold."""

    heading: str
    is_figures: bool
    gives_way: bool


def lay_out(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int) -> Iterator[RenderableType]:
    """Lay a table out in this width."""
    natural = [_natural(place, column, rows) for place, column in enumerate(columns)]
    if width >= UNBOUNDED:
        yield from _unbroken_lines(columns, rows, natural)
        return
    fitted = _fit(columns, rows, natural, width)
    if fitted:
        yield _draw(columns, rows, fitted)
        return
    fixed = [place for place, column in enumerate(columns) if not column.gives_way]
    if fixed and _total(natural, fixed) <= width:
        filled = [place for place, column in enumerate(columns) if column.gives_way and _is_filled(place, rows)]
        places = _with_short_texts(filled, natural, fixed, width)
        yield from _draw_below(columns, rows, places, [natural[place] for place in places])
    else:
        yield from _draw_apart(columns, rows)


def _total(widths: Sequence[int], places: Sequence[int]) -> int:
    return sum(widths[place] for place in places) + _GAP * (len(places) - 1)


def _is_filled(place: int, rows: Iterable[Sequence[Text]]) -> bool:
    return all(row[place].plain for row in rows)


def _with_short_texts(texts: Sequence[int], natural: Sequence[int], fixed: Sequence[int], width: int) -> Sequence[int]:
    """Return the columns of the line above the texts: the fixed ones, and texts up to the first that does not fit."""
    chosen = list(fixed)
    for place in texts:
        if _total(natural, [*chosen, place]) > width:
            break
        chosen.append(place)
    return sorted(chosen)


def _natural(place: int, column: Column, rows: Iterable[Sequence[Text]]) -> int:
    widest = max((line.cell_len for row in rows for line in row[place].split(allow_blank=True)), default=0)
    return max(widest, Text(column.heading).cell_len)


def _fit(columns: Sequence[Column], rows: Iterable[Sequence[Text]], natural: Sequence[int], width: int) -> list[int]:
    """Return the width of each column, with the widest text folded first; empty if the width does not suffice."""
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
        _folding(place, rows) > _FOLDED_LINES_MAX * fitted[place]
        for place, column in enumerate(columns)
        if column.gives_way
    )
    return [] if is_torn else fitted


def _folding(place: int, rows: Iterable[Sequence[Text]]) -> int:
    """Return the length of a column's longest folding text; other texts are cut at the end of the column."""
    return max((row[place].cell_len for row in rows if not row[place].no_wrap), default=0)


def _unbroken_lines(
    columns: Sequence[Column], rows: Iterable[Sequence[Text]], widths: Sequence[int]
) -> Iterator[RenderableType]:
    """Yield each row as one line, without trailing spaces."""
    for row in ([Text(column.heading) for column in columns], *rows):
        line = "".join(
            (" " * room + cell.plain if column.is_figures else cell.plain + " " * room) + " " * _GAP
            for column, cell, width in zip(columns, row, widths, strict=True)
            for room in (width - cell.cell_len,)
        )
        yield Text(line.rstrip(), no_wrap=True, overflow="ignore")


def _least(place: int, column: Column, rows: Iterable[Sequence[Text]], natural: int) -> int:
    """Return the least width of a column, in which its heading, its ids and its words stay whole."""
    ids = [len(text) for row in rows for text in _ID.findall(row[place].plain)]
    words = [cell_len(word) for row in rows if not row[place].no_wrap for word in _WORD.findall(row[place].plain)]
    whole = [width for width in words if width <= _WORD_WIDTH_MAX]
    return max(min(natural, max([_COLUMN_WIDTH_MIN, *ids, *whole])), Text(column.heading).cell_len)


def _draw(columns: Sequence[Column], rows: Iterable[Sequence[Text]], widths: Sequence[int]) -> Table:
    grid = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column, cells in zip(columns, widths, strict=True):
        grid.add_column(
            Text(column.heading, no_wrap=True),
            justify="right" if column.is_figures else "left",
            width=cells,
            no_wrap=not column.gives_way,
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*row)
    return grid


def _draw_below(
    columns: Sequence[Column], rows: Iterable[Sequence[Text]], places: Sequence[int], widths: Sequence[int]
) -> Iterator[RenderableType]:
    """Draw each row on one line, with its folding texts below, one after the other."""
    chosen = [columns[place] for place in places]
    lines = [[row[place] for place in places] for row in rows]
    heads: list[Text] = [Text(column.heading, style="bold", no_wrap=True) for column in chosen]
    yield _line(chosen, heads, widths)
    for row, line in zip(rows, lines, strict=True):
        yield _line(chosen, line, widths)
        for place, column in enumerate(columns):
            if place not in places and row[place].plain:
                yield Padding(_set_label(column.heading, row[place]), (0, 0, 0, _INDENT))


def _line(columns: Sequence[Column], cells: Sequence[Text], widths: Sequence[int]) -> Table:
    grid = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        grid.add_column(justify="right" if column.is_figures else "left", width=width, no_wrap=True, overflow="fold")
    grid.add_row(*cells)
    return grid


def _set_label(heading: str, cell: Text) -> Table:
    """Set a text next to its heading, with all its lines aligned."""
    grid = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    if heading:
        grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(*([Text(heading)] if heading else []), Text(cell.plain, style=cell.style))
    return grid


def _draw_apart(columns: Sequence[Column], rows: Iterable[Sequence[Text]]) -> Iterator[RenderableType]:
    """Draw every cell on its own line, with a blank line between rows."""
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
