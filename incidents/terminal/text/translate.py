"""Translation of the command line's help and usage errors.

typer translates some sentences with `gettext`; the others are replaced here, by their English text.
"""

import inspect
import re
from collections.abc import Collection, Iterator
from functools import partial
from itertools import takewhile
from typing import Any, Final

from contracts import sentences
from incidents.terminal.text.option_layout import show_whole_names
from incidents.terminal.text.words import name_of, say

_ENGLISH: Final = "en"
_OBVIOUS_TYPES: Final = frozenset({"<bool>", "<str>", "<int range>", "<float range>", "<list[int]>", "<list[str]>"})
"""Types that the name of a parameter, or its range, expresses better."""

_PATH: Final = "<path>"
_EXAMPLE: Final = "Example: {line}"
_TYPED: Final = "[bold]incidents"
VALUE: Final = re.compile(r"'[^'{]*'|\"[^\"]*\"|[^\s='\"\[\]]+")
"""A value in a line to type: quoted, or a word."""

_QUOTED: Final = re.compile(r"(?<!\w)['\"](.+?)['\"](?!\w)")
"""A name in typer's quotes; French has its own."""

_ENVIRONMENT: Final = re.compile(r"\(env var: '([^']+)'\)")
_VARIABLE: Final = "[env var: {}]"
"""How typer names the variable of an option: in a mistake, and in help, whose words are in the catalogue."""

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
    "{value} is not one of {known}.",
)
"""typer's sentences for usage errors; of two with the same beginning, the longer one first."""


REWORDED: Final = {
    "Value error, {reason}": "{reason}",
    "Input should be greater than or equal to {least}": "the value must be at least {least}",
    "Input should be less than or equal to {most}": "the value must be at most {most}",
    "Input should be a valid integer, {reason}": "a whole number is expected",
    "Input should be a valid number, {reason}": "a number is expected",
    "Input should be a valid UUID, {reason}": "an id is expected, such as 0190a000-0000-7000-8000-000000000001",
    "Input should be a valid boolean, {reason}": "yes or no is expected",
    "Input should be {known}": "this value is not allowed here; --help lists the allowed values",
}
"""Sentences of pydantic in usage errors, and ours instead, in both languages; the last one is for all others."""

_WORDS_OF: Final = {"interval": "interval", "sort": "field", "compare": "comparison", "from_": "counted_from"}
"""Parameters whose default value is a word of the wire, with the kind of these words."""


def prepare_help(command: Any, language: str) -> Any:
    """Prepare the help of a command and its subcommands, in a language."""
    return show_whole_names(translate_help(_on_long_lines(_without_types(command)), language))


def _on_long_lines(command: Any) -> Any:
    """Write each paragraph of help on one line: typer would keep the ends of lines, and wrap the lines again."""
    if command.help:
        command.help = "\n\n".join(" ".join(each.split()) for each in inspect.cleandoc(command.help).split("\n\n"))
    for each in getattr(command, "commands", {}).values():
        _on_long_lines(each)
    return command


def _without_types(command: Any) -> Any:
    """Hide types without information and braces from help: `--yes <bool>` reads as if a value were needed."""
    helping, collecting = command.get_help_option, command.collect_usage_pieces

    def get_help_option(context: Any) -> Any:
        return _without_type(helping(context))

    def collect_usage_pieces(context: Any) -> list[str]:
        return [_plain(piece) for piece in collecting(context)]

    command.get_help_option, command.collect_usage_pieces = get_help_option, collect_usage_pieces
    for each in command.params:
        _without_type(each)
    for each in getattr(command, "commands", {}).values():
        _without_types(each)
    return command


def _plain(piece: str) -> str:
    """Return a part of a usage line as it is typed: typer puts required arguments in braces, and dots after dots."""
    return piece.replace("{", "").replace("}", "").replace("......", "...").replace("...]...", "...]")


def _without_type(parameter: Any) -> Any:
    display_type = parameter and parameter.display_type_rich

    def display_type_rich(ctx: Any) -> str | None:
        shown = display_type(ctx=ctx)
        return None if shown in _OBVIOUS_TYPES or (shown == _PATH and parameter.metavar) else shown

    if parameter:
        if display_type(ctx=None) == _PATH and not parameter.metavar:
            parameter.metavar = "PATH"
        parameter.display_type_rich = display_type_rich
    return parameter


