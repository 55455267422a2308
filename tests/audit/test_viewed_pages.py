"""Who saw which projects in a list is recorded: one entry for each page, without the texts that were searched."""

import json
from typing import Any
from uuid import UUID

from contracts.administration_queries import GetRoles
from contracts.audit import PAGE, Entries, Entry, ProjectActivity, SiteLog
from contracts.ids import uuid7
from contracts.message import Query
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.projects.queries import ListProjects, ProjectFilter
from contracts.projects.statistics import ProjectStatistics
from contracts.retention import HoldProject, ListHolds
from incidents import Client
from tests.support import Site, eventually

SECRET = "the neighbour of Mrs Tanaka"


async def viewed(client: Client, count: int, **fields: Any) -> list[Entry]:
    """Wait until so many pages of somebody are recorded, and return them, the newest first."""

    async def all_there() -> Entries:
        page = await client.ask(SiteLog(with_activity=True, activities=[PAGE], **fields))
        assert len(page.items) == count, [entry.details for entry in page.items]
        return page

    return (await eventually(all_there)).items


async def begin(site: Site, *queries: Query[Any], **granted: str) -> tuple[Client, list[UUID]]:
    """Create three projects and let olivia ask; return an administrator and the projects."""
    await site.workers("projects", "administration", "retention", "audit")
    admin, ids = await site.client(), [uuid7() for _ in range(3)]
    for each_id in ids:
        await admin.send(CreateProject(project_id=each_id, description=SECRET))
    await site.grant("olivia", {Node.PROJECTS: "view", **{Node(name): level for name, level in granted.items()}})
    olivia = await site.client("olivia")
    for query in queries:
        await olivia.ask(query)
    return admin, ids


async def test_a_page_is_one_entry_with_its_projects(site: Site) -> None:
    """Each page that somebody reads is one entry with its projects and their numbers, in the order of the page."""
    admin, ids = await begin(site, ListProjects(limit=2), ListProjects(filter=ProjectFilter(numbers=[1])))
    filtered, whole = await viewed(admin, 2, actor="olivia")
    assert whole.details["project_ids"] == [str(ids[2]), str(ids[1])]
    assert whole.project_numbers == [3, 2]
    assert whole.details["query"] == "projects.list"
    assert whole.details["total"] == 2
    assert whole.details["conditions"] == {}
    assert filtered.details["conditions"] == {"filter.numbers": [1]}
    assert filtered.project_numbers == [1]
    await admin.send(DeleteProject(project_id=ids[0]))
    assert (await viewed(admin, 2, actor="olivia"))[0].project_numbers == [1]


async def test_no_text_of_a_search_is_recorded(site: Site) -> None:
    """Of a search only the number of its words is recorded, and of texts in a filter only that they were given."""
    criteria = ProjectFilter(references=["Tanaka"], created_by=["admin"])
    admin, _ = await begin(site, ListProjects(search=SECRET, filter=criteria), **{Node.MAIN_DETAILS: "view"})
    [entry] = await viewed(admin, 1, actor="olivia")
    assert entry.details["words"] == 5
    assert entry.details["conditions"] == {"search": [], "filter.references": [], "filter.created_by": []}
    assert "Tanaka" not in json.dumps(entry.details)


async def test_a_project_knows_who_saw_it_in_a_list(site: Site) -> None:
    """The activity of a project has the pages that showed it, without the other projects on them."""
    admin, ids = await begin(site, ListProjects(limit=2))
    await viewed(admin, 1, actor="olivia")
    for each_id, count in zip(ids, (0, 1, 1), strict=True):
        items = (await admin.ask(ProjectActivity(project_id=each_id))).items
        pages = [entry for entry in items if entry.activity == PAGE and entry.actor == "olivia"]
        assert [entry.details["project_ids"] for entry in pages] == [[str(each_id)]] * count
        assert len(await viewed(admin, count, actor="olivia", project_ids=[each_id])) == count


async def test_the_same_page_is_recorded_once_a_minute(site: Site) -> None:
    """A list that is read again and again is one entry; another search and another reader have others."""
    again, other = ListProjects(search="neighbour"), ListProjects(search="Tanaka")
    admin, ids = await begin(site, again, again, other, again, **{Node.MAIN_DETAILS: "view"})
    await viewed(admin, 2, actor="olivia")
    await admin.ask(again)
    await viewed(admin, 3, project_ids=ids[:1])


async def test_whoever_may_not_ask_does_not_see_what_a_page_was_about(site: Site) -> None:
    """The details of a page are withheld from those who may not ask the query themselves; who and when stays."""
    admin, ids = await begin(site, **{Node.ACTIVITY_LOGS: "view", Node.AUDIT_LOG: "view"})
    await admin.send(HoldProject(project_id=ids[0], reason="claim"))
    await admin.ask(ListHolds())
    await admin.ask(ListProjects(filter=ProjectFilter(has_hold=True)))
    mine = [entry for entry in await viewed(admin, 2, project_ids=ids[:1]) if entry.details["total"] == 1]
    assert [entry.details["query"] for entry in mine] == ["projects.list", "retention.holds"]
    olivia = await site.client("olivia")
    items = (await olivia.ask(ProjectActivity(project_id=ids[0]))).items
    assert [(entry.actor, entry.details, entry.project_numbers) for entry in items if entry.activity == PAGE] == [
        ("admin", {}, []),
        ("admin", {}, []),
    ]


async def test_reading_the_log_is_recorded(site: Site) -> None:
    """Who looked at the log, at whose activities, at roles and at statistics is recorded as well."""
    admin, _ = await begin(site)
    await admin.ask(SiteLog(with_activity=True, actor="olivia"))
    await admin.ask(GetRoles())
    await admin.ask(ProjectStatistics())

    async def all_there() -> bool:
        items = (await admin.ask(SiteLog(with_activity=True, activities=[PAGE], limit=500))).items
        queries = {(entry.details["query"], entry.details["principal"]) for entry in items}
        return {("audit.log", "olivia"), ("administration.roles", None), ("projects.statistics", None)} <= queries

    await eventually(all_there)
