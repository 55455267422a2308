"""The number that a project has in another system: kept, shown, found, withheld and erased like any main detail."""

from sqlalchemy import text

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, DeleteProject, UpdateProject
from contracts.projects.history import GetHistory
from contracts.projects.queries import GetProject, ListProjects, ProjectFilter
from tests.projects.helpers import Operator
from tests.support import Site


async def referred(operator: Operator, *references: str) -> list[list[int]]:
    """Return the numbers of the projects that each reference finds."""
    queries = [ListProjects(filter=ProjectFilter(references=[reference])) for reference in references]
    return [[row.number for row in (await operator.client.ask(query)).items] for query in queries]


async def test_a_reference_is_kept_and_shown(operator: Operator) -> None:
    """A project says its number in another system where it is read and listed, and its history says what it was."""
    project_id = uuid7()
    await operator.send(CreateProject(project_id=project_id, reference=" 2020-001 "))
    changed = await operator.send(UpdateProject(project_id=project_id, reference="INC0000060"))
    read = await operator.client.ask(GetProject(project_id=project_id))
    listed = (await operator.client.ask(ListProjects())).items[0]
    assert read.reference == "INC0000060"
    assert listed.reference == "INC0000060"
    assert changed.changed["reference"].model_dump() == {"old": None, "new": None}
    past = (await operator.client.ask(GetHistory(project_id=project_id))).items
    assert [(change.field, change.old) for change in past] == [("reference", "2020-001"), ("project", None)]
    assert past[1].new["reference"] == "2020-001"


async def test_a_reference_finds_exactly_its_projects(operator: Operator) -> None:
    """A filter finds whole references, in upper or lower case, and a search finds parts of them, too (PRJ-07)."""
    for reference in ("2020-001", "2020-0011", "INC0000060", "inc0000060", "Été"):
        await operator.send(CreateProject(project_id=uuid7(), reference=reference))
    assert await referred(operator, "2020-001", "2020", "Inc0000060", "éTÉ") == [[2], [], [5, 4], [6]]
    for search, numbers in (("2020-001", [3, 2]), ("inc0000060", [5, 4]), ("ete", [6])):
        assert [row.number for row in (await operator.client.ask(ListProjects(search=search))).items] == numbers


async def test_a_filter_by_reference_has_an_index(site: Site) -> None:
    """References are looked up in an index of their own."""
    statement = "EXPLAIN SELECT FROM projects.visible_project WHERE lower(reference) IN (lower('A'), lower('B'))"
    async with site.engine.begin() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "".join((await connection.execute(text(statement))).scalars())
    assert "project_by_reference" in plan


async def test_a_reference_is_withheld_with_the_main_details(site: Site, operator: Operator) -> None:
    """A principal who may not see main details neither sees a reference nor chooses by one (PERM-13)."""
    await operator.send(UpdateProject(project_id=operator.project_id, reference="2020-001"))
    await site.grant("blind", {Node.PROJECTS: "view"})
    blind = await site.client("blind")
    read = await blind.ask(GetProject(project_id=operator.project_id))
    listed = (await blind.ask(ListProjects())).items[0]
    assert read.reference is None
    assert listed.reference is None
    assert ProjectFilter(references=["2020-001"]).needs() == ProjectFilter(type_ids=[1]).needs()


async def test_a_reference_dies_with_its_project(site: Site, operator: Operator) -> None:
    """Nothing of a reference is left when its project is deleted, in no table and no event."""
    await operator.send(UpdateProject(project_id=operator.project_id, reference="Secret-77"))
    await operator.send(DeleteProject(project_id=operator.project_id))
    for table in ("projects.project", "projects.history", "projects.tombstone", "runtime.inbox", "runtime.outbox"):
        assert not await site.sql(f"SELECT FROM {table} one WHERE to_jsonb(one)::text LIKE '%Secret-77%'"), table
