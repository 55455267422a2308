"""What was done across projects: by somebody, of one kind, page by page, from both stores."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from contracts.administration import RoleDeleted
from contracts.audit import PAGE, Entries, Entry, ProjectActivity, SiteLog
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Change
from contracts.permissions import Node
from contracts.projects.commands import (
    CreateProject,
    DeleteProject,
    IncidentData,
    ProjectDeleted,
    ProjectOpened,
    ProjectUpdated,
    UpdateProject,
)
from contracts.projects.imports import ImportProjects
from contracts.projects.queries import GetProject
from contracts.properties import (
    AddCategoryValue,
    AddStatus,
    AddType,
    EditCategoryValue,
    EditStatus,
    EditType,
)
from incidents import Client, Refused
from tests.audit.publisher import Publisher
from tests.projects.test_imports import legacy
from tests.projects.test_labels import rename_definitions
from tests.support import Site, eventually
from workers.audit import entry_pages
from workers.audit.entry_pages import Selection
from workers.audit.row_types import ActivityRow
from workers.audit.tables import Activity
from workers.local.servers.postgres import APP_ROLE
from workers.migrations.upgrade import prepare_log_server
from workers.runtime.queries.result_pages import Page
from workers.runtime.storage.database import open_engine


async def across(client: Client, count: int, **fields: Any) -> list[Entry]:
    """Wait until so many entries of this kind are in either store, and return them."""

    async def all_there() -> Entries:
        try:
            entries = await client.ask(SiteLog(with_activity=True, **fields))
        except Refused as refused:  # a log server that was never written to
            raise AssertionError from refused
        items = without_pages(entries)
        assert len(items) == count, [entry.activity for entry in items]
        return entries

    return without_pages(await eventually(all_there))


def without_pages(page: Entries) -> list[Entry]:
    """Return the entries of a page without those of such questions themselves."""
    return [entry for entry in page.items if entry.activity != PAGE]


async def test_what_a_colleague_looked_at_is_one_question(site: Site) -> None:
    """Who opened which project is answered across projects, with their numbers, also of one that is gone."""
    await site.workers("projects", "audit")
    admin, ids = await site.client(), [uuid7() for _ in range(2)]
    await site.grant("olivia", {Node.PROJECTS: "view"})
    olivia = await site.client("olivia")
    for each_id in ids:
        await admin.send(CreateProject(project_id=each_id))
        await olivia.ask(GetProject(project_id=each_id))
        await admin.ask(GetProject(project_id=each_id))
    await admin.send(DeleteProject(project_id=ids[0]))
    await across(admin, 1, activities=["projects.deleted"])
    entries = await across(admin, 2, actor="olivia", activities=["projects.opened"])
    assert [(entry.actor, entry.project_id, entry.project_number) for entry in entries] == [
        ("olivia", ids[1], 2),
        ("olivia", ids[0], 1),
    ]
    assert [
        entry.project_id for entry in await across(admin, 2, activities=["projects.opened"], project_ids=ids[:1])
    ] == [
        ids[0],
        ids[0],
    ]


async def test_both_stores_are_one_list(site: Site, events: Publisher) -> None:
    """Newest first, page by page, each entry once, whichever store has it; without being asked, the log alone."""
    await site.worker("audit")
    now, project_id = datetime.now(UTC), uuid7()
    for number in range(6):
        at = now - timedelta(seconds=number // 2)
        await events.publish(ProjectOpened(project_id=project_id), at=at)
        await events.publish(RoleDeleted(role_id=f"role-{number}"), at=at)
    await events.publish(ProjectDeleted(project_id=project_id, number=1), at=now)
    client = await site.client()
    everything = await across(client, 13)
    assert everything == sorted(everything, key=lambda entry: (entry.at, entry.event_id), reverse=True)
    paged: list[Entry] = []
    page = await client.ask(SiteLog(with_activity=True, limit=3))
    while page.next:
        paged += without_pages(page)
        page = await client.ask(SiteLog(with_activity=True, limit=3, after=page.next))
    assert paged + without_pages(page) == everything
    assert len((await client.ask(SiteLog())).items) == 7


async def test_kinds_are_chosen_by_how_they_begin(site: Site, events: Publisher) -> None:
    """Activities are chosen by name or by how they begin, in either store, with and without an actor."""
    await site.worker("audit")
    await events.publish(ProjectOpened(project_id=uuid7()), actor="oscar")
    await events.publish(ProjectDeleted(project_id=uuid7(), number=1), actor="oscar")
    await events.publish(RoleDeleted(role_id="one"), actor="oscar")
    client = await site.client()
    await across(client, 3)
    for chosen, count in ((["projects."], 2), (["projects.opened", "administration."], 2), (["reports."], 0)):
        assert len(await across(client, count, activities=chosen)) == count
        assert len(await across(client, count, activities=chosen, actor="oscar")) == count


async def test_reading_across_projects_needs_both_permissions(site: Site, events: Publisher) -> None:
    """Who may see the log but no activity of projects gets the log alone and is told; who sees no log gets nothing."""
    await site.worker("audit")
    await events.publish(ProjectOpened(project_id=uuid7()))
    await events.publish(RoleDeleted(role_id="one"))
    await across(await site.client(), 2)
    await site.grant("laura", {Node.AUDIT_LOG: "view"})
    await site.grant("vera", {Node.PROJECTS: "view", Node.ACTIVITY_LOGS: "view"})
    answer = await (await site.client("laura")).ask(SiteLog(with_activity=True))
    assert [entry.activity for entry in answer.items] == ["administration.role-deleted"]
    assert answer.withheld == ["activity-logs"]
    with pytest.raises(Refused) as refusal:
        await (await site.client("vera")).ask(SiteLog(with_activity=True))
    assert refusal.value.code is Code.NOT_AVAILABLE


async def test_hidden_parts_stay_hidden_across_projects(site: Site, events: Publisher) -> None:
    """What a project's activity does not tell somebody, the list across projects does not tell either."""
    await site.worker("audit")
    await events.publish(ProjectUpdated(project_id=uuid7(), changed={"type_id": Change(old=1, new=2)}))
    await site.grant("vera", {Node.AUDIT_LOG: "view", Node.PROJECTS: "view", Node.ACTIVITY_LOGS: "view"})
    admin, vera = await site.client(), await site.client("vera")
    chosen = {"activities": ["projects.updated"]}
    assert (await across(admin, 1, **chosen))[0].details["changed"]
    assert (await across(vera, 1, **chosen))[0].details == {}


