"""How a function becomes a command: the options that every command has, and what runs it."""

import inspect
from collections.abc import Callable, Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import typer

from incidents.terminal.input.reading import read_decimal
from incidents.terminal.session import Session
from incidents.terminal.text.language import chosen

Handler = TypeVar("Handler", bound=Callable[..., Coroutine[Any, Any, None]])


class Lang(StrEnum):
    """The languages of the product."""

    EN = "en"
    FR = "fr"


_PANEL = "Common options"


def _common(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer with JSON on stdout, errors too.", rich_help_panel=_PANEL)
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Answer with the table as CSV, for a spreadsheet.", rich_help_panel=_PANEL)
    ] = False,
    lang: Annotated[
        Lang | None,
        typer.Option(
            help="The language, en or fr: INCIDENTS_LANG or the locale decides, if absent.", rich_help_panel=_PANEL
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where the system's files are: INCIDENTS_DATA, or .incidents. "
            "INCIDENTS_NATS_URL and INCIDENTS_NATS_CREDS name a system elsewhere.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    as_: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="PRINCIPAL",
            envvar="INCIDENTS_AS",
            help="Who acts: admin, when nobody is named.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
) -> None:
    """Name the options that every command has."""


_HIDDEN: Final = Annotated[bool, typer.Option("--csv", hidden=True)]
"""The same where there is no table: it is refused, and no help offers it."""

_SENDING: Final = "Sending"


def _sending(
    *,
    id_: Annotated[
        UUID | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="The id of what is sent: the same line with the same id takes effect once.",
            rich_help_panel=_SENDING,
        ),
    ] = None,
    wait: Annotated[
        str,
        typer.Option(
            "--wait",
            metavar="SECONDS",
            help="How long to wait for the outcome; what is accepted is carried out all the same.",
            rich_help_panel=_SENDING,
        ),
    ] = "30",
) -> None:
    """Name the options of every command that changes something."""


def command(
    app: typer.Typer, name: str, *examples: str, principal: str = "admin", sends: bool = False, table: bool = False
) -> Callable[[Handler], Handler]:
    """Make a command of a function that takes a session first; `examples` are lines to type.

    What `sends` can be repeated under the same id, and takes effect once. What shows a `table` can be had as CSV.
    """

    def register(handler: Handler) -> Handler:
        def run(**options: Any) -> None:
            wait, session = options.pop("wait") if sends else None, _session(options, principal)
            if why := _no_csv(session, table=table):
                raise typer.Exit(session.misunderstood(why))

            async def work() -> None:
                session.wait_seconds = read_decimal(session, wait, 1, "--wait") or session.wait_seconds
                await handler(session, **options)

            raise typer.Exit(session.run(work()))

        own = list(inspect.signature(handler, eval_str=True).parameters.values())[1:]
        common = list(inspect.signature(_common, eval_str=True).parameters.values())
        if not table:
            common = [one.replace(annotation=_HIDDEN) if one.name == "as_csv" else one for one in common]
        beside = list(inspect.signature(_sending, eval_str=True).parameters.values()) if sends else []
        keyword = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *beside, *common)]
        # typer reads options from the signature; what is in __dict__ goes before the real one.
        run.__dict__["__signature__"] = inspect.Signature(keyword)
        epilog = "\n\n".join(["Examples:", *(f"[bold]{line}[/bold]" for line in examples)])
        app.command(name, help=inspect.getdoc(handler), epilog=epilog if examples else None)(run)
        return handler

    return register


def _session(options: dict[str, Any], principal: str) -> Session:
    """Take what every command has in common out of its options."""
    given = {"command_id": command_id} if (command_id := options.pop("id_", None)) else {}
    return Session(
        principal=options.pop("as_") or principal,
        json=options.pop("as_json"),
        csv=options.pop("as_csv"),
        language=options.pop("lang") or chosen(),
        data=options.pop("data"),
        **given,
    )


def _no_csv(session: Session, *, table: bool) -> str:
    """Say why there is nothing for a spreadsheet, where somebody asks for it."""
    if not session.csv:
        return ""
    if not table:
        return session.say("this command shows no table: --csv is for those that do")
    return session.say("--json and --csv exclude each other: write one of them") if session.json else ""


def group(help_text: str, *, completes: bool = False) -> typer.Typer:
    """Make a group of commands; the outermost one teaches shells to complete them."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode="rich", add_completion=completes)
