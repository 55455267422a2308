"""Main details and categories are withheld, wherever a project is told, from those who have no view on them."""

import json

import pytest

from contracts.permissions import Grants, Level, Node
from contracts.projects.queries import GetProject, ListProjects
from contracts.projects.watching import visible_body
from incidents import Client
from tests.projects.followed import following, next_of
from tests.projects.props import refused
from tests.projects.traced import (
    FIELDS,
    MARKS,
    OTHER,
    SHOWN,
    ask,
    events_of,
    everything_but,
    found_in,
    given,
    looked_at,
    say,
)
from tests.support import Site, eventually

PARTS = sorted(MARKS)
VIEWER = {"incident_projects": "view", "incident_projects__activity_logs": "view"}


@pytest.fixture
async def admin(site: Site) -> Client:
    """Somebody who may everything, on a site whose workers run."""
    await site.workers()
    return await site.client()


@pytest.mark.parametrize("part", PARTS)
async def test_nothing_tells_what_is_withheld(site: Site, admin: Client, part: str) -> None:
    """With manage on everything else, no query, conflict, report or package holds a trace of it (PERM-05, PERM-09)."""
    clerk = await everything_but(site, "clerk", part)
    project_id = await given(site, admin, part)
    marks = MARKS[part]
    told = await looked_at(clerk, project_id)
    assert found_in(told, marks) == []
    assert found_in({"conflict": told["conflict"]}, FIELDS[part]) == []
    for place in ("projects.get", "projects.history", "project.json", "made"):
        assert f'"{part}"' in told[place], place
    assert (part in json.loads(told["list"])["withheld"]) is (part == "main-details")
    assert found_in(await looked_at(admin, project_id), marks) != []


@pytest.mark.parametrize("part", PARTS)
async def test_the_other_part_is_shown(site: Site, admin: Client, part: str) -> None:
    """What is withheld takes nothing else along: all of the other part is told (PERM-09)."""
    clerk = await everything_but(site, "clerk", part)
    told = await looked_at(clerk, await given(site, admin, *PARTS))
    other = OTHER[part]
    where = {place for place, mark in found_in(told, (SHOWN[other],)) if mark}
    assert where >= {"projects.get", "projects.history", "project.json", "history.json", "report"}


@pytest.mark.parametrize("part", PARTS)
async def test_a_feed_tells_nothing_of_it(site: Site, admin: Client, part: str) -> None:
    """Changes of what is withheld alone are not told; others without it, with the type at a creation (PRJ-09)."""
    clerk = await everything_but(site, "clerk", part)
    async with following(clerk) as watch:
        project_id = await given(site, admin, *PARTS)
        await say(admin, "projects.delete", project_id=project_id)
        events = await next_of(watch, 4)
    assert [one.happened for one in events][:1] == ["projects.created"]
    assert [one.happened for one in events][-1] == "projects.deleted"
    own = set(MARKS[part]) - set(MARKS[OTHER[part]])
    changed = {name for one in events for name in one.data.get("changed", {})}
    assert found_in(events_of(events), tuple(own)) == []
    assert changed.isdisjoint({"type_id", "description"} if part == "main-details" else {"category_1", "text_1"})


async def test_a_projects_activity_names_no_withheld_field(site: Site, admin: Client) -> None:
    """The activity says who changed what of a project and when, without fields that one may not see (PRJ-08)."""
    await site.grant("viewer", **VIEWER, incident_projects__categories="view")
    project_id = await given(site, admin, *PARTS)

    async def recorded() -> bool:
        return len(await site.sql("SELECT FROM audit.activity WHERE activity = 'projects.updated'")) == 4

    await eventually(recorded)
    items = json.loads(await ask(await site.client("viewer"), "audit.activity", project_id=project_id))["items"]
    changed = [sorted(one["details"].get("changed", {})) for one in items if one["activity"] == "projects.updated"]
    data = ["datetime_1", "integer_1", "text_1"]
    assert changed == [data, ["category_1", *data], [], []]


async def test_who_has_the_projects_alone_sees_what_they_necessarily_show(site: Site, admin: Client) -> None:
    """Number, revision, author, times and whether it was imported are the project's own; the rest is withheld."""
    project_id = await given(site, admin, *PARTS)
    await site.grant("viewer", incident_projects="view")
    viewer = await site.client("viewer")
    answer = await viewer.ask(GetProject.model_validate_json(json.dumps({"project_id": project_id})))
    own = {"project_id", "number", "revision", "imported", "retention_exempt", "withheld", "too_large"}
    own |= {"created_by", "created_at", "updated_by", "updated_at"}
    assert {name for name, value in answer if value not in (None, {})} == own
    assert answer.withheld == ["main-details", "categories", "comments", "calls", "sequences", "hold"]
    (row,) = (await viewer.ask(ListProjects())).items
    assert (row.number, row.description, row.type_id) == (answer.number, None, None)


@pytest.mark.parametrize("sort", ["type_id", "-description", "end_time"])
async def test_a_cursor_does_not_get_around_it(site: Site, admin: Client, sort: str) -> None:
    """A list in the order of what is withheld is refused with its node, with a cursor of another's page, too."""
    await given(site, admin, *PARTS)
    await given(site, admin)
    clerk = await everything_but(site, "clerk", "main-details")
    page = await admin.ask(ListProjects.model_validate({"sort": sort, "limit": 1}))
    refusal = await refused(clerk.ask(ListProjects.model_validate({"sort": sort, "limit": 1, "after": page.next})))
    assert refusal.details["nodes"] == ["incident-projects/main-details"]


def test_an_update_without_a_change_is_told_to_everybody() -> None:
    """An update that named only what was so already tells no field, and is seen with view on the projects alone."""
    grants = Grants({Node.PROJECTS: Level.VIEW})
    told = {"project_id": "x", "changed": {}}
    assert visible_body("projects.updated", told, grants) == told
    assert visible_body("projects.updated", {**told, "changed": {"type_id": {}}}, grants) is None
