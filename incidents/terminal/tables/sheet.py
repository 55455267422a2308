"""Tables of answers: laid out for people on a terminal or in a pipe, and complete for spreadsheets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from rich.console import ConsoleOptions, RenderResult
from rich.text import Text

from contracts.figures import grouped
from contracts.printable import on_one_line, printable, utc_offsets
from contracts.sheets import csv_line
from incidents.terminal.tables.layout import UNBOUNDED, Column, Lines, lay_out
from incidents.terminal.text.times import is_shown_twice, written
from incidents.terminal.text.words import number, say

_FIGURES: Final = frozenset(
    {
        "Number",
        "Revision",
        "Id",
        "#",
        "Lag",
        "Seconds",
        "Pages",
        "Size",
        "Up",
        "Outbox",
        "Done",
        "Refused",
        "Refusals",
        "Line",
    }
    | {"Imported", "Already there", "Completed", "Projects"}
)
_AMOUNTS: Final = frozenset(
    {
        *("Lag", "Seconds", "Pages", "Up", "Outbox", "Done", "Refused", "Refusals"),
        *("Imported", "Already there", "Completed", "Projects"),
    }
)
"""The columns of amounts, whose thousands are apart; other numbers name something and are typed."""

_FOLDED: Final = frozenset(
    {
        *("Type", "Status", "Group", "Name", "Description", "Details", "Camera", "Before", "After", "Reason", "Site"),
        *("Members", "Value", "Field", "Missing", "Activity", "Project", "Source", "Reference", "Category"),
        "Reason for release",
    }
)
"""The columns that fold if a table is too wide; ids, numbers and times stay whole and can be copied."""


_UNITS: Final = {"Size": "Size (bytes)", "Oldest": "Oldest (s)"}
"""The headings for spreadsheets of columns whose cells have a unit for people."""


class Cell(NamedTuple):
    """The content of a cell for people, and for a spreadsheet; `times` are those in its text."""

    shown: object
    whole: object
    times: tuple[datetime, ...] = ()


def local(time: datetime | None, language: str) -> str:
    """Return a local time that can be typed back, with its offset if the clocks show it twice."""
    if time is None:
        return ""
    here = time.astimezone()
    return written(here if is_shown_twice(here) else here.replace(tzinfo=None), language)


def format_value(value: object, language: str) -> str:
    """Return a value as text for people."""
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
    """A table: its headings in English, and its rows as values; `more` are columns only for spreadsheets."""

    language: str
    headings: tuple[str, ...]
    rows: list[Sequence[object]]
    title: str = ""
    more: tuple[str, ...] = ()

    def __rich_console__(self, _console: object, options: ConsoleOptions) -> RenderResult:
        """Lay the table out in the available width; without rows, say so."""
        if self.title:
            yield Text(on_one_line(self.title), style="bold")
        if not self.rows:
            yield Text(say(self.language, "nothing here"), style="dim")
            return
        columns = [
            Column(say(self.language, heading), heading in _FIGURES, heading in _FOLDED) for heading in self.headings
        ]
        shown = [
            [self._shown(value, heading) for value, heading in zip(row, self.headings, strict=False)]
            for row in self.rows
        ]
        if options.max_width >= UNBOUNDED:
            shown = [[_unbroken(cell) for cell in row] for row in shown]
        yield from lay_out(columns, shown, options.max_width)

    @property
    def times(self) -> tuple[datetime, ...]:
        """The times that people see."""
        return times_of(value for row in self.rows for value in row[: len(self.headings)])

    def _shown(self, value: object, heading: str) -> Text:
        if isinstance(value, Cell):
            return self._shown(value.shown, heading)
        if isinstance(value, Text):
            return value
        if isinstance(value, int) and heading in _AMOUNTS:
            return Text(grouped(value, self.language))
        return Text(on_one_line(format_value(value, self.language)))

    def heading_line(self) -> str:
        """Return the headings for a spreadsheet; columns without a heading are only for people."""
        headings = filter(None, (*self.headings, *self.more))
        return csv_line(say(self.language, _UNITS.get(heading, heading)) for heading in headings)

    def lines(self) -> Iterator[str]:
        """Yield the rows for a spreadsheet: uncut, times with their offset, numbers plain."""
        has_heading = [bool(heading) for heading in (*self.headings, *self.more)]
        for row in self.rows:
            yield csv_line(self._whole(value) for value, keep in zip(row, has_heading, strict=True) if keep)

    def _whole(self, value: object) -> object:
        match value:
            case Cell():
                return self._whole(value.whole)
            case datetime():
                return value.astimezone().isoformat()
            case Text():
                return printable(value.plain)
            case bool() | None:
                return format_value(value, self.language)
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
    """Make a table, whose cells are formatted for its reader."""
    return Sheet(language, headings, list(rows), title, tuple(more))


def facts(language: str, rows: Iterable[tuple[str, object]]) -> Lines:
    """Lay out names and values, one pair per line, without empty values."""
    lines: list[list[Text]] = []
    named = list(rows)
    for label, value in named:
        raw = value.shown if isinstance(value, Cell) else value
        if shown := raw if isinstance(raw, Text) else paragraph(format_value(raw, language)):
            lines.append([Text(say(language, label), style="dim", no_wrap=True), shown])
    return Lines(lines, times_of(value for _, value in named))


def zone_remark(parts: Iterable[object], language: str) -> Text | None:
    """Return the line below tables that names the zone of their times; None if they show no time."""
    times = [time for part in parts if isinstance(part, Sheet | Lines) for time in part.times]
    zone = say(language, " or ").join(utc_offsets(times))
    return Text(say(language, "local times, {zone}", zone=zone), style="dim") if times else None


def times_of(values: Iterable[object]) -> tuple[datetime, ...]:
    """Return the times among the values of cells."""
    listed = list(values)
    shown = (value.whole if isinstance(value, Cell) and value.shown else value for value in listed)
    inside = (time for value in listed if isinstance(value, Cell) for time in value.times)
    return (*(value for value in shown if isinstance(value, datetime)), *inside)


def one_line(text: str) -> Text:
    """Return a text that is cut at the end of its column."""
    return Text(on_one_line(text), no_wrap=True, overflow="ellipsis")


def paragraph(value: object) -> Text:
    """Return a text that keeps its line breaks."""
    return Text(printable(str(value)))


def _unbroken(cell: Text) -> Text:
    return Text(on_one_line(cell.plain)) if "\n" in cell.plain else cell