def translate_help(command: Any, language: str, path: tuple[str, ...] = ()) -> Any:
    """Translate the help of a command and its subcommands, of which `path` has the words that are typed."""
    if language == _ENGLISH:
        return command
    path = (*path, command.name or "")
    command.help, command.epilog = (_paragraphs(text, language, path) for text in (command.help, command.epilog))
    command.options_metavar = say(language, command.options_metavar)
    for each in (command, *command.params):
        if panel := getattr(each, "rich_help_panel", None):
            each.rich_help_panel = say(language, panel)
    for each in command.params:
        _translate_default(each, language)
        each.help = _paragraphs(each.help, language)
        each.metavar = each.metavar and say(language, each.metavar)
    _usage(command, language)
    for each in getattr(command, "commands", {}).values():
        translate_help(each, language, path)
    return command


def _translate_default(parameter: Any, language: str) -> None:
    """Show a default value as it can be typed in the language."""
    kind, default = _WORDS_OF.get(parameter.name), parameter.default
    if kind and isinstance(default, str):
        sign = "-" if default.startswith("-") else ""
        shown = sign + name_of(language, kind, default.removeprefix("-"))
        # typer has no public way to show another text for a default value
        vars(parameter)["_get_default_string"] = lambda **_: shown


def _usage(command: Any, language: str) -> None:
    """Translate the parts that are made only when shown: the usage line, and the help option."""
    helping = command.get_help_option

    def format_usage(context: Any, formatter: Any) -> None:
        pieces = [say(language, piece) for piece in command.collect_usage_pieces(context)]
        formatter.write_usage(context.command_path, " ".join(pieces), prefix=say(language, "Usage: "))

    def get_help_option(context: Any) -> Any:
        if option := helping(context):
            option.help = say(language, option.help)
        return option

    command.format_usage, command.get_help_option = format_usage, get_help_option


def paragraphs(text: str | None) -> Iterator[str]:
    """Yield the translatable paragraphs of a help text, each on one line, without lines to type."""
    for paragraph in (text or "").split("\n\n"):
        line = " ".join(paragraph.split())
        if line and not line.startswith("Example: ") and not _is_typed(line):
            yield line


def _is_typed(line: str) -> bool:
    """Tell whether a paragraph is nothing but a line to type, and not a sentence that begins with a command."""
    return line.startswith(_TYPED) and line.endswith("[/bold]")


def _paragraphs(text: str | None, language: str, path: Collection[str] = ()) -> str | None:
    if not text:
        return text
    return "\n\n".join(_paragraph(" ".join(paragraph.split()), language, path) for paragraph in text.split("\n\n"))


def _paragraph(line: str, language: str, path: Collection[str]) -> str:
    head, _, rest = _EXAMPLE.partition("{")
    if line.startswith(head) and rest:
        typed = translate_example(line.removeprefix(head), language, path)
        return say(language, _EXAMPLE).replace("{line}", typed)
    return translate_example(line, language, path) if _is_typed(line) else say(language, line)


def translate_example(line: str, language: str, path: Collection[str] = ()) -> str:
    """Translate the values in a line to type; commands, options and ids are the same in every language.

    The words of `path` with which the line begins are those of its command: `report` is one, and a value elsewhere.
    """
    begin, values = split_example(line, path)
    return begin + VALUE.sub(lambda value: name_of(language, "example", value[0]), values)


def split_example(line: str, path: Collection[str]) -> tuple[str, str]:
    """Split a line to type behind the words of its command."""
    known = {"incidents", _TYPED, *path}
    words = takewhile(lambda word: word in known or word.startswith("INCIDENTS_"), line.split())
    begin = " ".join(words)
    return begin, line.removeprefix(begin)


def translate_mistake(sentence: str, language: str) -> str:
    """Translate typer's sentence about a usage error; an unknown sentence stays English."""
    if language != _ENGLISH:
        sentence = _ENVIRONMENT.sub(lambda named: f"({say(language, _VARIABLE)[1:-1].format(named[1])})", sentence)
        sentence = _QUOTED.sub("«\u00a0\\1\u00a0»", sentence).replace("\u00a0» / «", "\u00a0» ou «")
    return sentences.translate(sentence, (*MISTAKES, *REWORDED), partial(_say_mistake, language))


def _say_mistake(language: str, words: str) -> str:
    return say(language, REWORDED.get(words, words))
