"""What a reader of French is told is true, and reads as French: answers, questions and refusals."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.client.command_line import incidents
from tests.client.conftest import Bus, Peer
from tests.client.interactive import run_on_terminal
from tests.client.test_commands import NOW, PROJECT, REPORT, ROW, RunLine, run_line, sent_body

__all__ = ["run_line"]
CALL = {
    "call_id": REPORT,
    "direction": "made",
    "at": NOW,
    "party": "Police",
    "number": "117",
    "duration_seconds": 270,
    "reference": "P-2026-118",
    "notes": "On their way",
    "created_by": "bob",
    "created_at": NOW,
}
SEQUENCE = {
    "sequence_id": REPORT,
    "camera_id": "cam-7",
    "camera_name": "Gate",
    "site": "north",
    "start": NOW,
    "end": NOW,
    "media_expires_at": "2026-12-31T12:00:00Z",
    "added_by": "bob",
    "added_at": NOW,
}


def show(peer: Peer, **parts: Any) -> None:
    """Let the peer answer with a project that has these parts."""
    details = {**ROW, "updated_by": "bob", "retention_exempt": False, **parts}
    peer.answers["projects.get"] = json.dumps(details).encode()


@pytest.mark.parametrize(
    "line, result, sentence",
    [
        (
            ("projects", "update", PROJECT, "--description", "X"),
            {"project_id": PROJECT, "number": 12, "revision": 3},
            "le projet avait déjà ces valeurs.",
        ),
        (("settings", "set", "--report-title", "X"), {}, "les paramètres avaient déjà ces valeurs."),
    ],
)
async def test_a_change_of_nothing_is_said_so(
    peer: Peer, run_line: RunLine, line: tuple[str, ...], result: dict[str, object], sentence: str
) -> None:
    """Values that were set already are not reported as a change."""
    peer.result = {**result, "changed": {}}
    ended = await run_line(*line, "--lang", "fr")
    assert ended.out.strip() == f"Rien n'a été modifié\u00a0: {sentence}"


async def test_the_time_of_a_call_has_a_default_where_it_has_one() -> None:
    """A call that is corrected keeps its time, and help does not promise another one."""
    shown = {name: (await incidents("projects", name, "--help", "--lang", "fr")).out for name in ("call", "edit-call")}
    assert ["Par défaut, le moment" in " ".join(text.split()) for text in shown.values()] == [True, False]


async def test_a_call_and_a_sequence_are_shown_whole(peer: Peer, run_line: RunLine) -> None:
    """The view of an operator has all that was recorded of a call and of a recording, as the CSV has."""
    show(peer, calls=[CALL], sequences=[SEQUENCE])
    shown = (await run_line("projects", "show", 12, "--lang", "fr")).out
    words = ("4\u00a0min 30\u00a0s", "P-2026-118", "cam-7", "north", "conservé jusqu'au 31/12/2026")
    assert [word for word in words if word not in shown] == []
    whole = (await run_line("projects", "show", 12, "--csv", "--lang", "fr")).out
    assert [row for row in ("Durée (s),270", "Référence,P-2026-118", "cam-7", "2026-12-31T") if row not in whole] == []


@pytest.mark.parametrize("by, none", [("caméra", "aucune"), ("Reason", "aucune"), ("statut", "aucun")])
async def test_a_group_without_a_value_has_a_gender(peer: Peer, run_line: RunLine, by: str, none: str) -> None:
    """French says `aucune` of what is feminine."""
    figures = {"group": None, "starting": None, "count": 2, "closed": 0, "ended": 0}
    medians = {"median_closing_seconds": None, "median_duration_seconds": None}
    answer = {"timezone": "UTC", "total": 2, "items": [{**figures, **medians}], "truncated": False}
    peer.answers["projects.statistics"] = json.dumps(answer).encode()
    assert none in (await run_line("stats", "--by", by, "--lang", "fr")).out.split()


async def test_the_question_is_about_what_yes_does(peer: Peer, bus: Bus) -> None:
    """Yes sets the retention time; that it deletes projects is a consequence, and follows."""
    peer.answers["retention.preview"] = json.dumps({"retention_days": 1, "created_before": NOW, "due": 1}).encode()
    where = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": str(bus.credentials("alice"))}
    line = ("settings", "set", "--retention-days", "1", "--lang", "fr")
    async with run_on_terminal(where, *line) as terminal:
        question = "Fixer la durée de conservation à 1 jour\u00a0? La prochaine purge supprimera alors 1 projet."
        await terminal.shows(question, "[o/N]")


async def test_a_longer_retention_time_asks_nothing(peer: Peer, run_line: RunLine) -> None:
    """It deletes no project that the present time keeps, so there is nothing to confirm."""
    peer.answers["retention.preview"] = json.dumps(
        {"retention_days": 30, "created_before": NOW, "due": 1, "due_now": 1}
    ).encode()
    peer.result = {"changed": {"retention_days": {"old": 7, "new": 30}}}
    ended = await run_line("settings", "set", "--retention-days", "30")
    assert (ended.status, len(peer.commands)) == (0, 1), ended.err


@pytest.mark.parametrize("line", [("call", PROJECT), ("edit-call", PROJECT, "1")], ids=lambda line: line[0])
async def test_a_call_is_either_made_or_received(peer: Peer, run_line: RunLine, line: tuple[str, ...]) -> None:
    """Neither of two parties is dropped without a word."""
    ended = await run_line("projects", *line, "--to", "A", "--from", "B", "--lang", "fr", "--json")
    assert ended.json["error"]["message"] == "--to et --from s'excluent\u00a0: n'écrivez que l'un des deux"
    assert peer.commands == []


@pytest.mark.parametrize("minutes", ["4,5", "4 min 30 s", "270 s"])
async def test_the_duration_of_a_call_is_typed_as_it_is_shown(peer: Peer, run_line: RunLine, minutes: str) -> None:
    """Minutes and a duration with units are the same."""
    await run_line("projects", "call", PROJECT, "--to", "Police", "--minutes", minutes, "--lang", "fr")
    assert sent_body(peer)["duration_seconds"] == 270


@pytest.mark.parametrize("typed, sent", [("10 Mo", 10_000_000), ("10 MB", 10_000_000), ("200000", 200_000)])
async def test_the_size_of_a_log_is_typed_as_it_is_shown(peer: Peer, run_line: RunLine, typed: str, sent: int) -> None:
    """A size has a unit, or is a number of bytes."""
    await run_line("settings", "set", "--log-archive-bytes", typed, "--lang", "fr")
    assert sent_body(peer)["log_archive_bytes"] == sent


async def test_a_file_without_a_field_names_it_in_french(run_line: RunLine, tmp_path: Path) -> None:
    """The field that no column fills has the name by which a refused row has it, in French quotation marks."""
    (tmp_path / "i.csv").write_text("Numéro;Créé par;Ouverture\n1;ann;2026-01-01\n")
    message = (await run_line("import", "i.csv", "--lang", "fr", "--json")).json["error"]["message"]
    assert "aucune colonne ne remplit «\u00a0création\u00a0»" in message
    assert message.endswith("«\u00a0Créé par\u00a0», «\u00a0Numéro\u00a0», «\u00a0Ouverture\u00a0»")


@pytest.mark.parametrize(
    "option, sentence",
    [
        ("--dates=xyz", "--dates\u00a0: «\u00a0xyz\u00a0» n'est pas une des valeurs permises\u00a0: jma ou mja"),
        (
            "--clock-changes=xyz",
            "--clock-changes\u00a0: «\u00a0xyz\u00a0» n'est pas une des valeurs permises\u00a0: première ou seconde",
        ),
    ],
)
async def test_words_of_an_import_are_french(run_line: RunLine, tmp_path: Path, option: str, sentence: str) -> None:
    """A refused word is answered with the words of the language, which are accepted."""
    (tmp_path / "i.csv").write_text("number,created_by,created_at\n1,ann,31/01/2026\n")
    assert (await run_line("import", "i.csv", option, "--lang", "fr", "--json")).json["error"]["message"] == sentence
    words = ("--dates", "JMA", "--clock-changes", "premiere", "--dry-run")
    assert "valeurs permises" not in (await run_line("import", "i.csv", *words, "--lang", "fr")).err


async def test_suggestions_are_quoted(run_line: RunLine) -> None:
    """A name that is suggested stands apart from the sentence."""
    ended = await run_line("projects", "list", "--type", "Injur", "--lang", "fr", "--json")
    assert ended.json["error"]["message"].endswith("Vouliez-vous dire «\u00a0Injury\u00a0»\u00a0?")


async def test_a_definition_shows_what_its_number_is(peer: Peer, run_line: RunLine) -> None:
    """The id of a name is not read as a count."""
    ended = await run_line("types", "add", "injury", "--lang", "fr", "--json")
    assert "est déjà pris (id 1)" in ended.json["error"]["message"]


async def test_a_decimal_mark_is_asked_for_where_a_comma_is_in_the_way() -> None:
    """The refusal of 0,5 between 0.01 and 60 says what is wrong with it."""
    ended = await incidents("worker", "projects", "--lang", "fr", environment={"INCIDENTS_LOCK_SECONDS": "0,5"})
    assert "écrivez le nombre avec un point, de 0.01 à 60" in " ".join(ended.err.split())


async def test_a_decimal_has_its_thousands_apart(peer: Peer, run_line: RunLine) -> None:
    """A sum is read at a glance in French; a spreadsheet gets the plain number."""
    show(peer, data={"decimal_1": "1234567.5"})
    assert "1\u202f234\u202f567,5" in (await run_line("projects", "show", 12, "--lang", "fr")).out
    assert "1234567.5" in (await run_line("projects", "show", 12, "--csv", "--lang", "fr")).out