async def test_reading_is_known_without_a_log_server(site: Site, events: Publisher) -> None:
    """What is kept with the projects is answered where no log server is configured."""
    await site.worker("audit", log_database_url=None)
    await events.publish(ProjectOpened(project_id=uuid7()))
    client = await site.client()
    await across(client, 1, activities=["projects.opened"])
    with pytest.raises(Refused) as refusal:
        await client.ask(SiteLog(with_activity=True))
    assert refusal.value.code is Code.UNAVAILABLE


async def test_an_entry_has_the_words_of_its_time(site: Site) -> None:
    """Ids of properties and fields in an entry are reported with what they were called then, not with today's names."""
    await site.sql("UPDATE administration.settings SET retention_days = 183")  # otherwise logs have no values
    await site.workers("projects", "administration", "audit")
    client, project_id = await site.client(), uuid7()
    theft, closed = [(await client.send(command)).id for command in (AddType(name="Theft"), AddStatus(name="Closed"))]
    await rename_definitions(client, "Reason", "Weight")
    hall = (await client.send(AddCategoryValue(slot=1, name="Hall"))).id
    weight = IncidentData(decimal_1=Decimal(1))
    await client.send(CreateProject(project_id=project_id, type_id=theft))
    await client.send(UpdateProject(project_id=project_id, status_id=closed, categories={"1": hall}, data=weight))
    await client.send(UpdateProject(project_id=project_id, type_id=None, status_id=None, categories={"1": None}))
    await client.send(EditType(id=theft, name="Larceny"))
    await client.send(EditStatus(id=closed, name="Archived"))
    await client.send(EditCategoryValue(slot=1, id=hall, name="Lobby"))
    await rename_definitions(client, "Cause", "Mass")

    async def all_there() -> list[Entry]:
        activities = (await client.ask(ProjectActivity(project_id=project_id))).items
        return activities if len(activities) == 3 else []

    cleared, assigned, created = await eventually(all_there)
    names = {str(theft): "Theft", str(closed): "Closed", str(hall): "Hall"}
    assert cleared.names == names
    assert cleared.labels == {"category_1": "Reason"}
    assert assigned.names == {str(property_id): names[str(property_id)] for property_id in (closed, hall)}
    assert assigned.labels == {"category_1": "Reason", "decimal_1": "Weight"}
    assert created.names == {str(theft): "Theft"}
    assert created.labels == {}
    assert {entry.project_number for entry in (cleared, assigned, created)} == {1}


