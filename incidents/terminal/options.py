"""Commands made from functions: the common options, and how they run."""

import inspect
import sys
from collections.abc import Callable, Coroutine, Iterator
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_args
from uuid import UUID

import typer
from typer.core import TyperCommand
from typer.models import OptionInfo

from incidents.terminal.input.line_errors import MistakeError
from incidents.terminal.input.reading import read_decimal
from incidents.terminal.session import Session
from incidents.terminal.text.language import choose_language
from incidents.terminal.text.words import say

Handler = TypeVar("Handler", bound=Callable[..., Coroutine[Any, Any, None]])


class Lang(StrEnum):
    """The languages of the product."""

    EN = "en"
    FR = "fr"


_PANEL = "Common options"
_ACTS: Final = {
    "admin": "The principal that acts; by default admin.",
    "ops": "The principal that acts; by default ops.",
}


def _acting(principal: str) -> Any:
    """Return the option of who acts, with its default."""
    option = typer.Option(
        "--as", metavar="PRINCIPAL", envvar="INCIDENTS_AS", help=_ACTS[principal], rich_help_panel=_PANEL
    )
    return Annotated[str | None, option]


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
            metavar="en|fr",
            help="The language, en or fr; by default that of INCIDENTS_LANG or of the locale.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The directory of the system; by default INCIDENTS_DATA, or .incidents. "
            "INCIDENTS_NATS_URL and INCIDENTS_NATS_CREDS name a system elsewhere.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    as_: str | None = None,  # its help says which principal a command acts as: see `_acting`
) -> None:
    """Declare the options of every command."""


def add_language(command: Any) -> None:
    """Add `--lang` to a command and all below it that lack it; its value was read before anything is parsed."""
    if not any("--lang" in option.opts for option in command.params):
        app = typer.Typer(add_completion=False)
        app.command()(_common)
        option = next(each for each in typer.main.get_command(app).params if each.name == "lang")
        option.expose_value = False
        command.params.append(option)
    for each in getattr(command, "commands", {}).values():
        add_language(each)


_HIDDEN: Final = Annotated[bool, typer.Option("--csv", hidden=True)]
"""The same for commands without a table: refused, and hidden from help."""

_SENDING: Final = "Sending"


def _sending(
    *,
    id_: Annotated[
        UUID | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="The id of the command: the same line with the same id takes effect once.",
            rich_help_panel=_SENDING,
        ),
    ] = None,
    wait: Annotated[
        str,
        typer.Option(
            "--wait",
            metavar="SECONDS",
            help="How long to wait for the outcome; an accepted command is carried out in any case.",
            rich_help_panel=_SENDING,
        ),
    ] = "30",
) -> None:
    """Declare the options of every command that changes something."""


class _Command(TyperCommand):
    """A command that refuses an option next to its opposite, of which typer would take the last one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the line.

        Raises:
            MistakeError: It has an option and its opposite.
        """
        typed = set(takewhile("--".__ne__, args))
        for option in self.params if not ctx.resilient_parsing else ():
            first, second = typed.intersection(option.opts), typed.intersection(option.secondary_opts)
            if first and second:
                words = "{first} and {second} exclude each other: write one of them"
                raise MistakeError(say(choose_language(sys.argv[1:]), words, first=first.pop(), second=second.pop()))
        return super().parse_args(ctx, args)


def command(
    app: typer.Typer, name: str, *examples: str, principal: str = "admin", sends: bool = False, table: bool = False
) -> Callable[[Handler], Handler]:
    """Return a decorator that makes a command of a function, which takes a session first; `examples` are lines to type.

    A command that `sends` can be repeated with the same id and takes effect once. One with a `table` offers CSV.
    """

    def register(handler: Handler) -> Handler:
        own = list(inspect.signature(handler, eval_str=True).parameters.values())[1:]
        typed = frozenset(name for parameter in own for name in _option_names(parameter))

        def run(**options: Any) -> None:
            wait, session = options.pop("wait") if sends else None, _session(options, principal, typed)
            if why := _no_csv(session, table=table):
                raise typer.Exit(session.misunderstood(why))

            async def work() -> None:
                session.wait_seconds = read_decimal(session, wait, 1, "--wait") or session.wait_seconds
                await handler(session, **options)

            raise typer.Exit(_run(session, work()))

        common = list(inspect.signature(_common, eval_str=True).parameters.values())
        special = {"as_": _acting(principal), **({} if table else {"as_csv": _HIDDEN})}
        common = [each.replace(annotation=special.get(each.name, each.annotation)) for each in common]
        sending = list(inspect.signature(_sending, eval_str=True).parameters.values()) if sends else []
        keyword = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *sending, *common)]
        # typer reads options from the signature; what is in __dict__ goes before the real one.
        run.__dict__["__signature__"] = inspect.Signature(keyword)
        epilog = "\n\n".join(["Examples:", *(f"[bold]{line}[/bold]" for line in examples)])
        app.command(name, cls=_Command, help=inspect.getdoc(handler), epilog=epilog if examples else None)(run)
        return handler

    return register


def _run(session: Session, work: Coroutine[Any, Any, None]) -> int:
    try:
        return session.run(work)
    finally:
        work.close()  # Ctrl-C may come before it has begun


def _option_names(parameter: inspect.Parameter) -> Iterator[str]:
    """Yield the long names of the option that a parameter is; an argument has none."""
    for info in get_args(parameter.annotation)[1:]:
        if isinstance(info, OptionInfo):
            # typer takes the first name for a default value until it reads the signature.
            names = (info.default, *(info.param_decls or ()))
            named = [name for name in names if isinstance(name, str) and name.startswith("--")]
            yield from named or [f"--{parameter.name.strip('_').replace('_', '-')}"]


def _session(options: dict[str, Any], principal: str, typed: frozenset[str]) -> Session:
    """Take the common options out of a command's options."""
    values = {"command_id": command_id, "has_given_id": True} if (command_id := options.pop("id_", None)) else {}
    return Session(
        principal=options.pop("as_") or principal,
        usual=principal,
        json=options.pop("as_json"),
        csv=options.pop("as_csv"),
        language=options.pop("lang") or choose_language(),
        data=options.pop("data"),
        options=typed,
        **values,
    )


def _no_csv(session: Session, *, table: bool) -> str:
    """Return why CSV is not possible; empty if it is, or is not requested."""
    if not session.csv:
        return ""
    if not table:
        return session.say("--csv needs a table, and this command shows none")
    return session.say("--json and --csv exclude each other: write one of them") if session.json else ""


def group(help_text: str, *, completes: bool = False) -> typer.Typer:
    """Make a group of commands; the outermost one offers shell completion."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode="rich", add_completion=completes)
