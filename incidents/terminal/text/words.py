"""What the command line says itself; the catalogue holds the French, by the English words."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from contracts.printable import on_one_line
from incidents.terminal.text.language import catalogue

_FRENCH: Final = "fr"
_KINDS: Final = {"code": "code", "direction": "state", "language": "language", "level": "level", "nodes": "permission"}
"""Fields whose values are words of the wire, with the kind of these words."""

_YES: Final = frozenset({"1", "true", "yes", "y", "on", "oui", "o", "vrai"})
_NO: Final = frozenset({"0", "false", "no", "n", "off", "non", "faux"})


def say(language: str, words: str, **values: object) -> str:
    """Say something in `en` or `fr`, with the values that its {names} stand for."""
    translated = catalogue(language).gettext(words) if words else words
    told = {name: _written(one, language) for name, one in values.items()}
    return translated.format(**told) if told else translated


def count(language: str, number: int, one: str, many: str, **values: object) -> str:
    """Say how many there are: `one` for a single one, which in French none is, too; `{count}` stands for the number."""
    is_single = number in {0, 1} if language == _FRENCH else number == 1
    return say(language, one if is_single else many, count=number, **values)


def name_of(language: str, kind: str, word: str) -> str:
    """Return what people call a word of the wire: an activity, a field, a state; English keeps the wire's word."""
    return catalogue(language).pgettext(kind, word)


def names_of(language: str, kind: str, words: Iterable[str]) -> str:
    """Return what people call words of the wire, one after the other."""
    return ", ".join(name_of(language, kind, word) for word in words)


def value_of(language: str, field: str, value: str) -> str:
    """Return what people call the value of a field, where the wire has a word for it; texts of people stay."""
    return name_of(language, _KINDS[field], value) if field in _KINDS else value


def number(value: float | str | Decimal, language: str) -> str:
    """Write a number, which may be as the wire has it, with the comma or the point of the language."""
    plain = str(value)
    return plain.replace(".", ",") if language == _FRENCH else plain


def yes_or_no(text: str) -> bool | None:
    """Read yes or no in either language; None is neither."""
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def _written(value: object, language: str) -> object:
    if isinstance(value, float):
        return number(value, language)
    return value if isinstance(value, int) else on_one_line(str(value))
