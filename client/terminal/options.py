"""How a function becomes a command: the options that every command has, and what runs it."""

import inspect
from collections.abc import Callable, Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from client.terminal.session import Session

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
    lang: Annotated[
        Lang, typer.Option(envvar="INCIDENTS_LANG", help="The language of answers.", rich_help_panel=_PANEL)
    ] = Lang.EN,
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


def command(app: typer.Typer, name: str, *examples: str, principal: str = "admin") -> Callable[[Handler], Handler]:
    """Make a command of a function that takes a session first; `examples` are lines to type."""

    def register(handler: Handler) -> Handler:
        def run(**options: Any) -> None:
            session = Session(
                principal=options.pop("as_") or principal,
                json=options.pop("as_json"),
                language=options.pop("lang").value,
                data=options.pop("data"),
            )
            raise typer.Exit(session.run(handler(session, **options)))

        own = list(inspect.signature(handler, eval_str=True).parameters.values())[1:]
        common = inspect.signature(_common, eval_str=True).parameters.values()
        keyword = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *common)]
        # typer reads options from the signature; what is in __dict__ goes before the real one.
        run.__dict__["__signature__"] = inspect.Signature(keyword)
        epilog = "\n\n".join(["Examples:", *(f"[bold]{line}[/bold]" for line in examples)])
        app.command(name, help=inspect.getdoc(handler), epilog=epilog if examples else None)(run)
        return handler

    return register


def group(help_text: str) -> typer.Typer:
    """Make a group of commands."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode="rich", add_completion=False)
