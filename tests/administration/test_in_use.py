"""What projects have can be neither edited nor deleted, however the moments of two commands fall."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.administration import AssignRole, UnassignRole
from contracts.administration_queries import GetProperties, GetRoles
from contracts.errors import Code
from contracts.message import Command
from contracts.permissions import ADMINISTRATORS
from contracts.projects.commands import CreateProject, DeleteProject, UpdateProject
from contracts.properties import (
    AddCategoryValue,
    AddStatus,
    AddType,
    DefineCategory,
    DeleteCategoryValue,
    DeleteStatus,
    DeleteType,
    EditCategoryValue,
    EditStatus,
    EditType,
    PropertyEvent,
)
from incidents import Client, Refused, uuid7
from tests.support import Site, eventually
from workers.administration.rows import AdministrationRows
from workers.projects.batch_statements import SURROUNDINGS

Change = Command[PropertyEvent]
MANY_PROJECTS = """
    INSERT INTO projects.project (id, number, revision, type_id, description, created_by, created_at, updated_by,
                                  updated_at, imported, retention_exempt)
    SELECT gen_random_uuid(), n, 1, 1, '', 'ann', now(), 'ann', now(), false, false
    FROM generate_series(1, 1200) AS n
"""
WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
async def project_id(site: Site, admin: Client) -> UUID:
    """Return a project that has type 1, status 2, and value 4 of category 5, whose id is 3."""
    await site.workers("projects")
    await admin.send(AddType(name="Theft"))
    await admin.send(AddStatus(name="New"))
    await admin.send(DefineCategory(slot=5, enabled=True, name="Place"))
    await admin.send(AddCategoryValue(slot=5, name="Car park"))
    created = await admin.send(CreateProject(project_id=uuid7(), type_id=1))
    await admin.send(UpdateProject(project_id=created.project_id, status_id=2, categories={"5": 4}))
    return created.project_id


@pytest.mark.parametrize(
    "edit, delete",
    [
        (EditType(id=1, name="x"), DeleteType(id=1)),
        (EditStatus(id=2, name="x"), DeleteStatus(id=2)),
        (EditCategoryValue(slot=5, id=4, name="x"), DeleteCategoryValue(slot=5, id=4)),
    ],
)
async def test_assigned_properties_stay(admin: Client, project_id: UUID, edit: Change, delete: Change) -> None:
    """A type, status or value that a project has stays as it is until no project has it (TYP-03, STA-03, CAT-05)."""
    for command in (edit, delete):
        with pytest.raises(Refused) as refusal:
            await admin.send(command)
        assert refusal.value.code == Code.IN_USE
        assert refusal.value.details == {"projects": 1}
    await admin.send(DeleteProject(project_id=project_id))
    await admin.send(edit)
    await admin.send(delete)


async def test_assigned_values_leave_their_category_free(admin: Client, project_id: UUID) -> None:
    """A category whose values projects have can be renamed and disabled, and they keep them (AMB-2)."""
    await admin.send(DefineCategory(slot=5, enabled=False, name="Location"))
    (category,) = (await admin.ask(GetProperties())).categories
    assert category.enabled is False
    assert category.name == "Location"
    assert [value.id for value in category.values] == [4]
    with pytest.raises(Refused) as refusal:
        await admin.send(DeleteCategoryValue(slot=5, id=4))
    assert refusal.value.details == {"projects": 1}


async def test_many_projects_are_counted_to_a_bound(site: Site, admin: Client) -> None:
    """The number of projects is reported exactly up to 1,000, and as 1,001 when there are more."""
    await admin.send(AddType(name="Theft"))
    await site.sql(MANY_PROJECTS)
    with pytest.raises(Refused) as refusal:
        await admin.send(DeleteType(id=1))
    assert refusal.value.details == {"projects": 1_001}


async def test_an_assignment_under_way_is_waited_for(site: Site, admin: Client, project_id: UUID) -> None:
    """A type that a transaction is about to assign is not deleted before that has ended."""
    added = await admin.send(AddType(name="Fire"))
    async with site.engine.begin() as connection:
        await connection.execute(SURROUNDINGS, {"missing": [], "creations": [], "references": [added.id]})
        submitted = await admin.submit(DeleteType(id=added.id))
        await eventually(lambda: site.sql(WAITING))
        await connection.execute(text("UPDATE projects.project SET type_id = :id"), {"id": added.id})
    error = (await submitted.outcome()).error or {}
    assert error["code"] == Code.IN_USE
    assert error["details"] == {"projects": 1}


async def test_a_property_is_either_deleted_or_assigned(site: Site, admin: Client) -> None:
    """Of a deletion and an assignment at the same moment exactly one succeeds, whichever it is (PROP-11)."""
    await site.workers("projects", "projects", "administration")
    ids = [(await admin.send(AddType(name="Theft"))).id for _ in range(40)]
    for chosen in (ids[:20], ids[20:]):
        deletions = [admin.submit(DeleteType(id=type_id)) for type_id in chosen]
        creations = [admin.submit(CreateProject(project_id=uuid7(), type_id=type_id)) for type_id in chosen]
        submitted = await asyncio.gather(*creations, *deletions)
        outcomes = [await submission.outcome() for submission in submitted]
        pairs = zip(outcomes[:20], outcomes[20:], strict=True)
        assert [{"applied", "rejected"}] * 20 == [{deletion.status, creation.status} for deletion, creation in pairs]
    lost = "SELECT FROM projects.project WHERE type_id NOT IN (SELECT id FROM administration.property)"
    assert await site.sql(lost) == []


async def test_two_administrators_cannot_both_leave(site: Site, admin: Client) -> None:
    """Of two administrators who are taken away in two transactions, the second stays (PERM-06)."""
    await admin.send(AssignRole(principal="ann", role_id=ADMINISTRATORS))
    leaving = UnassignRole(principal="ann", role_id=ADMINISTRATORS)
    async with site.engine.begin() as connection:
        rows = await AdministrationRows.load(connection, [leaving])
        submitted = await admin.submit(UnassignRole(principal="admin", role_id=ADMINISTRATORS))
        await eventually(lambda: site.sql(WAITING))
        rows.members.remove(ADMINISTRATORS, "ann")
        await rows.save(connection)
    assert ((await submitted.outcome()).error or {})["code"] == Code.CONFLICT
    assert (await admin.ask(GetRoles())).roles[0].members == ["admin"]
