"""What is written as French writes it: dates, units, thousands, quotation marks, and one word for one thing."""

import ast
import io
import re
import time

import pytest
from rich.text import Text

from contracts.activity_words import ACTIVITY_WORDS
from contracts.figures import duration, grouped, quantity, size
from contracts.projects.history import HistoryEntry
from contracts.remedies import FIELD_REMEDIES
from incidents.terminal.printing import Screen
from incidents.terminal.tables.history import history
from incidents.terminal.tables.layout import Column, lay_out
from incidents.terminal.tables.sheet import table
from incidents.terminal.tables.values import Names
from incidents.terminal.text.language import catalogue, use
from incidents.terminal.text.translate import translate_mistake
from incidents.terminal.text.words import count, say
from tests.checks.tree import sources
from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, RunLine, run_line
from tests.client.test_words import FRENCH
from workers.local.supervision.notices import SENTENCES, notice

__all__ = ["run_line"]
NO_BREAK = "\u00a0"


def test_amounts_have_their_thousands_apart_and_numbers_that_name_something_do_not() -> None:
    """An amount is read, and a project's number is typed."""
    assert grouped(1_234_567, "fr") == "1\u202f234\u202f567"
    assert grouped(1_234_567, "en") == "1,234,567"
    assert count("fr", 1_500, "{count} page", "{count} pages") == "1\u202f500 pages"
    assert say("en", "project {number}", number=12_345) == "project 12345"
    out = io.StringIO()
    Screen(width=80, file=out).print(table("fr", "Number", "Projects", rows=[(12_345, 12_345)]))
    assert {"12345", "12\u202f345"} <= set(re.split("[ \n]+", out.getvalue()))


def test_sentences_have_the_spaces_of_french() -> None:
    """A narrow no-break space between thousands, and a no-break space before a colon and the like."""
    both = [*FRENCH.values(), *(french for _, french in (*FIELD_REMEDIES.values(), *ACTIVITY_WORDS.values()))]
    wrong = r"\d[ \u00a0]\d{3}\b|[\w)»}] [;:!?%](?!\w)|« | »|’"
    assert [words for words in both if re.search(wrong, words)] == []


def test_a_unit_stays_with_its_figure() -> None:
    """French has a no-break space before a unit, so that no line ends between them."""
    assert size(3_400_000, "fr") == f"3,4{NO_BREAK}Mo"
    assert quantity(20, "%", "fr") == f"20{NO_BREAK}%"
    assert duration(90_061, "fr") == f"1{NO_BREAK}j 1{NO_BREAK}h"
    torn = re.compile(r"\} (?:s|h|j|min|%|ko|Mo|Go|o)(?![\w'])")
    assert [words for words in FRENCH.values() if torn.search(words)] == []


@pytest.mark.parametrize(
    "sentence, french",
    [
        ("No such command 'x'.", f"La commande «{NO_BREAK}x{NO_BREAK}» n'existe pas."),
        (
            "Missing option '--output' / '-o'.",
            f"Il manque l'option «{NO_BREAK}--output{NO_BREAK}» ou «{NO_BREAK}-o{NO_BREAK}».",
        ),
        (
            "Missing option '--out' (env var: 'INCIDENTS_DATA').",
            f"Il manque l'option «{NO_BREAK}--out{NO_BREAK}» (variable{NO_BREAK}: INCIDENTS_DATA).",
        ),
    ],
)
def test_names_in_mistakes_have_french_quotation_marks(sentence: str, french: str) -> None:
    """A mistake in French quotes what was typed as French does."""
    assert translate_mistake(sentence, "fr") == french


async def test_permissions_are_words(peer: Peer, run_line: RunLine) -> None:
    """Permissions are shown in words, not by their wire names."""
    peer.answers["administration.me"] = (
        b'{"principal": "olivia", "roles": [], "permissions": {}, "may": ["projects.create", "audit.log"]}'
    )
    shown = (await run_line("me", "--lang", "fr")).out
    assert "consultation du journal d'audit, création d'un projet" in shown
    assert "view the audit log" not in shown
    assert "create a project, view the audit log" in (await run_line("me", "--lang", "en")).out


