"""Examples of help in French: every value that is a word has its French, which the command understands."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from incidents.cli import build
from incidents.cli.plugins import Plugin
from incidents.terminal.text.language import catalogue
from incidents.terminal.text.translate import VALUE, split_example, translate_example
from tests.checks.tree import ROOT
from tests.client.command_line import incidents
from tests.client.test_words import FRENCH

EXAMPLE = re.compile(r"Example: (.+)|(\[bold\]incidents.+\[/bold\])")
SAME = frozenset(
    re.findall(
        r"\S+",
        """
        ; ' < > - | "limit" "count" "exact" "description" jq .findings .happened curl in en fr 0190… 1f6ec1a2-1042
        administration.me projects.create projects.list projects.import description type status name projects
        olivia operator cam-4 cam-5 integer_1 expert Europe/Zurich Description Police
        """,
    )
)
"""Words that are the same in both languages, or of the wire, or names of people, programs and zones."""

NAMES = frozenset(
    {"'Marie Dupont'", "'06 12 34 56 78'", "'AB-123-CD'", "'PV 4/2026'", "'Art. 265 CPP'", "'Article 17'"}
)
FILES = re.compile(
    r"(/?(?:[\w.-]+/)+[\w.-]+|incident-12\.zip|incidents-\S+|dupont(\.zip)?|police\.\w+|incidents\.csv|main\.jwt"
    r"|rapports?\.\w+|trimestre\.pdf|signing-key\.pub|site\.pub|certificate-17\.json"
    r"|pdf-signing\.crt|licence\.jwt|olivia\.creds|erasures\.journal|trust\S*)"
)
"""Files whose names the system gives, or that are the same in both languages."""


def examples(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the lines to type that the help of a command and of all below it shows, with the command's words."""
    if isinstance(command, Plugin):
        command = command._load()
    for text in (command.help, command.epilog):
        for paragraph in (text or "").split("\n\n"):
            if shown := EXAMPLE.fullmatch(" ".join(paragraph.split())):
                yield path, (shown[1] or shown[2]).removesuffix("[/bold]")
    for name, below in getattr(command, "commands", {}).items():
        yield from examples(below, *path, name)


def is_same(value: str) -> bool:
    """Tell whether a value needs no French: an option, a number, a time, or a name."""
    return (
        value in SAME | NAMES
        or value.startswith(("--", "-o", "SHA256:", "'{", "INCIDENTS_", "nats:", "postgresql:", "'curl", "2030-"))
        or not re.search(r"[^\W\d_]{2}", value)
        or bool(FILES.fullmatch(value))
    )


def test_every_value_of_an_example_has_its_french() -> None:
    """No example of French help has an English text, name of a definition, word of the wire, file or date."""
    english = {}
    for path, line in examples(build()):
        if "--lang fr" in line:
            continue
        for value in VALUE.findall(split_example(line, path)[1]):
            if not is_same(value) and translate_example(value, "fr") == value:
                english[value] = line
    assert english == {}


def test_days_in_examples_are_written_as_french_is() -> None:
    """A day of an example is typed in the order of the language."""
    shown = [translate_example(line, "fr", path) for path, line in examples(build())]
    assert [line for line in shown if re.search(r" \d{4}-\d\d-\d\d( |$)", line)] == []


def named_in_the_demo(part: Any) -> Iterator[tuple[str, str]]:
    """Yield the English and the French names of what the demo defines."""
    if isinstance(part, dict) and {"en", "fr"} <= part.keys():
        yield part["en"], part["fr"]
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from named_in_the_demo(inner)


def test_examples_name_the_definitions_of_the_demo() -> None:
    """A reader types the examples after `incidents demo`, in either language."""
    scenario = json.loads((ROOT / "incidents" / "demo" / "scenario.json").read_text())
    wrong = {}
    for english, french in named_in_the_demo(scenario):
        for form in ("{}", "'{}'"):
            shown = catalogue("fr").pgettext("example", form.format(english))
            if shown not in (form.format(english), french, f"'{french}'", f'"{french}"'):
                wrong[english] = shown
    assert wrong == {}


def test_french_sentences_write_days_as_french_is() -> None:
    """No sentence shows a day as the wire has it."""
    days = [words for words in FRENCH.values() if re.search(r"\b20\d\d-\d\d-\d\d\b", words)]
    assert days == []
    assert [words for words in FRENCH.values() if "Motif=" in words or "Harbour" in words] == []


def test_the_words_of_a_command_are_never_translated() -> None:
    """What is a command in one place, and a value in another, is translated as a value alone."""
    assert (
        translate_example("incidents report 12 -o report.pdf", "fr", ["report"]) == "incidents report 12 -o rapport.pdf"
    )
    for path, line in examples(build()):
        begin, _ = split_example(line, path)
        assert translate_example(line, "fr", path).startswith(begin)


@pytest.mark.parametrize(
    "line, shown",
    [
        ("retention set-policy", '--type Blessure --years 5 --from "fin d\'année"'),
        ("retention set-policy", "[par défaut : création]"),
        ("projects redact", "redact 12 commentaire 2 --reason 'Demandé par le témoin'"),
        ("projects export", "--include commentaires --include rapport"),
        ("retention change-hold", "--until 31/12/2031"),
        ("privacy export", "FICHIER|DOSSIER"),
    ],
)
async def test_help_shows_the_french(line: str, shown: str) -> None:
    """The words reach the help that people read."""
    ended = await incidents(*line.split(), "--help", "--lang", "fr", environment={"COLUMNS": 200})
    assert shown in " ".join(ended.out.split())
