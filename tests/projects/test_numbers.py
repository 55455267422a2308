"""Projects by their number, which is what people know of them."""

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import DeleteProject
from contracts.projects.imports import ImportProjects
from contracts.projects.queries import FindProject, GetProject
from tests.projects.helpers import Operator, refusal_of
from tests.projects.test_imports import legacy


async def test_a_project_is_found_by_its_number(operator: Operator) -> None:
    """A number leads to the one project that has it."""
    project = await operator.client.ask(FindProject(number=1))
    assert project.project_id == operator.project_id
    assert project.number == 1


async def test_a_deleted_project_is_told_by_its_number(operator: Operator) -> None:
    """Of a project that was deleted its number tells as much as its id: by whom, and when (PRJ-21)."""
    await operator.send(DeleteProject(project_id=operator.project_id))
    by_id = (await refusal_of(operator.client.ask(GetProject(project_id=operator.project_id)))).error
    by_number = (await refusal_of(operator.client.ask(FindProject(number=1)))).error
    names = ("number", "deleted_by", "deleted_at", "expired")
    assert [by_number.details[name] for name in names] == [by_id.details[name] for name in names]
    assert by_number.details["project_id"] == str(operator.project_id)
    assert by_number.code == Code.GONE
    assert by_number.details["fields"][0]["field"] == "number"


async def test_a_number_that_nobody_has_is_not_known(operator: Operator) -> None:
    """A number that was never given is reported as not known here, not as deleted."""
    error = (await refusal_of(operator.client.ask(FindProject(number=99)))).error
    assert error.code == Code.GONE
    assert error.details["known"] is False
    assert error.details["status"] == 404


async def test_a_number_that_is_given_again_is_the_new_project(operator: Operator) -> None:
    """Where a project was taken over under the number of a deleted one, the number is its own, deleted or not."""
    await operator.send(DeleteProject(project_id=operator.project_id))
    new = legacy(1, project_id=uuid7())
    await operator.send(ImportProjects(projects=[new]))
    assert (await operator.client.ask(FindProject(number=1))).project_id == new.project_id
    await operator.send(DeleteProject(project_id=new.project_id))
    error = (await refusal_of(operator.client.ask(FindProject(number=1)))).error
    assert error.details["project_id"] == str(new.project_id)
