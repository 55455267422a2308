"""What the command line tells a reader of French to type is French, and can be typed."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.progress import Task, TaskID

from contracts.errors import Code, Refusal
from incidents.terminal import printing
from incidents.terminal.printing import Screen
from incidents.terminal.saving import SizeColumn
from incidents.terminal.session import Session
from incidents.terminal.tables.refusals import refusal_panel
from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, REPORT, RunLine, run_line
from tests.client.test_naming import UNDEFINED, without_definitions

__all__ = ["run_line"]
FRENCH = ("--lang", "fr", "--json")


async def refusal_of(run_line: RunLine, *line: object) -> dict[str, Any]:
    """Type a line in French that is refused, and return the error."""
    error: dict[str, Any] = (await run_line(*line, *FRENCH)).json["error"]
    return error


async def test_a_field_to_define_is_named_as_it_can_be(peer: Peer, run_line: RunLine) -> None:
    """Somebody who wants another field is not led to rename an existing one."""
    error = await refusal_of(run_line, "fields", "define", "entier_1", "Foo")
    assert "integer_, decimal_, text_, checkbox_ ou datetime_ suivi de 1, 2 ou 3" in error["message"]
    assert peer.commands == []
    peer.result = {"id": 1, "kind": "checkbox", "slot": 1, "enabled": True}
    assert (await run_line("fields", "define", "damaged?", "Foo", "--json")).status == 0


async def test_columns_are_offered_in_the_language(run_line: RunLine, tmp_path: Path) -> None:
    """A field of an import is offered by a name that the option accepts; JSON of a mapping has the wire's names."""
    (tmp_path / "i.csv").write_text("Prix\n1\n")
    error = await refusal_of(run_line, "import", "i.csv", "--column", "Prix=coût")
    assert "création, auteur, description, fin, numéro" in error["message"]
    assert "created_at" not in error["message"]


@pytest.mark.parametrize(
    "language, sentence",
    [
        ("fr", "9 ne figure pas dans la liste, qui n'a qu'un élément\u00a0: tapez 1 ou dernier"),
        ("en", "9 is not in the list, which has only one entry: type 1 or last"),
    ],
)
async def test_a_list_of_one_says_what_to_type(peer: Peer, run_line: RunLine, language: str, sentence: str) -> None:
    """A number that is not in a list of one is answered with both ways to name the entry."""
    times = {"start": "2026-01-01T10:00:00Z", "end": "2026-01-01T11:00:00Z", "drafted_at": "2026-01-02T10:00:00Z"}
    camera = {"camera_id": "c", "camera_name": "Gate", "site": None, "media_expires_at": None}
    drafted = {"sequence_id": REPORT, **camera, **times, "media": "available"}
    peer.answers["projects.draft"] = json.dumps({"sequences": [drafted]}).encode()
    ended = await run_line("projects", "draft", "remove", "9", "--lang", language, "--json")
    assert ended.json["error"]["message"] == sentence


async def test_a_decimal_is_shown_as_it_is_typed(run_line: RunLine) -> None:
    """French has a decimal comma; a message of JSON keeps the form of the wire."""
    error = await refusal_of(run_line, "projects", "update", PROJECT, "--field", "decimal_1=douze")
    assert error["details"]["fields"][0]["reason"] == "doit être un nombre comme 12,5"
    english = await run_line("projects", "update", PROJECT, "--field", "decimal_1=twelve", "--json")
    assert english.json["error"]["details"]["fields"][0]["reason"] == "must be a number such as 12.5"


async def test_a_disabled_checkbox_is_named_without_its_value(peer: Peer, run_line: RunLine) -> None:
    """The field is disabled, whatever was typed for it, and no value of the wire is shown."""
    field = {"field": "data.checkbox_1", "kind": "not_enabled", "reason": "n'est pas activé", "value": True}
    peer.error = {"code": "unknown-reference", "message": "Non.", "details": {"fields": [field]}}
    ended = await run_line("projects", "update", PROJECT, "--field", "checkbox_1=oui", "--lang", "fr")
    assert "Damaged?  n'est pas activé" in ended.err


@pytest.mark.parametrize("option, text, defining", UNDEFINED)
async def test_a_line_to_type_has_its_placeholder_in_the_language(
    peer: Peer, run_line: RunLine, option: str, text: str, defining: str
) -> None:
    """The command that defines something asks for a NOM in French."""
    peer.answers["administration.properties"] = without_definitions(text)
    error = await refusal_of(run_line, "projects", "update", PROJECT, option, text)
    assert error["message"].endswith(defining.format(name="NOM"))


@pytest.mark.parametrize(
    "line, example",
    [
        (("projects", "update", "12"), "incidents projects update 12 --status Fermé"),
        (("types", "rename", "Injury"), "incidents types rename Vol 'Un autre nom'"),
        (("categories", "rename", "Reason", "x"), "incidents categories rename Raison Autre 'Autre chose'"),
    ],
)
async def test_an_example_of_a_change_is_in_the_language(
    run_line: RunLine, line: tuple[str, ...], example: str
) -> None:
    """Who typed no change is shown one in their language."""
    assert (await refusal_of(run_line, *line))["message"].endswith(example)


def test_a_download_is_measured_in_the_units_of_the_language() -> None:
    """The progress has the sizes that the rest of the command line says."""
    task = Task(TaskID(0), "", 3_800, 1_900, _get_time=lambda: 0.0)
    assert [SizeColumn(language).render(task).plain for language in ("fr", "en")] == [
        "1,9\u00a0ko / 3,8\u00a0ko",
        "1.9 kB / 3.8 kB",
    ]


def test_a_password_is_asked_for_and_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prompts are set as their language is."""
    prompts: list[str] = []

    def prompt(text: str, *, prompt_suffix: str, **_: object) -> str:
        prompts.append(text + prompt_suffix)
        return "secret"

    monkeypatch.setattr("typer.prompt", prompt)
    for language in ("fr", "en"):
        printing.password(Session("", language=language).say("Password"), language)
    assert prompts == [
        "Mot de passe\u00a0: ",
        "Confirmez le mot de passe\u00a0: ",
        "Password: ",
        "Confirm the password: ",
    ]


@pytest.mark.parametrize("language, label", [("fr", "que faire"), ("en", "what to do")])
def test_advice_is_called_so(language: str, label: str) -> None:
    """What a refusal advises is no reason for it, and a reason is no advice."""
    out = io.StringIO()
    advised = Refusal(Code.NOT_AVAILABLE).as_error(language).model_dump(mode="json")
    Screen(width=120, file=out).print(refusal_panel(advised, language))
    assert f" {label} " in out.getvalue()
    refused = {"code": "held", "message": "x", "details": {"reason": "trial"}}
    out = io.StringIO()
    Screen(width=120, file=out).print(refusal_panel(refused, language))
    assert label not in out.getvalue()


async def test_an_unknown_letter_is_answered_with_the_list(peer: Peer, run_line: RunLine) -> None:
    """The refusal of a letter that does not exist names the command that lists them."""
    field = {"field": "letter", "kind": "not_here", "reason": "n'existe pas ici"}
    peer.error = {"code": "gone", "message": "Non.", "details": {"fields": [field]}}
    peer.refusals["administration.get-dead-letter"] = peer.error
    for verb in (("show", "17"), ("replay", "17"), ("discard", "17", "--yes")):
        peer.answers["administration.list-dead-letters"] = json.dumps({"items": [], "next": None}).encode()
        error = await refusal_of(run_line, "dead", *verb)
        assert error["details"]["type"] == "incidents dead list", verb
