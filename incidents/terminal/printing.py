"""The only place that prints for the command line: texts of other people are cleaned here.

Nothing is interpreted as markup, and no control character reaches a terminal. The command line's own texts are styled
with `Text`.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import IO, Any, Final, NoReturn, TextIO, cast

import typer
from pydantic import BaseModel
from rich.console import Console, ConsoleOptions, RenderableType
from rich.highlighter import JSONHighlighter
from rich.segment import Segment
from rich.text import Text

from contracts.printable import printable, printable_json
from incidents.terminal.tables.layout import UNBOUNDED
from incidents.terminal.text.words import say, yes_or_no

_WORD: Final = re.compile(
    r"(?:SHA256:)?(?:[0-9A-F]{2}:){4}(?=(?:[0-9A-F]{2}:){3}[0-9A-F]{2})"
    r"|[^\S\u00a0\u202f]*[\S\u00a0\u202f]+[^\S\u00a0\u202f]*"
)
"""What a line is not broken in: a word with the spaces around it, or four groups of a fingerprint's digits."""


class OutputClosedError(Exception):
    """The reader of the output has ended, or, with a reason, the output cannot be written."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class CheckedOutput:
    """An output that raises the same error for all who write to it, those of other packages too, if it is closed."""

    def __init__(self, file: Any) -> None:
        """Keep what is written to."""
        self._file = file

    def write(self, text: Any) -> int:
        """Write text, or bytes to a buffer.

        Raises:
            OutputClosedError: The reader has ended, or the disk is full.
        """
        with _reporting_closed_output():
            return int(self._file.write(text))

    def flush(self) -> None:
        """Write what was kept back.

        Raises:
            OutputClosedError: The reader has ended, or the disk is full.
        """
        with _reporting_closed_output():
            self._file.flush()

    @property
    def buffer(self) -> "CheckedOutput":
        """The output of bytes below this one."""
        return CheckedOutput(self._file.buffer)

    def __getattr__(self, name: str) -> Any:
        """Return everything else as it is."""
        return getattr(self._file, name)


@contextmanager
def _reporting_closed_output() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise OutputClosedError from error
    except OSError as error:
        raise OutputClosedError(error.strerror or str(error)) from error


def check_output() -> None:
    """Let everything that is printed into a file or a pipe report in one way that this is not possible."""
    if not sys.stdout.isatty():
        sys.stdout = cast("TextIO", CheckedOutput(sys.stdout))


class Screen(Console):
    """A console that cleans every text: before its layout, so that columns fit, and again before its output."""

    def __init__(self, *, stderr: bool = False, width: int | None = None, file: IO[str] | None = None) -> None:
        """Switch off markup, emoji names and highlighting."""
        super().__init__(stderr=stderr, width=width, file=file, highlight=False, markup=False, emoji=False)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, and raise one kind of error if the output is closed."""
        with _reporting_closed_output():
            super().print(*objects, **options)

    def on_broken_pipe(self) -> NoReturn:
        """Raise the same error for a broken pipe."""
        raise OutputClosedError

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render an object, cleaned."""
        for segment in super().render(clean(renderable) if isinstance(renderable, Text) else renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


def screen(*, stderr: bool = False) -> Screen:
    """Make a console as wide as its terminal or as COLUMNS; in a pipe no line is broken."""
    console = Screen(stderr=stderr)
    is_told = os.environ.get("COLUMNS", "").isdigit()
    return console if console.is_terminal or is_told else Screen(stderr=stderr, width=UNBOUNDED)


def keep_together() -> None:
    """Keep lines unbroken at no-break spaces and in a fingerprint's groups: rich breaks them, and has no setting."""
    vars(import_module("rich._wrap"))["re_word"] = _WORD


def clean(text: Text) -> Text:
    """Return a text with its invisible characters shown; a text with such characters loses its styles."""
    plain = printable(text.plain)
    return text if plain == text.plain else text.blank_copy(plain)


def format_json(document: BaseModel | Mapping[str, Any], indent: int | None = None) -> str:
    """Return a document as JSON that a terminal can show and that parses to the same document."""
    plain = document.model_dump(mode="json", by_alias=True) if isinstance(document, BaseModel) else document
    return printable_json(plain, indent)


def json_text(document: BaseModel | Mapping[str, Any]) -> Text:
    """Lay a document out for people."""
    return JSONHighlighter()(Text(format_json(document, indent=2)))


def write(document: BaseModel | Mapping[str, Any]) -> None:
    """Print one line of JSON."""
    _put(f"{format_json(document)}\n")


def write_rows(lines: Iterable[str]) -> None:
    """Print rows for a spreadsheet at once, so that the output never ends inside a row; always UTF-8."""
    _put("".join(lines))


def _put(text: str) -> None:
    with _reporting_closed_output():
        typer.echo(text.encode(), nl=False)


def discard_output() -> None:
    """Discard the remaining output, so that the end of the program raises no errors."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, OutputClosedError):
            os.dup2(nowhere, stream.fileno())


def confirm(question: str, language: str) -> bool:
    """Ask a yes-or-no question, answered in either language; an empty answer is no."""
    choice, suffix = say(language, "[y/N]"), _prompt_suffix(language)
    while True:
        typed = str(
            typer.prompt(f"{printable(question)} {choice}", "", show_default=False, err=True, prompt_suffix=suffix)
        )
        answer = yes_or_no(typed) if typed.strip() else False
        if answer is not None:
            return answer
        typer.echo(say(language, "write y or n"), err=True)


def _prompt_suffix(language: str) -> str:
    return "\u00a0: " if language == "fr" else ": "


def password(question: str, language: str) -> str:
    """Ask for a password twice, until both are the same."""
    options: dict[str, Any] = {"hide_input": True, "err": True, "prompt_suffix": _prompt_suffix(language)}
    while True:
        first = str(typer.prompt(printable(question), **options))
        if first == typer.prompt(say(language, "Confirm the password"), **options):
            return first
        typer.echo(say(language, "These are two different passwords."), err=True)


def password_once(question: str, language: str) -> str:
    """Ask for a password that exists already."""
    suffix = _prompt_suffix(language)
    return str(typer.prompt(printable(question), hide_input=True, err=True, prompt_suffix=suffix))


def print_usage_error(error: typer.TyperException, why: str) -> int:
    """Print why a line is not understood, with the usage, and return the exit status.

    The layout is imported only now, because no other command needs it.
    """
    shown: Any = error  # typer prints its own subclass, which has no public name
    shown.format_message = lambda: printable(why)
    import_module("typer.rich_utils").rich_format_error(shown)
    return error.exit_code


def read_line() -> str:
    """Read the first line of stdin.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
    """
    return sys.stdin.buffer.readline().decode("utf-8-sig").rstrip("\r\n")
