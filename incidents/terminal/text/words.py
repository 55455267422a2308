"""The command line's own sentences; the catalogue has the French by the English text."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from contracts.figures import decimal, grouped
from contracts.printable import on_one_line
from incidents.terminal.text.language import catalogue

_FRENCH: Final = "fr"
_KINDS: Final = {
    "code": "code",
    "direction": "state",
    "language": "language",
    "level": "level",
    "nodes": "permission",
    "missing": "field",
    "include": "field",
    "kind": "kind",
    "counted_from": "counted_from",
    "template_failure": "template_failure",
    "what": "surplus",
}
"""Fields whose values are words of the wire, with the kind of these words."""

_ENGLISH: Final = {
    ("language", "en"): "English",
    ("language", "fr"): "French",
    ("licence", "expired"): "it has expired",
    ("licence", "forged"): "the operator key of this site did not sign it",
    ("licence", "missing"): "there is none",
    ("licence", "other-site"): "it was signed for another site",
    ("licence", "unreadable"): "it cannot be read: perhaps it is not a licence, or only a part of one",
    ("code", "command-id-reused"): "command id reused",
    ("code", "gone"): "gone or unknown",
    ("code", "in-use"): "in use",
    ("code", "not-available"): "not available",
    ("code", "not-licensed"): "not licensed",
    ("code", "permission-denied"): "permission denied",
    ("code", "unknown-reference"): "unknown reference",
    ("field", "duration_seconds"): "duration (s)",
    ("field", "number_or_reference"): "number or reference",
    ("batch", "pending"): "being made",
    ("comparison", "previous-period"): "previous period",
    ("comparison", "previous-year"): "previous year",
    ("batch", "pdf"): "PDF",
    ("batch", "zip"): "ZIP",
    ("batch", "volumes"): "volumes",
    ("part", "not-made"): "not made",
    ("omission", "unknown"): "does not exist",
    ("omission", "hidden"): "no permission",
    ("omission", "restricted"): "processing restricted",
    ("omission", "too-large"): "too large for a report",
    ("omission", "not-typeset"): "could not be typeset",
}
"""Words of the wire that are no English words."""

_AMOUNTS: Final = frozenset({"count", "seconds", "imported", "already_there", "refused", "completed"})
"""Values that are amounts: their thousands are apart, those of numbers that name something are not."""

_YES: Final = frozenset({"1", "true", "yes", "y", "on", "oui", "o", "vrai"})
_NO: Final = frozenset({"0", "false", "no", "n", "off", "non", "faux"})


def say(language: str, words: str, **values: object) -> str:
    """Return a sentence in `en` or `fr`, with the values for its {names}."""
    translated = catalogue(language).gettext(words) if words else words
    texts = {name: _written(name, value, language) for name, value in values.items()}
    return translated.format(**texts) if texts else translated


def count(language: str, number: int, singular: str, plural: str, none: str = "", **values: object) -> str:
    """Return a sentence with a `{count}`: `singular` for 1, and in French for 0, `plural` otherwise.

    `none` is the sentence for 0 where a reader may meet it.
    """
    if none and not number:
        return say(language, none, **values)
    is_single = number in {0, 1} if language == _FRENCH else number == 1
    return say(language, singular if is_single else plural, count=number, **values)


def name_of(language: str, kind: str, word: str) -> str:
    """Return the name for people of a word of the wire, such as a field or a state; English keeps the wire's word."""
    return catalogue(language).pgettext(kind, word) if language == _FRENCH else _ENGLISH.get((kind, word), word)


def field_word(language: str, name: str) -> str:
    """Return the name of a field as a label: words of the language that begin with a capital."""
    text = name_of(language, "field", name)
    if text == name and name[-1:].isdecimal():
        return name  # integer_1, as it is typed
    words = text.replace("_", " ") if text == name else text
    return words[:1].upper() + words[1:]


def names_of(language: str, kind: str, words: Iterable[str]) -> str:
    """Return the names for people of words of the wire, as a list."""
    return ", ".join(name_of(language, kind, word) for word in words)


def list_names(language: str, names: Iterable[str]) -> str:
    """Return names as a list; French sets each in its quotation marks, as in the rest of its sentences."""
    return quote_names(language, names) if language == _FRENCH else ", ".join(names)


def quote_names(language: str, names: Iterable[str]) -> str:
    """Return names as a list, each in quotation marks."""
    before, after = ("«\u00a0", "\u00a0»") if language == _FRENCH else ('"', '"')
    return ", ".join(f"{before}{' '.join(name.split())}{after}" for name in names)


def value_of(language: str, field: str, value: str) -> str:
    """Return the name for people of a field's value, if it is a word of the wire; other values stay unchanged."""
    return name_of(language, _KINDS[field], value) if field in _KINDS else value


def allowed_words(language: str, expected: str) -> str:
    """Return the validator's list of allowed words as words of a sentence: `'dmy' or 'mdy'`."""
    return expected.replace("'", "").replace(" or ", say(language, " or "))


def number(value: float | str | Decimal, language: str) -> str:
    """Return a number, which may be in the wire's form, as the language writes it and as it can be typed."""
    return decimal(value, language)


def yes_or_no(text: str) -> bool | None:
    """Parse yes or no in either language; return None for anything else."""
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def _written(name: str, value: object, language: str) -> object:
    if isinstance(value, float):
        return number(value, language)
    if isinstance(value, int):
        return grouped(value, language) if name in _AMOUNTS else value
    return on_one_line(str(value))
