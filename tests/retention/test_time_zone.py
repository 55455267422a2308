"""A change of the site's time zone by which projects expire earlier is confirmed like a shorter retention time."""

from datetime import UTC, datetime

import pytest

from contracts.administration import ChangeSettings
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.imports import ImportedProject, ImportProjects
from contracts.properties import AddType
from contracts.retention_policies import SetPolicy
from incidents import Client
from tests.client.command_line import incidents
from tests.projects.helpers import refusal_of
from tests.support import Site

QUESTION = "Change the time zone? The next sweep will then delete 1 project."
WEST, EAST = "America/Los_Angeles", "Asia/Tokyo"


@pytest.fixture
async def client(site: Site) -> Client:
    """Keep a project until the end of this year in UTC; in the west it was created a year earlier, and has expired."""
    await site.workers("projects", "administration", "retention")
    client = await site.client()
    type_id = (await client.send(AddType(name="Injury"))).id
    created_at = datetime(2020, 1, 1, 6, tzinfo=UTC)
    project = ImportedProject(project_id=uuid7(), number=1, created_by="before", created_at=created_at, type_id=type_id)
    years = datetime.now(UTC).year - 2020
    await client.send(SetPolicy(policy_id="injuries", property_id=type_id, years=years, counted_from="year-end"))
    await client.send(ImportProjects(projects=[project]))
    return client


async def test_a_zone_in_which_projects_have_expired_is_confirmed(client: Client) -> None:
    """Without their number the change is a conflict that names it; with it, and back again, the zone changes."""
    for confirm in (None, 0):
        refused = await refusal_of(client.send(ChangeSettings(timezone=WEST, confirm=confirm)))
        assert refused.code == Code.CONFLICT
        assert refused.details["due"] == 1
        assert [field["kind"] for field in refused.details["fields"]] == ["not_confirmed"]
    assert set((await client.send(ChangeSettings(timezone=WEST, confirm=1))).changed) == {"timezone"}
    assert set((await client.send(ChangeSettings(timezone="UTC"))).changed) == {"timezone"}


async def test_a_zone_in_which_nothing_expires_earlier_is_not_confirmed(client: Client) -> None:
    """A change that lets no sweep delete more needs no number, also together with a longer retention time."""
    assert set((await client.send(ChangeSettings(timezone=EAST, retention_days=9))).changed) == {
        "timezone",
        "retention_days",
    }


async def test_a_longer_time_does_not_hide_the_zone(client: Client) -> None:
    """A command that lengthens the retention time and changes the zone is confirmed for what the zone lets expire."""
    refused = await refusal_of(client.send(ChangeSettings(timezone=WEST, retention_days=900)))
    assert refused.details["due"] == 1


@pytest.mark.parametrize(
    "answer, options, is_changed",
    [
        ("y\n", (), True),
        ("n\n", (), False),
        ("", ("--yes",), True),
        ("", ("--confirm", "1"), True),
        ("", ("--confirm", "0"), False),
    ],
)
async def test_typing_a_zone_asks_for_the_number(
    site: Site, client: Client, answer: str, options: tuple[str, ...], is_changed: bool
) -> None:
    """Somebody is asked, a script gives the number, and another number changes nothing."""
    where = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}
    ended = await incidents("settings", "set", "--timezone", WEST, *options, standard_input=answer, environment=where)
    assert (QUESTION in ended.out + ended.err) == bool(answer)
    [(zone,)] = await site.sql("SELECT timezone FROM administration.settings")
    assert (zone == WEST) is is_changed, ended.err
