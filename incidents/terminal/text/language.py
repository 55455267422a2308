"""The language of the command line, chosen from its options and the environment."""

import gettext
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from contracts.texts import LANGUAGES

DOMAIN: Final = "incidents"
CATALOGUES: Final = Path(__file__).resolve().parents[2] / "locale"
"""One catalogue per language other than English, whose texts are in the code."""

_ENGLISH: Final = "en"
_OPTION: Final = "--lang"
_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
_NO_LANGUAGE: Final = frozenset({"", "C", "POSIX"})


def choose_language(words: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> str:
    """Return `en` or `fr`: by `--lang`, else INCIDENTS_LANG, else the locale's variables in the order of POSIX."""
    around = os.environ if environment is None else environment
    if (typed := _typed(words)) in LANGUAGES:
        return str(typed)
    if ours := around.get("INCIDENTS_LANG"):
        return _known(ours) or _ENGLISH
    locale = next((around[name] for name in _LOCALE if around.get(name)), "")
    if locale.partition(".")[0] in _NO_LANGUAGE:
        return _ENGLISH
    # As in gettext: the list of preferred languages counts only if the locale has a language.
    preferred = (_known(name) for name in around.get("LANGUAGE", "").split(":"))
    return next(filter(None, preferred), None) or _known(locale) or _ENGLISH


def _typed(words: Sequence[str]) -> str | None:
    """Return the last value of `--lang` before anything is parsed, because help and errors use it, too."""
    ours = words[: words.index("--")] if "--" in words else words
    typed = None
    for word, after in zip(ours, [*ours[1:], ""], strict=False):
        if word == _OPTION or word.startswith(f"{_OPTION}="):
            typed = word.partition("=")[2] or after
    return typed


def _known(locale: str) -> str | None:
    """Return the language of a locale such as `fr_CH.UTF-8`, if it is one of ours."""
    language = locale.replace("-", "_").partition(".")[0].partition("@")[0].partition("_")[0].lower()
    return language if language in LANGUAGES else None


def use(language: str) -> None:
    """Set the language of everything in this process that uses `gettext`: typer, and the server's commands.

    Child processes use it, too.
    """
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
    gettext.textdomain(DOMAIN)


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the texts of a language, by the English ones."""
    return gettext.translation(DOMAIN, str(CATALOGUES), languages=[language], fallback=True)
