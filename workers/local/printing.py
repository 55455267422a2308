"""The one place through which the server's side of the command line prints: names, paths and errors are cleaned.

It speaks the language that the command line has chosen for this process, as `gettext` does.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from gettext import gettext, pgettext
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from contracts import sentences
from contracts.printable import printable, printable_json
from contracts.sheets import csv_line
from workers.local.translatable import KNOWN

Styled = str | tuple[str, str]


def say(words: str, **values: object) -> str:
    """Say something in the language, with the values that its {names} stand for."""
    return gettext(words).format(**values)


def emphasise(words: str, name: str, **values: object) -> list[Styled]:
    """Say the same, and set one of its values in bold."""
    before, _, after = gettext(words).partition(f"{{{name}}}")
    return [before.format(**values), (str(values[name]), "bold"), after.format(**values)]


def translate(sentence: object) -> str:
    """Say in the language what was said elsewhere; what is not known stays as it is."""
    return sentences.translated(str(sentence), KNOWN, gettext)


def decimal(value: float) -> str:
    """Write a number with one decimal, as the language does."""
    return f"{value:.1f}".replace(".", pgettext("decimal", "."))


def tell(*parts: Styled, err: bool = False) -> None:
    """Print a line for people; a part may have a style, and nothing in it is taken for markup."""
    clean = [printable(part) if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts]
    Console(stderr=err, highlight=False).print(Text.assemble(*clean), soft_wrap=True)


def fail(why: object, status: int = 1) -> NoReturn:
    """Say in the language why it cannot be done, and end with a status."""
    tell((translate(why), "red"), err=True)
    raise typer.Exit(status)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str]) -> None:
    """Print a table for people: a line for each row or, where a terminal is too narrow, for each cell.

    A column in which no row has anything is left out.
    """
    filled = [place for place in range(len(head)) if any(row[place] for row in rows)] or range(len(head))
    head, rows = [head[place] for place in filled], [[row[place] for place in filled] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    screen = Console(highlight=False)
    if not screen.is_terminal or sum(widths) + 2 * (len(widths) - 1) <= screen.width:
        for row, style in zip((head, *rows), ("bold", *styles), strict=True):
            tell(("  ".join(map(str.ljust, row, widths)).rstrip(), style))
        return
    label = max(map(len, head))
    for row, style in zip(rows, styles, strict=True):
        for name, cell in zip(head, row, strict=True):
            if cell:
                tell((f"{name.ljust(label)}  ", "bold"), (cell, style))
        tell("")


def write_rows(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for spreadsheets, in UTF-8."""
    lines = "".join(csv_line(printable(str(cell)) for cell in row) for row in (head, *rows))
    sys.stdout.buffer.write(lines.encode())
    sys.stdout.flush()


def write(document: Any) -> None:
    """Print a line for programs."""
    sys.stdout.write(printable_json(json.loads(json.dumps(document))) + "\n")
    sys.stdout.flush()
