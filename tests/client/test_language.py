"""The language of the command line: how it is decided, and that all of its help is said in it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from contracts.evidence.activity_verification import PROBLEMS
from incidents.cli import build
from incidents.cli.plugins import Plugin
from incidents.terminal.text.language import catalogue, choose_language
from incidents.terminal.text.translate import MISTAKES, REWORDED, paragraphs, translate_mistake
from tests.checks.tree import Source, sources
from tests.client.command_line import incidents
from tests.client.conftest import Bus, Peer
from tests.client.test_words import FRENCH
from workers.local.translatable_sentences import KNOWN


@pytest.mark.parametrize(
    "words, environment, language",
    [
        ("me", {}, "en"),
        ("me --lang fr", {"INCIDENTS_LANG": "en", "LANG": "en_US.UTF-8"}, "fr"),
        ("me --lang fr --lang=en", {}, "en"),
        ("me --lang=en", {"INCIDENTS_LANG": "fr"}, "en"),
        ("me --lang en --lang fr", {}, "fr"),
        ("projects comment 1 -- --lang fr", {}, "en"),
        ("me", {"INCIDENTS_LANG": "en", "LC_ALL": "fr_FR"}, "en"),
        ("me", {"INCIDENTS_LANG": "fr_CH.UTF-8"}, "fr"),
        ("me", {"INCIDENTS_LANG": "de", "LANG": "fr_FR.UTF-8"}, "en"),
        ("me", {"LC_ALL": "en_GB.UTF-8", "LC_MESSAGES": "fr_FR", "LANG": "fr_FR"}, "en"),
        ("me", {"LC_MESSAGES": "fr_FR@euro", "LANG": "de_DE"}, "fr"),
        ("me", {"LC_ALL": "", "LANG": "fr"}, "fr"),
        ("me", {"LC_ALL": "C.UTF-8", "LANG": "fr_FR.UTF-8"}, "en"),
        ("me", {"LANG": "de_DE.UTF-8"}, "en"),
        ("me", {"LANG": "en_US.UTF-8", "LANGUAGE": "de:fr:en"}, "fr"),
        ("me", {"LANG": "C", "LANGUAGE": "fr"}, "en"),
        ("me", {"LANGUAGE": "fr"}, "en"),
    ],
)
def test_the_language_is_decided_in_one_order(words: str, environment: dict[str, str], language: str) -> None:
    """The option decides, then INCIDENTS_LANG, then the locale in the order of POSIX; what is not known is English."""
    assert choose_language(words.split(), environment) == language


def explained(command: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield everything with which a command and all below it explain themselves, with where it is."""
    if isinstance(command, Plugin):
        yield path, command.help or ""
        command = command._load()
    for text in (command.help, command.epilog, *(parameter.help for parameter in command.params)):
        yield from ((path, paragraph) for paragraph in paragraphs(text))
    for parameter in (command, *command.params):
        yield from (
            (path, text)
            for text in (getattr(parameter, "rich_help_panel", None), getattr(parameter, "metavar", None))
            if text
        )
    for name, below in getattr(command, "commands", {}).items():
        yield from explained(below, f"{path} {name}")


def test_all_help_is_said_in_french() -> None:
    """Help, options, panels and headings of every command, the server's too, have their French."""
    known = catalogue("fr")
    missing = {text: path for path, text in explained(build(), "incidents") if known.gettext(text) == text}
    same = {"ID", "JSON", "TYPE", "MINUTES", "PERMISSION", "N", "SITE", "SECTION", "ZONE", "Arguments", "Options"}
    same |= {"en|fr", "csv|ndjson"}
    assert {text: path for text, path in missing.items() if text not in same} == {}


def leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every command that is not a group, the server's too, with how it is typed."""
    if isinstance(command, Plugin):
        command = command._load()
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
    for name, each in (below or {}).items():
        yield from leaves(each, f"{path} {name}")


def test_every_command_takes_a_language() -> None:
    """A reader chooses the language of any command where it is typed."""
    known = dict(leaves(build(), "incidents"))
    assert {"incidents up", "incidents access list", "incidents restore"} <= known.keys()
    assert [
        path for path, command in known.items() if not any("--lang" in option.opts for option in command.params)
    ] == []


@pytest.mark.parametrize(
    "line, default, example",
    [
        ("stats", "aucun", "--interval semaine --since 90j"),
        ("projects list", "-création", "--sort=-modification"),
        ("audit log", "", "--activity 'rapport imprimé'"),
        ("projects update", "", "--category Raison=Autre"),
    ],
)
async def test_help_shows_values_as_they_are_typed_in_the_language(line: str, default: str, example: str) -> None:
    """Default values and the values in examples are words of the language, which the command understands."""
    shown = " ".join(
        (await incidents(*line.split(), "--help", "--lang", "fr", environment={"COLUMNS": 200})).out.split()
    )
    assert not default or f"[par défaut : {default}]" in shown
    assert example in shown


