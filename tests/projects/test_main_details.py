"""What a project is given: a type, a status, categories and data, at its creation and later."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import AddSequences, CreateProject, DeleteProject, IncidentData, UpdateProject
from contracts.projects.queries import GetProject
from contracts.properties import (
    AddCategoryValue,
    AddStatus,
    AddType,
    DefineCategory,
    DefineDataField,
)
from tests.projects.helpers import NOON, Operator, activities_of, refusal_of, sequence
from tests.support import Site


@pytest.fixture
async def defining(operator: Operator) -> Operator:
    """An operator who is an administrator, too."""
    await operator.site.worker("administration")
    return operator


async def test_a_project_has_one_type_and_one_status(defining: Operator) -> None:
    """A project has at most one type and one status: another one takes its place, null takes it away (PRJ-13)."""
    types = [(await defining.send(AddType(name=name))).id for name in ("Theft", "Fire")]
    statuses = [(await defining.send(AddStatus(name=name))).id for name in ("Open", "Closed")]
    for type_id, status_id in zip(types, statuses, strict=True):
        await defining.send(UpdateProject(project_id=defining.project_id, type_id=type_id, status_id=status_id))
        project = await defining.project()
        assert project.type_id == type_id
        assert project.status_id == status_id
    await defining.send(UpdateProject(project_id=defining.project_id, type_id=None, status_id=None))
    project = await defining.project()
    assert project.type_id is None
    assert project.status_id is None


async def test_a_type_at_creation_and_later(defining: Operator) -> None:
    """A type is given when a project is created or updated (PRJ-14)."""
    type_id = (await defining.send(AddType(name="Theft"))).id
    await defining.send(UpdateProject(project_id=defining.project_id, type_id=type_id))
    assert (await defining.project()).type_id == type_id
    defining.project_id = uuid7()
    await defining.send(CreateProject(project_id=defining.project_id, type_id=type_id))
    assert (await defining.project()).type_id == type_id


async def test_a_status_comes_later(defining: Operator) -> None:
    """A new project's status is empty and cannot be given; an existing one's can (PRJ-15)."""
    status_id = (await defining.send(AddStatus(name="Open"))).id
    body: dict[str, Any] = {"project_id": str(uuid7()), "status_id": status_id}
    outcome = await (await defining.site.caller()).send("projects.create", body["project_id"], body)
    assert [field["field"] for field in outcome["error"]["details"]["fields"]] == ["status_id"]
    assert (await defining.project()).status_id is None
    await defining.send(UpdateProject(project_id=defining.project_id, status_id=status_id))
    assert (await defining.project()).status_id == status_id


async def test_categories_and_data_fit_every_project(defining: Operator) -> None:
    """Categories and data are given to any project, without type and status as with them (PRJ-16, PRJ-22)."""
    await defining.send(DefineCategory(slot=1, name="Place", enabled=True))
    await defining.send(DefineDataField(kind="text", slot=2, name="Plate", enabled=True))
    value = (await defining.send(AddCategoryValue(slot=1, name="Gate"))).id
    type_id = (await defining.send(AddType(name="Theft"))).id
    typed = uuid7()
    await defining.send(CreateProject(project_id=typed, type_id=type_id))
    for project_id in (typed, defining.project_id):
        incident_data = IncidentData(text_2="AB 123")
        await defining.send(UpdateProject(project_id=project_id, categories={"1": value}, data=incident_data))
        project = await defining.client.ask(GetProject(project_id=project_id))
        assert (project.categories or {})["1"] == value
        assert (project.data or {})["text_2"] == "AB 123"


async def test_what_is_not_defined_is_refused(operator: Operator) -> None:
    """Only what administrators defined can be chosen: anything else is refused by its name (PRJ-22)."""
    wrong = UpdateProject(project_id=operator.project_id, categories={"1": 7}, data=IncidentData(integer_1=7))
    error = (await operator.refusal(wrong)).error
    assert error.code is Code.UNKNOWN_REFERENCE
    assert sorted(field["field"] for field in error.details["fields"]) == ["category_1", "integer_1"]


async def test_an_end_stays_behind_the_start_that_is_there(operator: Operator) -> None:
    """Whichever of the two an update names, it is compared with the other one as it stands, and refused before it."""
    project_id, early, late = operator.project_id, NOON - timedelta(seconds=1), NOON + timedelta(seconds=1)
    await operator.send(UpdateProject(project_id=project_id, start_time=NOON, end_time=NOON))
    wrong = (
        UpdateProject(project_id=project_id, end_time=early),
        UpdateProject(project_id=project_id, start_time=late),
    )
    for command in wrong:
        (field,) = (await operator.refusal(command)).error.details["fields"]
        assert field["field"] == "end_time"
        assert field["kind"] == "end_before_start"
    await operator.send(UpdateProject(project_id=project_id, start_time=late, end_time=None))
    project = await operator.project()
    assert project.start_time == late
    assert project.end_time is None


async def test_opening_a_project_is_recorded(operator: Operator) -> None:
    """A project can be opened, and who opened it is recorded (PRJ-19)."""
    await operator.site.worker("audit")
    await operator.project()
    assert await activities_of(operator.site, "projects.opened") == [("admin", operator.project_id)]


async def test_a_project_is_deleted_by_hand(operator: Operator) -> None:
    """An operator deletes a project; a principal who acts on it later learns when and by whom (PRJ-21, PRJ-23)."""
    await operator.send(DeleteProject(project_id=operator.project_id))
    late = UpdateProject(project_id=operator.project_id, end_time=NOON)
    for refusal in (await operator.refusal(late), await refusal_of(operator.project())):
        assert refusal.error.code == Code.GONE
        assert refusal.error.details["deleted_by"] == "admin"
        assert refusal.error.message == "Unable to perform this action. Refresh the list."


def test_no_node_is_about_exporting_sequences() -> None:
    """Exporting a sequence itself is the video system's matter: no permission here is about it (SEQ-09, SEQ-11)."""
    assert [node for node in Node if "sequence" in node] == [Node.SEQUENCES]


FAILING = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'P0001'; END $$
"""


@pytest.mark.parametrize(
    "language,text",
    [
        ("en", "Unable to remove all sequences. Try again later."),
        ("fr", "Impossible de supprimer toutes les séquences. Réessayez ultérieurement."),
    ],
)
async def test_sequences_that_cannot_be_removed(operator: Operator, site: Site, language: str, text: str) -> None:
    """When the database cannot remove all sequences, it is said in the words for that (SEQ-05, MSG-06)."""
    await operator.send(AddSequences(project_id=operator.project_id, sequences=[sequence()]))
    await site.sql(FAILING)
    await site.sql("CREATE TRIGGER refuse BEFORE DELETE ON projects.sequence FOR EACH ROW EXECUTE FUNCTION refuse()")
    body = {"project_id": str(operator.project_id)}
    caller = await site.caller()
    headers = {"Accept-Language": language}
    outcome = await caller.send("projects.remove-all-sequences", operator.project_id, body, headers=headers)
    error = outcome["error"]
    assert error["code"] == "unavailable"
    assert error["message"] == text
    assert error["retryable"] is True
