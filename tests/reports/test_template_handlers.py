"""Setting and removing templates: what is tried, in which order, and what leaves no trace."""

import json

import pytest

from contracts.errors import Code
from contracts.report_design import GetDesign, RemoveTemplate, SetTemplate
from incidents import Client
from tests.projects.helpers import refusal_of
from tests.support import Site, eventually, outcome_of

HEAD = '#import "incident.typ": *\n#show: incident-report\n#title(report.subtitle)\n'
OWN = f"{HEAD}This is our form.\n"
WAITING = "reports.design_request WHERE kind = 'template'"


@pytest.fixture
async def admin(site: Site) -> Client:
    """An administrator of a site whose workers make reports."""
    await site.workers("projects", "reports")
    return await site.client()


FULL = 'report.title != ""'
"""Only the sample with everything has the name of the organisation."""


@pytest.mark.parametrize(
    "condition",
    [f'{FULL} and report.language == "en"', f'{FULL} and report.language == "fr"', f"not ({FULL})"],
    ids=["full", "bound", "empty"],
)
async def test_a_template_is_tried_on_every_sample(admin: Client, condition: str) -> None:
    """One that fails for a full report, a bound one or an empty one alone is refused, and there is no template."""
    source = f'{OWN}#if {condition} {{ panic("not for me") }}'
    refused = await refusal_of(admin.send(SetTemplate(source=source)))
    assert refused.code == Code.INVALID
    assert refused.details["fields"][0]["kind"] == "template_wrong"
    assert (await admin.ask(GetDesign())).template is None


async def test_half_a_character_is_refused(site: Site, admin: Client) -> None:
    """What no file in UTF-8 has is refused by its kind, and never sent to a trial."""
    body = json.dumps({"source": f"{OWN}\ud83d"}).encode()
    outcome = await (await site.caller()).send("reports.set-template", "-", body)
    assert outcome["error"]["code"] == Code.INVALID
    assert (await admin.ask(GetDesign())).template is None


async def test_the_same_template_again_changes_nothing(site: Site, admin: Client) -> None:
    """It is applied without an event, and its number and time stay; so is the removal of none."""
    caller = await site.caller()
    events = []
    for source in (OWN, OWN, f"{OWN}More."):
        outcome = await caller.send("reports.set-template", "-", {"source": source})
        events.append(len(outcome["events"]))
        assert outcome["status"] == "applied"
    design = (await admin.ask(GetDesign())).template
    assert events == [1, 0, 1]
    assert (design and design.number) == 2
    removals = [await caller.send("reports.remove-template", "-", {}) for _ in range(2)]
    assert [len(removal["events"]) for removal in removals] == [1, 0]


async def test_one_template_is_tried_at_a_time(site: Site) -> None:
    """While one is tried, another one and a removal are refused, and the first one is put into force."""
    await site.worker("projects")
    client = await site.client()
    async with site.engine.begin() as connection:
        await site.worker("reports")
        await connection.exec_driver_sql("LOCK TABLE reports.design IN EXCLUSIVE MODE")
        submitted = await client.submit(SetTemplate(source=OWN))
        await eventually(lambda: site.count(WAITING))
        for command in (SetTemplate(source=f"{OWN}More."), RemoveTemplate()):
            refused = await refusal_of(client.send(command))
            assert refused.code == Code.CONFLICT
            assert refused.details["fields"][0]["kind"] == "design_pending"
    assert (await outcome_of(client, submitted.command_id)).error is None
    template = (await client.ask(GetDesign())).template
    assert template is not None
    assert template.number == 1


async def test_a_template_that_waits_needs_its_permission(site: Site) -> None:
    """Whoever lost the permission for settings while the template waited puts none into force."""
    await site.sql(
        """
        INSERT INTO reports.design_request
        VALUES (gen_random_uuid(), 'clerk', NULL, NULL, now(), 'en', 'template', convert_to(:source, 'UTF8'), '{}')
        """,
        source=OWN,
    )
    await site.worker("reports")

    async def is_done() -> bool:
        return not await site.count("reports.design_request")

    await eventually(is_done)
    assert await site.count("reports.design") == 0