async def test_an_import_is_found_by_its_projects(site: Site) -> None:
    """The log of one project begins with the import that brought it."""
    await site.workers("projects", "audit")
    client, projects = await site.client(), [legacy(number) for number in (7, 8)]
    await client.send(ImportProjects(projects=projects))
    (entry,) = await across(client, 1, project_ids=[projects[0].project_id])
    assert entry.activity == "projects.imported"
    assert entry.project_number == 7


@pytest.mark.parametrize(
    "selection, index",
    [
        (Selection([Activity.actor == "olivia"], ["projects.opened", "projects.updated"]), "actor"),
        (Selection([], ["projects.opened", "projects.updated"], apart=True), "activity"),
        (Selection([Activity.project_id == UUID("0190a000-0000-7000-8000-000000000001")]), "project_id"),
    ],
)
async def test_entries_are_found_by_index(site: Site, selection: Selection, index: str) -> None:
    """Somebody's entries, those of a kind and those of a project are read from an index, in the order of a page."""
    statement = entry_pages.statement(Activity, selection, None, 10)
    compiled = statement.compile(dialect=site.engine.dialect, compile_kwargs={"literal_binds": True})
    async with site.engine.begin() as connection:
        for way in ("seqscan", "bitmapscan"):
            await connection.execute(text(f"SET LOCAL enable_{way} = off"))
        plan = "\n".join(row[0] for row in await connection.execute(text(f"EXPLAIN {compiled}")))
    assert f"Index Scan Backward using activity_other_{index}_at_event_id" in plan
    assert "->  Index Scan using" not in plan


async def test_an_older_log_server_gets_the_index_it_lacks(site: Site) -> None:
    """A log server of before the index by project has it after the next preparation."""
    with psycopg.connect(site.log_database_url, autocommit=True) as log_server:
        log_server.execute("DROP INDEX entry_by_project")
        engine = open_engine(site.log_database_url, connections=1)
        await prepare_log_server(engine, APP_ROLE)
        await engine.dispose()
        rows = log_server.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'entry_by_project'").fetchone()
    assert rows == (1,)


def test_no_entry_is_told_before_newer_ones_that_were_not_read() -> None:
    """Where a message had no room for one store's page, the other's older entries wait for the next page."""
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def at(seconds: int) -> ActivityRow:
        return {
            "event_id": uuid7(),
            "at": now - timedelta(seconds=seconds),
            "actor": "a",
            "activity": "projects.opened",
            "project_id": None,
            "command_id": None,
            "revision": None,
            "details": {},
            "log_index": None,
            "hash": None,
        }

    def entry(seconds: int) -> Entry:
        row = at(seconds)
        return Entry.model_validate({name: value for name, value in row.items() if name in Entry.model_fields})

    cut, whole = [entry(0), entry(2)], [entry(1), entry(3), entry(4)]
    entries, more = entry_pages.merge([Page(cut, at(2)), Page(whole, None)], 10)
    assert entries == [cut[0], whole[0], cut[1]]
    assert more is True
    assert entry_pages.merge([Page(cut, None), Page(whole, None)], 10)[1] is False
