"""All output of the server's side of the command line: names, paths and errors are cleaned.

Texts are translated by `gettext` into the language of this process.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from gettext import gettext, pgettext
from typing import Any, Final, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from contracts import sentences
from contracts.errors import reasons_of
from contracts.printable import printable, printable_json, utc_offsets
from contracts.sheets import csv_line
from contracts.texts import preferred_language
from workers.local.translatable_sentences import KNOWN

Styled = str | tuple[str, str]
_FINGERPRINT: Final = re.compile(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}")
_NO_EXAMPLES: Final[Mapping[str, str]] = {}


def language() -> str:
    """Return the language of this process: `en` or `fr`."""
    return preferred_language(os.environ.get("LANGUAGE"))


def say(words: str, **values: object) -> str:
    """Translate a text, and fill in its {names}."""
    return gettext(words).format(**values)


def emphasise(words: str, name: str, **values: object) -> list[Styled]:
    """Translate a text, fill in its {names}, and set one of the values in bold."""
    before, _, after = gettext(words).partition(f"{{{name}}}")
    return [before.format(**values), (str(values[name]), "bold"), after.format(**values)]


def translate(sentence: object) -> str:
    """Translate a sentence of another module, or what the system says about a file; others stay unchanged."""
    text = str(sentence)
    place, _, why = text.rpartition(": ")
    if place and why in KNOWN:
        return say("{label}: {value}", label=place, value=gettext(why))
    return sentences.translate(text, KNOWN, gettext)


def capitalise(name: str) -> str:
    """Return a name as the first word of a sentence."""
    return name[:1].upper() + name[1:]


def decimal(value: float) -> str:
    """Return a number with one decimal in the format of the language."""
    return f"{value:.1f}".replace(".", pgettext("decimal", "."))


def tell(*parts: Styled, err: bool = False) -> None:
    """Print a line for people; a part may have a style, and markup in it is not interpreted."""
    clean = [printable(part) if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts]
    console, line = Console(stderr=err, highlight=False), Text.assemble(*clean)
    # A terminal would break a fingerprint within a group of its digits.
    console.print(line, soft_wrap=not (console.is_terminal and _FINGERPRINT.search(line.plain)))


def fail(why: object, status: int = 1) -> NoReturn:
    """Print the translated reason, and end with a status."""
    tell((translate(why), "red"), err=True)
    raise typer.Exit(status)


def fail_invalid(
    error: ValidationError, name_of: Callable[[str], str], examples: Mapping[str, str] = _NO_EXAMPLES
) -> NoReturn:
    """Print why each field is not valid, by the name under which it is set, and end with the status of a mistake.

    `examples` are values to type, by field.
    """
    problems = []
    for field, reason in reasons_of(error, language()):
        example = examples.get(field)
        why = say("{reason}, as in {example}", reason=reason, example=example) if example else reason
        problems.append(say("{label}: {value}", label=name_of(field), value=why))
    fail(say("; ").join(problems), status=2)


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str], times: Iterable[datetime] = ()
) -> None:
    """Print a table for people: one line per row or, on a narrow terminal, one per cell.

    Empty columns are left out. On a terminal a last line names the zone of the times.
    """
    _print_table(head, rows, styles)
    if sys.stdout.isatty() and (offsets := utc_offsets(times)):
        tell((say("local times, {zone}", zone=gettext(" or ").join(offsets)), "dim"))


def _print_table(head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str]) -> None:
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
    """Print a table as CSV in UTF-8."""
    lines = "".join(csv_line(printable(str(cell)) for cell in row) for row in (head, *rows))
    sys.stdout.buffer.write(lines.encode())
    sys.stdout.flush()


def write(document: Any) -> None:
    """Print a document as one line of JSON."""
    sys.stdout.write(printable_json(json.loads(json.dumps(document))) + "\n")
    sys.stdout.flush()
