"""Main details and categories are withheld, wherever a project is reported, from those who have no view on them."""

import json

import pytest

from contracts.permissions import Grants, Level, Node
from contracts.projects.queries import GetProject, ListProjects
from contracts.projects.watching import visible_body
from incidents import Client
from tests.projects.feeds import follow, next_events
from tests.projects.helpers import refusal_of
from tests.projects.marked_project import (
    FIELDS,
    MARKS,
    OTHER,
    SHOWN,
    ask_query,
    connect_without,
    create_marked_project,
    events_by_name,
    marks_in,
    read_everything,
    send_command,
)
from tests.support import Site, eventually

PARTS = sorted(MARKS)
VIEWER = {Node.PROJECTS: "view", Node.ACTIVITY_LOGS: "view"}


@pytest.fixture
async def admin(site: Site) -> Client:
    """Somebody who may everything, on a site whose workers run."""
    await site.workers()
    return await site.client()


@pytest.mark.parametrize("part", PARTS)
async def test_nothing_tells_what_is_withheld(site: Site, admin: Client, part: str) -> None:
    """With manage on everything else, no query, conflict, report or package holds a trace of it (PERM-05, PERM-09)."""
    clerk = await connect_without(site, "clerk", part)
    project_id = await create_marked_project(site, admin, part)
    marks = MARKS[part]
    texts = await read_everything(clerk, project_id)
    assert marks_in(texts, marks) == []
    assert marks_in({"conflict": texts["conflict"]}, FIELDS[part]) == []
    for place in ("projects.get", "projects.history", "data/project.json", "made"):
        assert f'"{part}"' in texts[place], place
    assert (part in json.loads(texts["list"])["withheld"]) is (part == "main-details")
    assert marks_in(await read_everything(admin, project_id), marks) != []


@pytest.mark.parametrize("part", PARTS)
async def test_the_other_part_is_shown(site: Site, admin: Client, part: str) -> None:
    """What is withheld takes nothing else along: all of the other part is there (PERM-09)."""
    clerk = await connect_without(site, "clerk", part)
    texts = await read_everything(clerk, await create_marked_project(site, admin, *PARTS))
    other = OTHER[part]
    where = {place for place, mark in marks_in(texts, (SHOWN[other],)) if mark}
    assert where >= {
        "projects.get",
        "projects.history",
        "data/project.json",
        "data/history.json",
        "data/index.html",
        "data/report.pdf",
        "report",
    }


@pytest.mark.parametrize("part", PARTS)
async def test_a_feed_tells_nothing_of_it(site: Site, admin: Client, part: str) -> None:
    """Changes of what is withheld alone are left out; others without it, with the type at a creation (PRJ-09)."""
    clerk = await connect_without(site, "clerk", part)
    async with follow(clerk) as watch:
        project_id = await create_marked_project(site, admin, *PARTS)
        await send_command(admin, "projects.delete", project_id=project_id)
        events = await next_events(watch, 4)
    assert [event.happened for event in events][:1] == ["projects.created"]
    assert [event.happened for event in events][-1] == "projects.deleted"
    own = set(MARKS[part]) - set(MARKS[OTHER[part]])
    changed = {name for event in events for name in event.data.get("changed", {})}
    assert marks_in(events_by_name(events), tuple(own)) == []
    assert changed.isdisjoint({"type_id", "description"} if part == "main-details" else {"category_1", "text_1"})


async def test_a_projects_activity_names_no_withheld_field(site: Site, admin: Client) -> None:
    """The activity says who changed what of a project and when, without fields that one may not see (PRJ-08)."""
    await site.grant("viewer", {**VIEWER, Node.CATEGORIES: "view"})
    project_id = await create_marked_project(site, admin, *PARTS)

    async def recorded() -> bool:
        return len(await site.sql("SELECT FROM audit.activity WHERE activity = 'projects.updated'")) == 4

    await eventually(recorded)
    entries = json.loads(await ask_query(await site.client("viewer"), "audit.activity", project_id=project_id))["items"]
    changed = [
        sorted(entry["details"].get("changed", {})) for entry in entries if entry["activity"] == "projects.updated"
    ]
    field_names = ["datetime_1", "integer_1", "text_1"]
    assert changed == [field_names, ["category_1", *field_names], [], []]


async def test_who_has_the_projects_alone_sees_what_they_necessarily_show(site: Site, admin: Client) -> None:
    """Number, revision, author, times and whether it was imported are the project's own; the rest is withheld."""
    project_id = await create_marked_project(site, admin, *PARTS)
    await site.grant("viewer", {Node.PROJECTS: "view"})
    viewer = await site.client("viewer")
    answer = await viewer.ask(GetProject.model_validate_json(json.dumps({"project_id": project_id})))
    own = {"project_id", "number", "revision", "imported", "retention_exempt", "withheld", "too_large"}
    own |= {"created_by", "created_at", "updated_by", "updated_at"}
    assert {name for name, value in answer if value not in (None, {})} - {"redactions"} == own
    assert answer.redactions == []
    assert answer.withheld == ["main-details", "categories", "comments", "calls", "sequences", "hold"]
    (row,) = (await viewer.ask(ListProjects())).items
    assert row.number == answer.number
    assert row.description is None
    assert row.type_id is None


@pytest.mark.parametrize("sort", ["type_id", "-description", "end_time"])
async def test_a_cursor_does_not_get_around_it(site: Site, admin: Client, sort: str) -> None:
    """A list in the order of what is withheld is refused with its node, with a cursor of another's page, too."""
    await create_marked_project(site, admin, *PARTS)
    await create_marked_project(site, admin)
    clerk = await connect_without(site, "clerk", "main-details")
    page = await admin.ask(ListProjects.model_validate({"sort": sort, "limit": 1}))
    refusal = await refusal_of(clerk.ask(ListProjects.model_validate({"sort": sort, "limit": 1, "after": page.next})))
    assert refusal.details["nodes"] == ["incident-projects/main-details"]


def test_an_update_without_a_change_is_told_to_everybody() -> None:
    """An update that named only what was so already tells no field, and is seen with view on the projects alone."""
    grants = Grants({Node.PROJECTS: Level.VIEW})
    body = {"project_id": "x", "changed": {}}
    assert visible_body("projects.updated", body, grants) == body
    assert visible_body("projects.updated", {**body, "changed": {"type_id": {}}}, grants) is None
