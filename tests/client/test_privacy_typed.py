"""`incidents privacy` on a running site: what a data protection officer types, and what is shown."""

import json
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, IncidentData, UpdateProject
from contracts.projects.exports import ExportProject
from contracts.projects.parts import AddComment
from contracts.projects.queries import GetProject, ListProjects
from contracts.projects.set_aside import RestrictProject
from contracts.properties import DefineDataField
from tests.client.command_line import CommandResult, incidents
from tests.support import Site, eventually

RunLine = Callable[..., Awaitable[CommandResult]]
OTHERS = "Jean Martin waited outside."


@pytest.fixture
async def run_line(site: Site, tmp_path: Path) -> RunLine:
    """Type a line on a site with a project about two persons, of which a copy was handed over."""
    await site.workers()
    client, project_id = await site.client(), uuid7()
    await client.send(DefineDataField(kind="text", slot=1, enabled=True, name="The witness"))
    await client.send(CreateProject(project_id=project_id, description="Marie Dupont fell."))
    await client.send(UpdateProject(project_id=project_id, data=IncidentData(text_1="Mme DUPONT")))
    for text in (OTHERS, "Marie Dupont, 06 12 34 56 78"):
        await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text=text))
    await client.send(ExportProject(project_id=project_id, include=["comments"], recipient="Prefecture"))
    await client.ask(GetProject(project_id=project_id))

    async def run(*line: object, principal: str = "admin") -> CommandResult:
        environment = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials(principal)}
        return await incidents("privacy", *line, folder=tmp_path, environment=environment)

    return run


async def test_each_text_has_its_place_and_the_command_that_erases_it(run_line: RunLine) -> None:
    """A field by its name, a comment by its number, an earlier wording as such; the totals are said."""
    shown = await run_line("find", "dupont")
    assert shown.status == 0, shown.err
    for line in (
        "incidents projects redact 1 description",
        "incidents projects redact 1 'The witness'",
        "incidents projects redact 1 comment 2",
        "incidents projects redact 1 comment 2 --earlier-only",
    ):
        assert f"  {line}\n" in shown.out
    french = await run_line("find", "dupont", "--lang", "fr")
    assert "  incidents projects redact 1 commentaire 2 --earlier-only\n" in french.out
    assert "project 1, comment 2, text, revision 4" in shown.out
    assert "5 texts in all: project (2), comment (1), history (2)" in shown.out
    assert OTHERS not in shown.out


async def test_what_is_found_is_a_document_and_a_table(run_line: RunLine) -> None:
    """Programs get each place with its command, and totals; a spreadsheet gets a row for each text."""
    document = json.loads((await run_line("find", "0612345678", "--json")).out)
    assert document["totals"] == {"comment": 1, "history": 1}
    assert document["complete"] is True
    assert document["items"][0]["erase"] == "incidents projects redact 1 comment 2"
    table = (await run_line("find", "0612345678", "--csv")).out.splitlines()
    assert len(table) == 3
    cut = json.loads((await run_line("find", "dupont", "--limit", 2, "--json")).out)
    assert len(cut["items"]) == 2
    assert cut["complete"] is False
    assert "more: --all" in (await run_line("find", "dupont", "--limit", 2)).out


async def test_a_copy_has_the_texts_of_one_person(run_line: RunLine, tmp_path: Path) -> None:
    """A copy has each text with the words, in two languages and as JSON, and nobody else's; it replaces nothing."""
    ended = await run_line("export", "dupont", "--output", "dupont.zip")
    assert (ended.status, "dupont.zip: 5 texts" in ended.out) == (0, True), ended.err
    with zipfile.ZipFile(tmp_path / "dupont.zip") as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(files) == ["personal-data.en.md", "personal-data.fr.md", "personal-data.json"]
    for text in files.values():
        assert "Marie Dupont, 06 12 34 56 78" in text
        assert "Prefecture" in text
        assert "Martin" not in text
        assert "admin" not in text
    assert "Copie des données à caractère personnel" in files["personal-data.fr.md"]
    assert "À compléter par l'organisme".casefold() in files["personal-data.fr.md"].casefold()
    assert (await run_line("export", "dupont", "--output", "dupont.zip")).status == 2


