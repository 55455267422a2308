"""Tables as the command line prints them, and the small texts in their cells."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Literal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from client.terminal.words import say
from contracts.printable import on_one_line, printable

_FIGURES: Final = frozenset(
    {"Number", "Revision", "Id", "#", "Lag", "Seconds", "Pages", "Size", "Up", "Outbox", "Done", "Refused"}
)
_FOLDED: Final = frozenset({"Type", "Group", "Name", "Description", "Details", "Camera", "Before", "After", "Reason"})
"""What gives way when a table is wider than its place."""

_NARROWEST: Final = 8
"""Cells of a column that gives way, at least: what it holds can still be read, one piece below the other."""


def local(time: datetime | None, language: str) -> str:
    """Write a time in the clock of here."""
    form = "%d/%m/%Y %H:%M:%S" if language == "fr" else "%Y-%m-%d %H:%M:%S"
    return time.astimezone().strftime(form) if time else ""


def table(language: str, *headings: str, rows: Iterable[Sequence[object]], title: str = "") -> RenderableType:
    """Make a table; without rows, say that there are none."""
    made = Table(
        title=one_line(title) if title else None, title_justify="left", title_style="bold", header_style="bold"
    )
    for heading in headings:
        justify: Literal["left", "right"] = "right" if heading in _FIGURES else "left"
        gives_way = heading in _FOLDED
        made.add_column(
            say(language, heading),
            justify=justify,
            no_wrap=not gives_way,
            overflow="fold",
            min_width=_NARROWEST if gives_way else None,
        )
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(on_one_line(str(cell))) for cell in row))
    return made if made.row_count else Text(say(language, "nothing here"), style="dim")


def facts(language: str, rows: Iterable[tuple[str, object]]) -> RenderableType:
    """Lay out what is known of one thing: a name and a value on each line, without those that are empty."""
    grid = Table.grid(padding=(0, 2))
    for label, value in rows:
        if value != "":
            grid.add_row(Text(say(language, label), style="dim"), paragraph(value))
    return grid


def one_line(text: str) -> Text:
    """Let a text end where its column ends."""
    return Text(on_one_line(text), no_wrap=True, overflow="ellipsis")


def paragraph(value: object) -> Text:
    """Let what somebody wrote keep its lines."""
    return Text(printable(str(value)))
