"""The one place through which the command line prints: whatever was written by others is cleaned here.

Nothing is taken for markup, and no character reaches a terminal that would command it; what the command line says
itself is styled with `Text`.
"""

import os
import re
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import IO, Any, Final, NoReturn

import typer
from pydantic import BaseModel
from rich.console import Console, ConsoleOptions, RenderableType
from rich.highlighter import JSONHighlighter
from rich.segment import Segment
from rich.text import Text

from contracts.printable import printable, printable_json
from incidents.terminal.tables.layout import UNBOUNDED
from incidents.terminal.text.words import say, yes_or_no

_WORD: Final = re.compile(r"[^\S\u00a0\u202f]*[\S\u00a0\u202f]+[^\S\u00a0\u202f]*")


class OutputClosedError(Exception):
    """Whoever reads the output has ended, or what takes it takes no more: then there is a reason."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Screen(Console):
    """A console that cleans every text: before it is laid out, so that columns fit, and once more before it leaves."""

    def __init__(self, *, stderr: bool = False, width: int | None = None, file: IO[str] | None = None) -> None:
        """Take nothing for markup, for an emoji's name, or for something to be highlighted."""
        super().__init__(stderr=stderr, width=width, file=file, highlight=False, markup=False, emoji=False)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, and say it in one way where nothing more is taken."""
        try:
            super().print(*objects, **options)
        except OSError as error:
            raise OutputClosedError(error.strerror or str(error)) from error

    def on_broken_pipe(self) -> NoReturn:
        """Say that nobody reads any more, as what is written beside a console says it."""
        raise OutputClosedError

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render something, cleaned."""
        for segment in super().render(cleaned(renderable) if isinstance(renderable, Text) else renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


def screen(*, stderr: bool = False) -> Screen:
    """Make a console as wide as its terminal, or as COLUMNS says; in a pipe no line is broken."""
    made = Screen(stderr=stderr)
    is_told = os.environ.get("COLUMNS", "").isdigit()
    return made if made.is_terminal or is_told else Screen(stderr=stderr, width=UNBOUNDED)


def keep_together() -> None:
    """Break no line at a no-break space, here and in help: rich does, and has no setting for it."""
    vars(import_module("rich._wrap"))["re_word"] = _WORD


def cleaned(text: Text) -> Text:
    """Return a text with its unseen characters shown; one that had some loses what was styled in it."""
    plain = printable(text.plain)
    return text if plain == text.plain else text.blank_copy(plain)


def as_json(document: BaseModel | Mapping[str, Any], indent: int | None = None) -> str:
    """Return a document as JSON that a terminal may show; whoever reads it reads what the document says."""
    plain = document.model_dump(mode="json", by_alias=True) if isinstance(document, BaseModel) else document
    return printable_json(plain, indent)


def json_text(document: BaseModel | Mapping[str, Any]) -> Text:
    """Lay a document out for people."""
    return JSONHighlighter()(Text(as_json(document, indent=2)))


def write(document: BaseModel | Mapping[str, Any]) -> None:
    """Print one line of JSON."""
    _put(f"{as_json(document)}\n")


def write_rows(lines: Iterable[str]) -> None:
    """Print rows of a spreadsheet, all of them at once, so that nothing ends in the middle of one; UTF-8 always."""
    _put("".join(lines))


def _put(text: str) -> None:
    try:
        typer.echo(text.encode(), nl=False)
    except BrokenPipeError as error:
        raise OutputClosedError from error
    except OSError as error:
        raise OutputClosedError(error.strerror or str(error)) from error


def say_no_more() -> None:
    """Let what is still to be written go nowhere, so that the end of the program has nothing to complain about."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())


def confirmed(question: str, language: str) -> bool:
    """Ask something that is answered with yes or no, in either language; an empty answer is no."""
    choice = say(language, "[y/N]")
    while True:
        typed = str(typer.prompt(f"{printable(question)} {choice}", default="", show_default=False, err=True))
        answer = yes_or_no(typed) if typed.strip() else False
        if answer is not None:
            return answer
        typer.echo(say(language, "write y or n"), err=True)


def password(question: str, language: str) -> str:
    """Ask for a password twice, until both are the same."""
    while True:
        first = str(typer.prompt(printable(question), hide_input=True, err=True))
        if first == typer.prompt(say(language, "The same again"), hide_input=True, err=True):
            return first
        typer.echo(say(language, "These are two different passwords."), err=True)


def mistyped(error: typer.TyperException, why: str) -> int:
    """Say why something cannot be understood, with the usage beside it, and return the exit status.

    What lays it out is imported now, because no other command needs it.
    """
    told: Any = error  # typer prints its own subclass, which has no public name
    told.format_message = lambda: printable(why)
    import_module("typer.rich_utils").rich_format_error(told)
    return error.exit_code


def typed_line() -> str:
    """Read the first line of what comes on stdin.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
    """
    return sys.stdin.buffer.readline().decode("utf-8-sig").rstrip("\r\n")
