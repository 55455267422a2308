"""The command line's help and its sentences about mistakes, in another language.

What typer translates by itself it asks `gettext` for; the rest is exchanged here, by the English words.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from contracts import sentences
from incidents.terminal.text.words import say

_ENGLISH: Final = "en"
_NO_NEWS: Final = frozenset({"<bool>", "<str>", "<int range>", "<float range>"})
"""Types that the name of a parameter, or the range behind them, says better."""

_EXAMPLE: Final = "Example: {line}"
"""Lines to type are the same in every language."""

MISTAKES: Final = (
    "No such option: {option} (Possible options: {near})",
    "No such option: {option}",
    "{sentence}. Did you mean {near}?",
    "No such command {name}.",
    "Missing command.",
    "Missing argument {name}.",
    "Missing option {name}.",
    "Invalid value for {name}: {reason}",
    "Invalid value: {reason}",
    "Option {name} requires an argument.",
    "Option {name} requires {count} arguments.",
    "Option {name} does not take a value.",
    "Argument {name} takes {count} values.",
    "Got unexpected extra argument(s) ({words})",
    "Value error, {reason}",
    "{value} is not one of {known}.",
    "Input should be greater than or equal to {least}",
    "Input should be less than or equal to {most}",
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a valid number, unable to parse string as a number",
    "Input should be a valid integer, got a number with a fractional part",
    "Input should be a valid UUID, {reason}",
)
"""What typer says of what cannot be understood, the longer sentence first where one begins like another."""


def explained(command: Any, language: str) -> Any:
    """Let a command, and all that are below it, explain themselves to people, in a language."""
    return translated(_without_types(command), language)


def _without_types(command: Any) -> Any:
    """Let help name no type where the name says nothing: `--yes <bool>` reads as if a value were needed."""
    helping = command.get_help_option

    def get_help_option(context: Any) -> Any:
        return _without_type(helping(context))

    command.get_help_option = get_help_option
    for each in command.params:
        _without_type(each)
    for each in getattr(command, "commands", {}).values():
        _without_types(each)
    return command


def _without_type(parameter: Any) -> Any:
    told = parameter and parameter.display_type_rich

    def display_type_rich(ctx: Any) -> str | None:
        shown = told(ctx=ctx)
        return None if shown in _NO_NEWS else shown

    if parameter:
        parameter.display_type_rich = display_type_rich
    return parameter


def translated(command: Any, language: str) -> Any:
    """Let a command, and all that are below it, explain themselves in a language."""
    if language == _ENGLISH:
        return command
    command.help, command.epilog = (_paragraphs(one, language) for one in (command.help, command.epilog))
    command.options_metavar = say(language, command.options_metavar)
    for each in (command, *command.params):
        if panel := getattr(each, "rich_help_panel", None):
            each.rich_help_panel = say(language, panel)
    for each in command.params:
        each.help = _paragraphs(each.help, language)
        each.metavar = each.metavar and say(language, each.metavar)
    _usage(command, language)
    for each in getattr(command, "commands", {}).values():
        translated(each, language)
    return command


def _usage(command: Any, language: str) -> None:
    """Translate what is made only when it is shown: the line of usage, and the option that shows help."""
    helping = command.get_help_option

    def format_usage(context: Any, formatter: Any) -> None:
        pieces = [say(language, one) for one in command.collect_usage_pieces(context)]
        formatter.write_usage(context.command_path, " ".join(pieces), prefix=say(language, "Usage: "))

    def get_help_option(context: Any) -> Any:
        if option := helping(context):
            option.help = say(language, option.help)
        return option

    command.format_usage, command.get_help_option = format_usage, get_help_option


def paragraphs(text: str | None) -> Iterator[str]:
    """Yield what is translated of a help text: its paragraphs, each on one line, but lines to type."""
    for one in (text or "").split("\n\n"):
        line = " ".join(one.split())
        is_typed = line.startswith("Example: ") or (line.startswith("[bold]incidents") and line.endswith("[/bold]"))
        if line and not is_typed:
            yield line


def _paragraphs(text: str | None, language: str) -> str | None:
    if not text:
        return text
    return "\n\n".join(_paragraph(" ".join(one.split()), language) for one in text.split("\n\n"))


def _paragraph(line: str, language: str) -> str:
    head, _, rest = _EXAMPLE.partition("{")
    if line.startswith(head) and rest:
        return say(language, _EXAMPLE).replace("{line}", line.removeprefix(head))
    return say(language, line)


def mistake(sentence: str, language: str) -> str:
    """Say what typer says of a mistake in a language; a sentence that is not known stays English."""
    return sentence if language == _ENGLISH else sentences.translate(sentence, MISTAKES, partial(say, language))