@pytest.mark.parametrize(
    "line", ["--help --lang fr", "--lang fr access --help", "access --help --lang fr", "projects --help --lang=fr"]
)
async def test_the_help_of_a_group_has_a_language_too(line: str) -> None:
    """What lists commands is read in the language that is typed with it, before its command or after it."""
    ended = await incidents(*line.split())
    assert ended.status == 0
    assert "Afficher cette aide" in ended.out
    assert not re.search(r"\b(Usage|Options:|Show|<path>|<list|starts a system)\b", ended.out)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "sentence",
    [
        "Invalid value for '--x': Value error, it is odd",
        "Invalid value for '--x': Input should be greater than or equal to 1",
        "Invalid value for '--x': Input should be a valid integer, unable to parse string as an integer",
        "Invalid value for '--x': Input should be something that a newer version checks",
    ],
)
def test_no_mistake_is_told_in_the_words_of_a_library(sentence: str, language: str) -> None:
    """What pydantic says about a value is said in our words, in English as in French."""
    translation = translate_mistake(sentence, language)
    assert "--x" in translation
    assert not re.search("Value error|Input should", translation)


def arguments(command: Any, path: str) -> Iterator[tuple[str, str | None]]:
    """Yield every argument of a command and all below it, with the word that stands for it."""
    if isinstance(command, Plugin):
        command = command._load()
    yield from (
        (f"{path} {argument.name}", argument.metavar)
        for argument in command.params
        if argument.param_type_name == "argument"
    )
    for name, below in getattr(command, "commands", {}).items():
        yield from arguments(below, f"{path} {name}")


def test_every_argument_has_a_word_of_its_own() -> None:
    """What stands for an argument is in capitals and can be translated; typer's own name for it cannot."""
    assert [
        path for path, metavar in arguments(build(), "incidents") if not metavar or metavar != metavar.upper()
    ] == []


async def test_help_names_no_type_that_says_nothing() -> None:
    """A flag reads as a flag and a text as a text: help names a kind of value only where that tells something."""
    for line in (("projects", "delete"), ("audit", "log"), ("projects", "create"), ("up",), ()):
        result = (await incidents(*line, "--help")).out
        assert "--help" in result
        assert not re.search(r"<(bool|str|int range|float range)>", result), result


def test_no_translation_is_left_over() -> None:
    """What is not said any more is not translated any more."""
    ours = {string.value for source in sources("incidents", "workers") for string in source.strings()}
    theirs = {string.value for source in typers() for string in source.strings()}
    used = {
        *ours,
        *theirs,
        *MISTAKES,
        *REWORDED.values(),
        *KNOWN,
        *PROBLEMS.values(),
        *(text for _, text in explained(build(), "incidents")),
    }
    assert sorted(text for text in FRENCH if text not in used) == []


def typers() -> Iterator[Source]:
    """Yield the files of typer: it asks for the French of its own sentences."""
    for path in Path(typer.__file__).parent.rglob("*.py"):
        yield Source(path.name, path.read_text())


@pytest.mark.parametrize(
    "line, texts",
    [
        ("projects --help", ("Utilisation", "Commandes", "Afficher cette aide")),
        ("projects create --help", ("Utilisation", "Exemples", "Options communes", "Envoi", "par défaut")),
        ("access create --help", ("Utilisation", "Exemple", "obligatoire", "Créer des identifiants")),
        ("projects lst", ("La commande « lst » n'existe pas. Vouliez-vous dire « list »", "Erreur")),
        ("me --colour", ("L'option --colour n'existe pas", "Pour obtenir de l'aide")),
        ("projects show", ("Il manque l'argument « PROJET »",)),
        ("projects list --limit x", ("Valeur non valide pour « --limit »", "un nombre entier est attendu")),
        ("send --key", ("attend une valeur",)),
        ("--json me", ('"message":"écrivez --json après la commande',)),
        ("--as x me", ("--as se place après la commande",)),
        ("projects --data x list", ("--data se place après la commande",)),
        ("outcome abc", ("un UUID est attendu",)),
        ("me you", ("Arguments en trop",)),
        ("me --lang de", ("ne fait pas partie des valeurs",)),
    ],
)
async def test_help_and_mistakes_are_told_in_the_language_of_the_locale(line: str, texts: tuple[str, ...]) -> None:
    """Where the locale is French, help and mistakes of typing are French."""
    ended = await incidents(*line.split(), environment={"LC_ALL": "fr_CH.UTF-8"})
    output = " ".join((ended.out + ended.err).split())
    assert [text for text in texts if text not in output] == []
    assert not re.search(r"\b(Usage|Missing|Invalid|Try|Show)\b", output)


@pytest.mark.parametrize("width", [60, 70, 80, 99])
async def test_no_line_begins_with_punctuation(width: int) -> None:
    """A no-break space breaks no line, however wide the terminal is."""
    ended = await incidents("access", "create", "--help", environment={"LANG": "fr", "COLUMNS": width})
    assert [line for line in ended.out.splitlines() if re.match(r"[│ ]*[:;?!»](\s|$)", line)] == []


async def test_machines_are_told_mistakes_in_the_language_too() -> None:
    """With --json the sentence is in the language, and the keys are not."""
    ended = await incidents("me", "--colour", "--json", "--lang", "fr")
    assert ended.json["error"]["message"] == "L'option --colour n'existe pas."
    assert ended.json["error"]["code"] == "usage"


async def test_the_language_travels_with_what_is_asked(bus: Bus, peer: Peer) -> None:
    """Where the locale is French, the system is asked to answer in French."""
    where = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": str(bus.credentials("alice"))}
    await incidents("ask", "administration.me", environment={**where, "LANG": "fr_CH.UTF-8"})
    assert [(query.headers or {}).get("Accept-Language") for query in peer.queries] == ["fr"]


def test_an_unknown_mistake_stays_as_it_is() -> None:
    """A sentence that nobody translated is better in English than lost."""
    assert translate_mistake("Something new.", "fr") == "Something new."
