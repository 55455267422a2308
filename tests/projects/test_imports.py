"""Taking over projects of another system: each row is judged by itself."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.projects.imports import IMPORT_NUMBER_MAX, CheckImport, ImportedProject, ImportProjects
from contracts.projects.queries import GetProject
from contracts.values import INTEGER_MAX
from tests.projects.helpers import NOON, Operator, refusal_of
from tests.support import Site

LONG_AGO = datetime(2009, 5, 17, 8, 30, tzinfo=UTC)


def legacy(number: int | None, **fields: Any) -> ImportedProject:
    """Return a project as another system had it."""
    return ImportedProject(
        **{"project_id": uuid7(), "number": number, "created_by": "J. Smith", "created_at": LONG_AGO, **fields}
    )


async def test_a_project_keeps_its_number_date_and_author(operator: Operator) -> None:
    """A project taken over says what it was elsewhere, and by whom and that it was imported (RET-05, PRJ-08)."""
    old = legacy(4711, description="Bag left.", retention_exempt=True)
    done = await operator.send(ImportProjects(projects=[old]))
    assert done.numbers == [4711]
    assert done.project_ids == [old.project_id]
    project = await operator.client.ask(GetProject(project_id=old.project_id))
    assert project.number == 4711
    assert project.created_by == "J. Smith"
    assert project.created_at == LONG_AGO
    assert project.imported is True
    assert project.retention_exempt is True
    assert project.updated_by == "admin"


async def test_numbers_go_on_after_the_highest_imported(operator: Operator) -> None:
    """A project that is opened after an import gets a number that nobody had."""
    await operator.send(ImportProjects(projects=[legacy(5000), legacy(4000)]))
    assert (await operator.send(CreateProject(project_id=uuid7()))).number == 5001


async def test_the_highest_number_leaves_room(operator: Operator) -> None:
    """Nobody takes over a number behind which no number is left that every reader of JSON holds exactly."""
    await operator.send(ImportProjects(projects=[legacy(IMPORT_NUMBER_MAX)]))
    assert (
        (await operator.send(CreateProject(project_id=uuid7()))).number == IMPORT_NUMBER_MAX + 1 < INTEGER_MAX / 1_000
    )
    with pytest.raises(ValidationError):
        legacy(IMPORT_NUMBER_MAX + 1)


async def test_a_bad_row_costs_only_itself(operator: Operator) -> None:
    """Each refused project is named with its reason, and all others are taken over (RET-05, PROP-01)."""
    first = legacy(10)
    rows = [
        first,
        legacy(1),  # the operator's own project has it
        legacy(11, type_id=999),
        legacy(12, status_id=999),
        legacy(10),
        legacy(13, project_id=first.project_id),
        legacy(14),
        legacy(15, created_at=datetime.now(UTC) + timedelta(hours=1)),  # its retention would end too late
    ]
    done = await operator.send(ImportProjects(projects=rows))
    assert done.numbers == [10, 14]
    assert [(refusal.index, refusal.code, refusal.field) for refusal in done.refused] == [
        (1, Code.CONFLICT, "number"),
        (2, Code.UNKNOWN_REFERENCE, "type_id"),
        (3, Code.UNKNOWN_REFERENCE, "status_id"),
        (4, Code.CONFLICT, "number"),
        (5, Code.CONFLICT, "project_id"),
        (7, Code.INVALID, "created_at"),
    ]


async def test_the_same_projects_again_change_nothing(operator: Operator) -> None:
    """What is there already, or was deleted since, stays as it is, and leaves no event."""
    command, deleted = legacy(20), legacy(21)
    await operator.send(ImportProjects(projects=[command, deleted]))
    await operator.send(DeleteProject(project_id=deleted.project_id))
    changed = command.model_copy(update={"description": "Another."})
    submitted = await operator.client.submit(ImportProjects(projects=[changed, deleted]))
    outcome = await submitted.outcome()
    assert outcome.events == []
    assert (outcome.result or {})["already_there"] == [20, 21]
    assert (await operator.client.ask(GetProject(project_id=command.project_id))).description == ""


async def test_what_has_no_number_gets_one_here(operator: Operator) -> None:
    """A project that is known by a text elsewhere keeps it, and gets the next number behind all that came (RET-05)."""
    command = [legacy(None, reference=word) for word in ("2020-001", "INC7")]
    done = await operator.send(ImportProjects(projects=[command[0], legacy(50), command[1]]))
    assert done.numbers == [51, 50, 52]
    again = await operator.send(ImportProjects(projects=command))
    assert again.numbers == []
    assert again.already_there == [51, 52]
    assert (await operator.client.ask(GetProject(project_id=command[1].project_id))).reference == "INC7"


async def test_another_project_under_the_same_id_is_refused(operator: Operator) -> None:
    """What came from another system under the same number is not taken for what is there (RET-05)."""
    command = legacy(60)
    await operator.send(ImportProjects(projects=[command]))
    others = [command.model_copy(update={"created_by": "Else"}), command.model_copy(update={"created_at": NOON})]
    checked = await operator.client.ask(CheckImport(projects=[command, *others]))
    done = await operator.send(ImportProjects(projects=[command, *others]))
    conflicts = [(1, Code.CONFLICT, "created_by"), (2, Code.CONFLICT, "created_at")]
    assert [(refusal.index, refusal.code, refusal.field) for refusal in checked.refused] == conflicts
    assert done.refused == checked.refused
    assert done.already_there == [60]
    assert checked.already_there == [0]


async def test_a_check_is_refused_without_a_licence(site: Site, operator: Operator) -> None:
    """A check says that nothing can be imported where nothing can (LIC-05)."""
    await site.sql(
        "INSERT INTO administration.licence (one, token, version, edition, expires_at, activated_by, activated_at) "
        "VALUES (true, 'x', '1', 'corporate', now() - interval '1 day', 'admin', now())"
    )
    refusal = await refusal_of(operator.client.ask(CheckImport(projects=[legacy(70)])))
    assert refusal.code == Code.NOT_LICENSED


async def test_a_project_ends_after_it_starts(operator: Operator) -> None:
    """An end before its start fits no project; the whole command is refused, and the place of the row is named."""
    caller = await operator.site.caller()
    rows = [json.loads(legacy(30 + number, start_time=NOON).model_dump_json()) for number in range(2)]
    rows[1]["end_time"] = LONG_AGO.isoformat()
    outcome = await caller.send("projects.import", "-", {"projects": rows})
    assert outcome["error"]["code"] == "invalid"
    errors = [(field["field"], field["kind"]) for field in outcome["error"]["details"]["fields"]]
    assert errors == [("projects.1.end_time", "end_before_start")]
