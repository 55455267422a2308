"""What the command line and the demonstration say, in both languages."""

import ast
import json
import re
import string

import pytest

from client.terminal.words import count, say
from tests.checks.tree import ROOT, sources

SAYING = {"say", "count", "tell", "scene", "step", "_do", "table", "UnfitFileError"}
FRENCH: dict[str, str] = json.loads((ROOT / "client/terminal/french.json").read_text())


def said() -> set[str]:
    """Collect what is said: literal sentences handed to whatever says something."""
    return {
        text.value
        for source in sources("client")
        for call, name in source.calls()
        if name in SAYING
        for argument in call.args
        for text in ast.walk(argument)
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and " " in text.value
    }


def test_every_sentence_has_its_french() -> None:
    """Whatever is said can be said in French."""
    assert sorted(sentence for sentence in said() if sentence not in FRENCH) == []


def test_no_translation_is_left_over() -> None:
    """What is not said any more is not translated any more."""
    strings = {string.value for source in sources("client") for string in source.strings()}
    assert sorted(sentence for sentence in FRENCH if sentence not in strings) == []


@pytest.mark.parametrize("english", FRENCH)
def test_a_translation_has_the_same_values(english: str) -> None:
    """A translation names the values that the English sentence names."""
    names = [{one[1] for one in string.Formatter().parse(text) if one[1]} for text in (english, FRENCH[english])]
    assert names[0] == names[1]


def test_another_language_is_english() -> None:
    """A language that is not known is answered in English, and values may hold braces."""
    assert say("de", "not a time: {text}; write x", text="{}") == "not a time: {}; write x"
    assert say("fr", "nobody answers") == "personne ne répond"


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
    one, many = "{count} project in all", "{count} projects in all"
    assert [count(language, number, one, many) for language in ("en", "fr")] == [english, french]


def test_no_count_is_said_in_the_plural_alone() -> None:
    """A number before a noun is said through `count`; the demonstration's numbers are known to be many."""
    counted = re.compile(r"\{(count|number|total|due|pages|days)\} [a-z]+s\b")
    findings = [
        f"{source.path}: {text.value!r}"
        for source in sources("client")
        if not source.path.startswith("client/demo/")
        for call, name in source.calls()
        if name in {"say", "tell"}
        for argument in call.args
        for text in ast.walk(argument)
        if isinstance(text, ast.Constant) and counted.search(str(text.value))
    ]
    assert findings == []
