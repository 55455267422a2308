"""The names of options in help: whole in every terminal, because people type them as they are shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from rich.text import Text


def show_whole_names(command: Any) -> Any:
    """Let the help of a command and its subcommands show no name of an option cut off.

    An option and its opposite are below each other: side by side they leave no room for what they mean.
    """
    layout = command.format_help

    def format_help(context: Any, formatter: Any) -> None:
        with _folding(), _below_each_other(command.params):
            layout(context, formatter)

    command.format_help = format_help
    for each in getattr(command, "commands", {}).values():
        show_whole_names(each)
    return command


@contextmanager
def _below_each_other(parameters: list[Any]) -> Iterator[None]:
    """Give each option its opposite as a second line of its name."""
    before = [(each, each.opts, each.secondary_opts) for each in parameters]
    for each, names, opposites in before:
        long = [name for name in (*names, *opposites) if name.startswith("--")]
        if opposites and len(long) == len(names) + len(opposites):
            each.opts, each.secondary_opts = ["\n".join(long)], []
    try:
        yield
    finally:
        for each, names, opposites in before:
            each.opts, each.secondary_opts = names, opposites


@contextmanager
def _folding() -> Iterator[None]:
    """Let a name that is too long for its column continue on the next line: typer has no setting for it."""
    utilities = vars(import_module("typer.rich_utils"))
    highlight: Callable[[str], Text] = utilities["highlighter"]

    def fold(text: str) -> Text:
        shown = highlight(text)
        shown.overflow = "fold"
        return shown

    utilities["highlighter"] = fold
    try:
        yield
    finally:
        utilities["highlighter"] = highlight
