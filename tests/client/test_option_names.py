"""A field that is refused is named by the option that fills it, in every command."""

import inspect
from collections.abc import Iterator
from types import CodeType
from typing import Any, Final, get_args

from pydantic import BaseModel

from contracts.message import Command, Query
from incidents.cli import build
from incidents.terminal.option_names import option_of

_WITHOUT_A_FIELD: Final = frozenset(
    [
        *("--all", "--count", "--dry-run", "--exec", "--follow", "--force", "--happened", "--mine", "--of", "--ops"),
        *("--out", "--output", "--pdf", "--remove", "--report", "--save", "--volumes"),
    ]
)
"""Options that fill no field that may be refused: they say what the program does with the answer."""

_OF_SEVERAL_FIELDS: Final = frozenset(
    [
        *(
            "--category",
            "--clear",
            "--field",
            "--from",
            "--last",
            "--manage",
            "--minutes",
            "--no-end",
            "--no-reference",
            "--to",
            "--user-names",
            "--view",
        ),
        *("--age-recipient", "--age-recipients-file", "--password-stdin", "--resume"),
    ]
)
"""Options with names in their values, in another unit, or for one field: a refusal has the name of the field."""

_IN_FILES: Final = ("import file",)
"""Commands whose fields are those of a file."""


_SHARED: Final = frozenset(("--as", "--csv", "--data", "--help", "--id", "--json", "--lang", "--wait", "--yes"))


def commands(command: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Yield the commands of the client, with what is typed for them."""
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *path, name)
    if not hasattr(command, "commands") and command.callback and "workers" not in command.callback.__module__:
        yield " ".join(path), command


def handler_of(function: Any) -> Any:
    """Return the coroutine function that a command runs."""
    for cell in getattr(function, "__closure__", None) or ():
        inner = cell.cell_contents
        if inspect.iscoroutinefunction(inner):
            return inner
        if inspect.isfunction(inner) and (handler := handler_of(inner)):
            return handler
    return None


def words_of(code: CodeType) -> Iterator[str]:
    """Yield the global names that a function uses."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from words_of(inner)


def values_of(function: Any) -> Iterator[Any]:
    """Yield what a function names: values of its module, and those of modules that it uses."""
    words = set(words_of(function.__code__))
    named = [function.__globals__[word] for word in words & function.__globals__.keys()]
    yield from named
    for module in filter(inspect.ismodule, named):
        yield from (getattr(module, word) for word in words & vars(module).keys())


def messages_of(handler: Any) -> set[type[BaseModel]]:
    """Return the messages that a handler names, itself or in the functions that it calls."""
    forms: set[type[BaseModel]] = set()
    functions: list[Any] = [handler]
    for function in functions:
        for value in values_of(function):
            if isinstance(value, type) and issubclass(value, Command | Query):
                forms.add(value)
            is_near = inspect.isfunction(value) and value.__module__.startswith("incidents.cli")
            if is_near and value not in functions:
                functions.append(value)
    return forms


def fields_of(form: Any, place: str = "") -> Iterator[str]:
    """Yield the fields of a message, with those of its parts."""
    for name, field in form.model_fields.items():
        where = f"{place}{field.alias or name}"
        parts = [part for part in types_in(field.annotation) if issubclass(part, BaseModel)]
        yield from (inner for part in parts for inner in fields_of(part, f"{where}."))
        if not parts:
            yield where


def types_in(annotation: Any) -> Iterator[type]:
    """Yield the classes in an annotation."""
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for inner in get_args(annotation):
        yield from types_in(inner)


def test_every_option_fills_a_field() -> None:
    """Of every option it is known which field it fills, so that a refusal of the field can name it."""
    lost = {
        (line, option)
        for line, command in commands(build())
        if line not in _IN_FILES and (handler := handler_of(command.callback)) and (forms := messages_of(handler))
        for option in {name for option in command.params for name in option.opts} - _SHARED
        if option.startswith("--") and option not in _WITHOUT_A_FIELD | _OF_SEVERAL_FIELDS
        if not any(option_of(field, {option}) for form in forms for field in fields_of(form))
    }
    assert lost == set()