async def test_a_copy_is_a_folder(run_line: RunLine, tmp_path: Path) -> None:
    """A folder has an index and a file for each project, in two languages; it takes no folder that has files."""
    ended = await run_line("export", "dupont", "--output", "dupont")
    assert (ended.status, "dupont: 5 texts" in ended.out) == (0, True), ended.err
    files = {
        str(path.relative_to(tmp_path / "dupont")): path.read_text() for path in (tmp_path / "dupont").rglob("*.*")
    }
    languages = [f"{language}/{name}" for language in ("en", "fr") for name in ("index.md", "project-1.md")]
    assert sorted(files) == [*languages, "personal-data.json"]
    assert "- [project 1](project-1.md): 5 texts" in files["en/index.md"]
    assert "- [projet 1](project-1.md)\u00a0: 5 textes" in files["fr/index.md"]
    assert "Prefecture" in files["fr/index.md"]
    assert "Marie Dupont" not in files["fr/index.md"]
    assert files["en/project-1.md"].count("### ") == 5
    assert "Martin" not in "".join(files.values())
    again = await run_line("export", "dupont", "--output", "dupont")
    assert again.status == 2
    assert "dupont has files" in again.err


async def test_a_copy_says_what_is_missing_from_it(site: Site, run_line: RunLine, tmp_path: Path) -> None:
    """Texts that the author of a copy may not read are marked in it, on the terminal, and by the exit status."""
    await site.grant("dora", {Node.PERSONAL_DATA: "manage"})
    client = await site.client()
    [project] = (await client.ask(ListProjects())).items
    await client.send(RestrictProject(project_id=project.project_id, reason="She contests its accuracy."))
    ended = await run_line("export", "dupont", "--output", "dora.zip", principal="dora")
    assert (ended.status, "texts are not in the copy" in ended.err) == (1, True), ended.err
    with zipfile.ZipFile(tmp_path / "dora.zip") as archive:
        text = archive.read("personal-data.en.md").decode()
    assert text.count("[ not in this copy: who made it may not read it ]") > 5


async def test_who_was_told_is_in_the_register(run_line: RunLine) -> None:
    """Recipients are named by projects, or by the words that are in them."""
    for line in (("1",), ("--words", "dupont")):
        ended = await run_line("told", *line, "--json")
        recipients = [entry["details"].get("recipient") for entry in json.loads(ended.out)["items"]]
        assert recipients == ["Prefecture"]
    assert "Prefecture" in (await run_line("told", "1")).out
    assert (await run_line("told")).status == 2


async def test_who_read_what_is_counted(run_line: RunLine) -> None:
    """Each person has a row for each project and kind of reading, since a day that is typed in words."""

    async def is_counted() -> bool:
        ended = await run_line("readers", "1", "--since", "last monday", "--json")
        readings = {(entry["by"], entry["project"], entry["activity"]) for entry in json.loads(ended.out)["items"]}
        return ("admin", 1, "projects.opened") in readings

    assert await eventually(is_counted)
    assert "project viewed" in (await run_line("readers")).out


async def test_the_record_is_that_of_the_configuration(run_line: RunLine) -> None:
    """The record has the site's names, times and roles, in the language that is typed, and marks what is left blank."""
    english = (await run_line("record")).out
    assert "- Data fields: The witness" in english
    assert "- Projects: 7 days" in english
    assert english.count("[ to be completed by the organisation ]") == 7
    french = (await run_line("record", "--lang", "fr")).out
    assert "# Registre des activités de traitement (RGPD, article 30)" in french
    assert "Champs de données : The witness" in french.replace("\u00a0", " ")


async def test_an_officer_needs_one_right_to_find(run_line: RunLine, site: Site) -> None:
    """With view, places without words; with manage, a copy; without either, a refusal that names the right."""
    await site.grant("vera", {Node.PERSONAL_DATA: "view"})
    await site.grant("dpo", {Node.PERSONAL_DATA: "manage"})
    places = await run_line("find", "dupont", principal="vera")
    assert places.status == 0
    assert "not shown to you" in places.out
    assert "Marie" not in places.out
    assert "Marie" in (await run_line("find", "dupont", principal="dpo")).out
    assert (await run_line("export", "dupont", "--output", "copy.zip", principal="dpo")).status == 0
    for principal, line in (("vera", ("export", "dupont", "--output", "no.zip")), ("nobody", ("find", "dupont"))):
        refused = await run_line(*line, principal=principal)
        assert refused.status == 1
        assert "personal-data" in refused.err
        assert "Marie" not in refused.err


@pytest.mark.parametrize("words", ["%", "_", "", "\u200b", "x" * 300])
async def test_words_that_cannot_be_searched_are_refused(run_line: RunLine, words: str) -> None:
    """A refusal names the field and what it must have."""
    refused = await run_line("find", words)
    assert refused.status != 0
    assert "search" in refused.err