def test_a_sequence_begins_before_it_ends() -> None:
    """The history shows the fields of a part in the order in which people read them."""
    part = {"end": "2026-01-01T11:00:00Z", "start": "2026-01-01T10:00:00Z", "camera_name": "Gate"}
    entry = HistoryEntry.model_validate(
        {
            "part_id": None,
            "revision": 1,
            "at": "2026-01-02T10:00:00Z",
            "by": "ann",
            "field": "sequence",
            "old": None,
            "new": part,
        }
    )
    out = io.StringIO()
    Screen(width=120, file=out).print(history([entry], Names(None), "fr"))
    shown = out.getvalue()
    assert shown.index("Début") < shown.index("Fin") < shown.index("Caméra")


def test_a_word_stays_whole_in_a_narrow_table() -> None:
    """A table is stacked before one of its words is broken."""
    columns = [Column("Date", is_figures=False, gives_way=False), Column("Nom", is_figures=False, gives_way=True)]
    out = io.StringIO()
    for part in lay_out(columns, [[Text("x" * 20), Text("Sécurité incommensurable")]], 36):
        Screen(width=36, file=out).print(part)
    assert "incommensurable" in out.getvalue()


def test_one_word_stands_for_one_thing() -> None:
    """The person who acted is the author, and ids, credentials, log files and the audit log have words of their own."""
    assert {say("fr", "By"), catalogue("fr").pgettext("field", "created_by").capitalize()} == {"Auteur"}
    assert [
        words for words in FRENCH.values() if re.search(r"\b[Ii]dentifiant\b|\bActeur\b|fichiers? journa", words)
    ] == []
    others = (
        *("clôturant", "répertoire", "finit par", "phrase de passe", "autorisation", r"^Montrer\b", "identité age"),
        *("[Pp]oser? (le|un) (logo|modèle)", "a posés", "les gens", "pas de tel", "conserv(er|és) pour une"),
    )
    both = [*FRENCH.values(), *(french for _, french in (*FIELD_REMEDIES.values(), *ACTIVITY_WORDS.values()))]
    assert [words for words in both if re.search("|".join(others), words)] == []


@pytest.mark.parametrize(
    "line, advice",
    [
        (("--start", ""), "--start n'a pas de valeur\u00a0; pour vider ce champ\u00a0: --clear 'début'"),
        (("--category", "Reason="), "--category n'a pas de valeur\u00a0; pour vider ce champ\u00a0: --clear Reason"),
    ],
)
async def test_an_empty_value_leads_to_clear(run_line: RunLine, line: tuple[str, ...], advice: str) -> None:
    """The refusal of an empty value names the option that clears the field."""
    ended = await run_line("projects", "update", PROJECT, *line, "--lang", "fr", "--json")
    assert ended.json["error"]["message"] == advice


async def test_an_unknown_field_is_refused_by_its_option(run_line: RunLine) -> None:
    """The refusal of a field to clear names the option, and the fields in the order of a project."""
    ended = await run_line("projects", "update", PROJECT, "--clear", "foo", "--lang", "fr", "--json")
    assert (
        "--clear\u00a0: «\u00a0foo\u00a0» n'existe pas. Choix possibles\u00a0: type, statut, début, fin"
        in (ended.json["error"]["message"])
    )


@pytest.mark.parametrize(
    "entry, sentence",
    [
        (
            {"event": "server_died", "server": "database"},
            "! Base de données\u00a0: arrêt inattendu, redémarrage en cours.",
        ),
        ({"event": "worker_died", "worker": "audit", "code": -9}, "! Service audit\u00a0: arrêt inattendu"),
        ({"event": "worker_silent", "worker": "audit", "seconds": 30.8}, "aucune réponse depuis 31\u00a0s,"),
        (
            {"event": "worker_died", "worker": "audit", "timestamp": "2026-11-27T19:08:15.5Z"},
            "! 19:08:15 Service audit\u00a0: arrêt inattendu",
        ),
        ({"event": "unknown"}, "as before"),
    ],
)
def test_a_terminal_shows_sentences_and_no_log(
    entry: dict[str, object], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `up` notices is a sentence in the reader's language; the log has the event."""
    monkeypatch.setenv("LANGUAGE", "fr")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    use("fr")
    assert sentence in notice(lambda *_: "as before")(None, "", entry)


def test_every_event_of_the_supervisors_has_a_sentence() -> None:
    """No line of a log reaches a terminal on which the system runs."""
    warned = {
        str(ast.literal_eval(call.args[0]))
        for source in sources("workers")
        if source.path.startswith(("workers/local/supervision/", "workers/local/up"))
        for call, name in source.calls()
        if name in {"warning", "error"}
    }
    assert warned - SENTENCES.keys() == {"log_archiving_failed", "page_unreadable"}
