"""The mapping of an import: read from a file, and completed by options."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Named
from json import JSONDecodeError
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts.texts import reason
from incidents.importing.mapping import Mapping, field_named
from incidents.strict import AmbiguousError, read_json
from incidents.terminal.input.reading import decode, file_error
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text.words import allowed_words, list_names, name_of, names_of

_OPTIONS: Final = {
    "source": "--source",
    "timezone": "--timezone",
    "dates": "--dates",
    "clock_changes": "--clock-changes",
    "columns": "--column",
    "defaults": "--default",
}
"""The options of the parts of a mapping."""

_KINDS: Final = {"extra_forbidden": "not_in_a_mapping"}
"""Kinds of errors that have other words about a mapping than about a message."""


def read_mapping(
    session: Session, path: Path | None, columns: Iterable[str], defaults: Iterable[str], own: Named[str, str | None]
) -> Mapping:
    """Read the mapping; options override the file.

    Raises:
        UsageError: The file cannot be read or is not a mapping, or an option is not valid.
    """
    from_file = _from_file(session, path) if path else Mapping()
    whole = from_file.model_dump(exclude_unset=True) | {name: text for name, text in own.items() if text is not None}
    typed = dict(_pair(session, "--column", "COLUMN=FIELD", *text.rpartition("=")) for text in columns)
    preset = dict(_pair(session, "--default", "FIELD=VALUE", *text.partition("=")) for text in defaults)
    whole["columns"] = from_file.columns | {name: field_named(field) or None for name, field in typed.items()}
    whole["defaults"] = from_file.defaults | {field_named(name): value for name, value in preset.items()}
    try:
        return Mapping.model_validate(whole)
    except ValidationError as error:
        raise UsageError("\n".join(_wrong_option(session, each) for each in error.errors(include_url=False))) from error


def _from_file(session: Session, path: Path) -> Mapping:
    words = "{path} is not a valid mapping: {reason}"
    try:
        content = decode(session, path.read_bytes(), path)
        read_json(content)
        mapping = Mapping.model_validate_json(content)
    except JSONDecodeError as error:
        words = "{path} is not JSON from line {line}, column {column} on: correct it there"
        raise UsageError(session.say(words, path=path, line=error.lineno, column=error.colno)) from error
    except AmbiguousError as error:
        raise UsageError(session.say(words, path=path, reason=error.sentence(session.language))) from error
    except OSError as error:
        raise file_error(session, path, error) from error
    except ValidationError as error:
        why = session.say("; ").join(_wrong_part(session, each) for each in error.errors(include_url=False))
        raise UsageError(session.say(words, path=path, reason=why)) from error
    return mapping


def _wrong_part(session: Session, error: ErrorDetails) -> str:
    """Return what is wrong in a file: the place and the value, and the reason."""
    place = ".".join(map(str, error["loc"]))
    named = (*([place] if place else []), *_unknown(error))
    return f"{' '.join(named)} {_why(session, error)}".strip()


def _wrong_option(session: Session, error: ErrorDetails) -> str:
    """Return what is wrong in an option: its name, the value, and the reason."""
    part = str(error.get("ctx", {}).get("part") or next(iter(error["loc"]), ""))
    value = next(_unknown(error), str(error["input"]))
    words = session.say("{label}: {value}", label=_OPTIONS.get(part, part), value=list_names(session.language, [value]))
    return f"{words} {_why(session, error, option_of=part)}"


def _unknown(error: ErrorDetails) -> Iterator[str]:
    context = error.get("ctx", {})
    return iter([str(context["value"])] if "value" in context else [])


def _why(session: Session, error: ErrorDetails, *, option_of: str = "") -> str:
    """Return the reason, with the allowed words: those of a file, or as an option accepts them in the language."""
    kind = error["type"]
    why = reason(_KINDS.get(kind, kind), session.language)
    allowed = allowed_words(session.language, str(error.get("ctx", {}).get("expected", "")))
    if option_of and kind == "not_a_field":
        allowed = names_of(session.language, "field", allowed.split(", "))
    if option_of and kind == "literal_error":
        between = session.say(" or ")
        allowed = between.join(name_of(session.language, option_of, word) for word in allowed.split(between))
    return session.say("{label}: {value}", label=why, value=allowed) if allowed else why


def _pair(session: Session, option: str, form: str, name: str, equals: str, value: str) -> tuple[str, str]:
    if not equals:
        words = "{option}: write {form} instead of {text}"
        raise UsageError(session.say(words, option=option, form=session.say(form), text=name or value))
    return name.strip(), value.strip()
