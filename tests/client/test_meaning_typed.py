"""Words of their time and closed projects, as they are typed and read."""

from decimal import Decimal

import pytest

from contracts.administration import ChangeSettings
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, IncidentData, UpdateProject
from contracts.properties import AddStatus, DefineDataField, MarkStatus
from incidents import Client
from tests.client.command_line import CommandResult, incidents
from tests.client.interactive import environment
from tests.support import Site


@pytest.fixture
async def admin(site: Site) -> Client:
    """An administrator who renamed a field after a project had been given a value in it."""
    await site.workers("projects", "administration")
    client, project_id = await site.client(), uuid7()
    await client.send(DefineDataField(kind="decimal", slot=1, enabled=True, name="Weight"))
    closed = (await client.send(AddStatus(name="Over"))).id
    await client.send(CreateProject(project_id=project_id))
    data = IncidentData(decimal_1=Decimal("12.5"))
    await client.send(UpdateProject(project_id=project_id, status_id=closed, data=data))
    await client.send(DefineDataField(kind="decimal", slot=1, enabled=True, name="Mass"))
    return client


async def run_line(site: Site, *line: object) -> CommandResult:
    """Type a command as the administrator."""
    return await incidents(*line, environment=environment(site, "admin"))


async def test_a_project_is_shown_in_the_words_of_its_time(site: Site, admin: Client) -> None:
    """`projects show` and `projects history` name a field as it was named, in both languages."""
    for lang, words in (("en", "Weight (renamed since: Mass)"), ("fr", "Weight (renommé depuis\u00a0: Mass)")):
        assert words in (await run_line(site, "projects", "show", 1, "--lang", lang)).out
    result = await run_line(site, "projects", "history", 1)
    assert "Weight" in result.out
    assert "Mass" not in result.out
    assert "Over" in result.out


async def test_what_definitions_were_is_told(site: Site, admin: Client) -> None:
    """`audit definitions` shows old and new words, of fields and of settings; another kind is refused."""
    await admin.send(ChangeSettings(report_title="Museum"))
    result = await run_line(site, "audit", "definitions", "data-field", "--key", "decimal_1")
    assert [word for word in ("Name: Weight", "Name: Mass", "admin") if word not in result.out] == []
    result = await run_line(site, "audit", "definitions", "setting", "--key", "report_title")
    assert "Value: Museum" in result.out
    await admin.send(ChangeSettings(language="fr"))
    french = await run_line(site, "audit", "definitions", "setting", "--key", "language", "--lang", "fr")
    assert "Valeur\u00a0: français" in french.out
    refused = await run_line(site, "audit", "definitions", "weather", "--json")
    assert refused.status == 2
    assert "category-value" in refused.json["error"]["message"]


async def test_closed_is_told_beside_ended(site: Site, admin: Client) -> None:
    """`stats` counts by the mark of a status, says what its columns mean, and how a status is marked."""
    before = (await run_line(site, "stats")).out
    (status,) = (await run_line(site, "properties", "--json")).json["statuses"]
    await admin.send(MarkStatus(id=status["id"], closing=True))
    after = (await run_line(site, "stats")).out
    assert "incidents statuses close" in before
    assert "incidents statuses close" not in after
    assert [word for word in ("Closed after", "Ended", "with a closing status") if word not in after] == []
    assert (await run_line(site, "stats", "--json")).json["items"][0]["closed"] == 1
    assert "Clôt" in (await run_line(site, "properties", "--lang", "fr")).out
