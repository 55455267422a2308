"""Arguments and options that many commands share."""

from collections.abc import Callable
from typing import Annotated, Final

import typer

from incidents.cli.completion import complete_names
from incidents.terminal.session import Session, UsageError

TIME: Final = "2026-01-31, 2026-01-31 14:30, 7d, yesterday, last tuesday."
LATER: Final = "2026-12-31, 2026-12-31 14:30, in 7 days, tomorrow, next friday. A day in words counts to its end."
SINCE: Final = f"Created since: {TIME}"
TO_ITS_END: Final = f"{TIME} A day in words counts to its end."
UNTIL: Final = f"Created before: {TO_ITS_END}"

Project = Annotated[
    str, typer.Argument(metavar="PROJECT", help="A project's number or id, or ref: and its number in another system.")
]
OneProject = Annotated[
    str | None, typer.Argument(metavar="PROJECT", help="A project's number or id; all projects if it is left out.")
]
Words = list[str] | None
Activity = Annotated[bool, typer.Option("--activity", help="List what people did with the project, and when.")]
StandardForm = Annotated[
    bool, typer.Option("--standard-form", help="The standard form, even if the site has a template of its own.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
AccessReason = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Why a restricted project is read; it stays in the activity: name nobody."),
]
ExpectedRevision = Annotated[
    int | None, typer.Option(metavar="N", help="Refuse if the project has another revision by now.")
]
TypeName = Annotated[
    str | None,
    typer.Option("--type", metavar="TYPE", help="The type's name or id.", autocompletion=complete_names("types")),
]
StatusName = Annotated[
    str | None,
    typer.Option(metavar="STATUS", help="The status's name or id.", autocompletion=complete_names("statuses")),
]
CategoryValues = Annotated[
    Words, typer.Option(metavar="CATEGORY=VALUE", help="A category's value, as in Reason=Other; repeatable.")
]
Cleared = Annotated[
    Words,
    typer.Option(
        metavar="FIELD",
        help="type, status, reference, description, start, end, a category or a data field (by name); repeatable.",
    ),
]
Reference = Annotated[str | None, typer.Option(metavar="TEXT", help="Its number in another system.")]
KeptUntil = Annotated[str | None, typer.Option(metavar="TIME", help=f"Until when the recording is kept: {LATER}")]
Cameras = Annotated[Words, typer.Option(metavar="ID[=NAME]", help="A camera that recorded it; repeatable.")]


def among(*words: str) -> Callable[[], list[str]]:
    """Return a function that offers these words to a shell's completion."""
    return lambda: list(words)


def access(access_reason: str | None) -> dict[str, str]:
    """Return the field that says why a restricted project is read, if somebody says it."""
    return {} if access_reason is None else {"access_reason": access_reason}


def revision(expected: int | None) -> dict[str, int]:
    """Return the field for the expected revision of a command."""
    return {} if expected is None else {"expected_revision": expected}


def require_change(session: Session, example: str, *typed: object) -> None:
    """Refuse a command that changes something if nothing to change was typed.

    Raises:
        UsageError: All of `typed` is None or empty.
    """
    if not any(value is not None and value != [] for value in typed):
        raise UsageError(session.say("say what to change, as in: {example}", example=example))
