"""What the command line and the demonstration say, in both languages."""

import ast
import io
import re
import string

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from contracts.evidence.activity_verification import PROBLEMS
from incidents.terminal.text.language import CATALOGUES
from incidents.terminal.text.translate import MISTAKES, REWORDED
from incidents.terminal.text.words import count, say
from tests.checks.tree import sources
from workers.local.translatable_sentences import KNOWN

SAYING = {
    "say",
    "count",
    "tell",
    "scene",
    "step",
    "_do",
    "table",
    "UnusableFileError",
    "emphasised",
    "UnreachableError",
    "CredentialsError",
}
LINES = ("incidents ", "export ")
"""What is to be typed is the same in every language."""

FOLDER = CATALOGUES / "fr" / "LC_MESSAGES"


def catalogue() -> Catalog:
    """Read the French texts as they are written."""
    with (FOLDER / "incidents.po").open("rb") as file:
        return read_po(file, locale="fr")


FRENCH = {str(message.id): str(message.string) for message in catalogue() if message.id and not message.context}


def translatable_sentences() -> set[str]:
    """Collect what is said: literal sentences handed to whatever says something."""
    return {
        text.value
        for source in sources("incidents", "workers")
        if source.path.startswith(("incidents/", "workers/local/"))
        for call, name in source.calls()
        if name in SAYING
        for argument in call.args
        for text in ast.walk(argument)
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and " " in text.value.strip()
        if not text.value.startswith(LINES)
    }


def test_every_sentence_has_its_french() -> None:
    """Whatever is said can be said in French."""
    assert (
        sorted(
            sentence
            for sentence in {*translatable_sentences(), *MISTAKES, *REWORDED.values(), *KNOWN, *PROBLEMS.values()}
            - {"{reason}"}
            if not FRENCH.get(sentence)
        )
        == []
    )


def test_the_compiled_catalogue_is_the_written_one() -> None:
    """What programs read is compiled from what people write."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue())
    assert (FOLDER / "incidents.mo").read_bytes() == compiled.getvalue(), "make words"


def test_a_translation_has_the_same_values() -> None:
    """A translation names no other values than the English sentence, and leaves none of our own out."""
    wrong = [
        english
        for english, french in FRENCH.items()
        if english not in MISTAKES and value_names(english) != value_names(french)
    ]
    wrong += [english for english in MISTAKES if not value_names(FRENCH[english]) <= value_names(english)]
    assert wrong == []


def value_names(text: str) -> set[str]:
    """Return the names of the values that a sentence holds."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_french_is_set_as_french_is() -> None:
    """A no-break space precedes high punctuation and is within quotes; an apostrophe is the one of keyboards."""
    wrong = [
        text for text in FRENCH.values() if any(mark in text for mark in (" :", " ;", " ?", " !", "« ", " »", "’"))
    ]
    assert wrong == []


def test_another_language_is_english() -> None:
    """A language that is not known is answered in English, and values may hold braces."""
    assert say("de", "{text} is not a time; write x", text="{}") == "{} is not a time; write x"
    assert say("fr", "nobody answers") == "aucun service ne répond"


@pytest.mark.parametrize(
    "number, english, french",
    [
        (0, "0 projects in all", "0 projet en tout"),
        (1, "1 project in all", "1 projet en tout"),
        (2, "2 projects in all", "2 projets en tout"),
    ],
)
def test_counts_have_a_singular_and_a_plural(number: int, english: str, french: str) -> None:
    """One is singular, and in French none is, too."""
    singular, plural = "{count} project in all", "{count} projects in all"
    assert [count(language, number, singular, plural) for language in ("en", "fr")] == [english, french]


def test_nothing_is_not_counted() -> None:
    """Where a reader meets nothing, a sentence says so without a figure."""
    words = ("Sweep begun: {count} project is due", "Sweep begun: {count} projects are due")
    none = "Nothing to delete: no project is due"
    french = "Rien à supprimer\u00a0: aucun projet expiré"
    assert [count(language, 0, *words, none) for language in ("en", "fr")] == [none, french]
    assert count("fr", 1, *words, none) == "Purge commencée\u00a0: 1 projet expiré"


def test_no_count_is_said_in_the_plural_alone() -> None:
    """A number before a noun is said through `count`; the demonstration's numbers are known to be many."""
    counted = re.compile(r"\{(count|number|total|due|pages|days)\} [a-z]+s\b")
    findings = [
        f"{source.path}: {text.value!r}"
        for source in sources("incidents")
        if not source.path.startswith("incidents/demo/")
        for call, name in source.calls()
        if name in {"say", "tell"}
        for argument in call.args
        for text in ast.walk(argument)
        if isinstance(text, ast.Constant) and counted.search(str(text.value))
    ]
    assert findings == []
