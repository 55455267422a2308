"""Tables of answers: laid out for people on a terminal or in a pipe, and whole for spreadsheets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from rich.console import ConsoleOptions, RenderResult
from rich.text import Text

from contracts.printable import on_one_line, printable
from contracts.sheets import csv_line
from incidents.terminal.tables.layout import UNBOUNDED, Column, Lines, laid_out
from incidents.terminal.text.times import is_shown_twice
from incidents.terminal.text.words import number, say

_FIGURES: Final = frozenset(
    {"Number", "Revision", "Id", "#", "Lag", "Seconds", "Pages", "Size", "Up", "Outbox", "Done", "Refused", "Line"}
    | {"Imported", "Already there", "Completed", "Projects"}
)
_FOLDED: Final = frozenset(
    {
        *("Type", "Status", "Group", "Name", "Description", "Details", "Camera", "Before", "After", "Reason", "Site"),
        *("Members", "Value", "Field", "Missing", "Activity", "Project", "Source", "Reference", "Category"),
    }
)
"""What gives way when a table is wider than its place; ids, numbers and times stay whole and can be copied."""


class Cell(NamedTuple):
    """What people read in a cell, and what a spreadsheet gets instead."""

    shown: object
    whole: object


def local(time: datetime | None, language: str) -> str:
    """Write a time in the clock of here, so that it can be typed back; with its offset where clocks show it twice."""
    if time is None:
        return ""
    here = time.astimezone()
    form = "%d/%m/%Y %H:%M:%S" if language == "fr" else "%Y-%m-%d %H:%M:%S"
    return here.strftime(form) + (here.isoformat()[-6:] if is_shown_twice(here) else "")


def written(value: object, language: str) -> str:
    """Write a value as people read it."""
    match value:
        case None:
            return ""
        case bool():
            return say(language, "yes" if value else "no")
        case datetime():
            return local(value, language)
        case float() | Decimal():
            return number(value, language)
        case _:
            return str(value)


@dataclass(frozen=True)
class Sheet:
    """A table: its headings in English, and its rows as values; `more` are columns that spreadsheets alone get."""

    language: str
    headings: tuple[str, ...]
    rows: list[Sequence[object]]
    title: str = ""
    more: tuple[str, ...] = ()

    def __rich_console__(self, _console: object, options: ConsoleOptions) -> RenderResult:
        """Lay it out for the place that there is; without rows, say that there are none."""
        if self.title:
            yield Text(on_one_line(self.title), style="bold")
        if not self.rows:
            yield Text(say(self.language, "nothing here"), style="dim")
            return
        columns = [Column(say(self.language, one), one in _FIGURES, one in _FOLDED) for one in self.headings]
        shown = [[self._shown(value) for value in row[: len(columns)]] for row in self.rows]
        if options.max_width >= UNBOUNDED:
            shown = [[_unbroken(cell) for cell in row] for row in shown]
        yield from laid_out(columns, shown, options.max_width)

    def _shown(self, value: object) -> Text:
        if isinstance(value, Cell):
            return self._shown(value.shown)
        if isinstance(value, Text):
            return value
        return Text(on_one_line(written(value, self.language)))

    def heading_line(self) -> str:
        """Return the first line of the spreadsheet; what has no heading is drawn for people alone."""
        return csv_line(say(self.language, one) for one in (*self.headings, *self.more) if one)

    def lines(self) -> Iterator[str]:
        """Yield the rows of the spreadsheet: nothing is cut, times have their offset, numbers are plain."""
        kept = [bool(one) for one in (*self.headings, *self.more)]
        for row in self.rows:
            yield csv_line(self._whole(value) for value, keep in zip(row, kept, strict=True) if keep)

    def _whole(self, value: object) -> object:
        match value:
            case Cell():
                return self._whole(value.whole)
            case datetime():
                return value.astimezone().isoformat()
            case Text():
                return printable(value.plain)
            case bool() | None:
                return written(value, self.language)
            case int() | float():
                return value
            case _:
                return printable(str(value))


def table(
    language: str,
    *headings: str,
    rows: Iterable[Sequence[object]],
    title: str = "",
    more: Sequence[str] = (),
) -> Sheet:
    """Make a table; what its cells hold is written as its reader needs it."""
    return Sheet(language, headings, list(rows), title, tuple(more))


def facts(language: str, rows: Iterable[tuple[str, object]]) -> Lines:
    """Lay out what is known of one thing: a name and a value on each line, without those that are empty."""
    lines: list[list[Text]] = []
    for label, value in rows:
        shown = written(value.shown if isinstance(value, Cell) else value, language)
        if shown:
            lines.append([Text(say(language, label), style="dim", no_wrap=True), paragraph(shown)])
    return Lines(lines)


def one_line(text: str) -> Text:
    """Let a text end where its column ends."""
    return Text(on_one_line(text), no_wrap=True, overflow="ellipsis")


def paragraph(value: object) -> Text:
    """Let what somebody wrote keep its lines."""
    return Text(printable(str(value)))


def _unbroken(cell: Text) -> Text:
    return Text(on_one_line(cell.plain)) if "\n" in cell.plain else cell
