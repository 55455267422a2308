"""Projects that are set aside: nobody sees them, they come back whole, and what cannot come back is erased."""

from typing import Any
from uuid import UUID

import pytest

from contracts.administration import ChangeSettings
from contracts.audit import ProjectActivity
from contracts.catalogue import queries
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Command, Message, Query
from contracts.permissions import Node
from contracts.projects.commands import AddSequences, CreateProject, DeleteProject, UpdateProject
from contracts.projects.exports import ExportProject
from contracts.projects.history import GetHistory
from contracts.projects.parts import AddCall, AddComment
from contracts.projects.queries import FindProject, GetProject, ListProjects, ProjectFilter
from contracts.projects.redaction import RedactProject
from contracts.projects.set_aside import LiftRestriction, ListSetAside, RestoreProject, RestrictProject
from contracts.projects.statistics import ProjectStatistics
from contracts.reports import DownloadReport, GenerateReport, GetReport
from contracts.retention import HoldProject, Sweep
from incidents import Client, Refused
from tests.projects.helpers import NOON, Operator, refusal_of, sequence
from tests.retention.helpers import connect_manager
from tests.support import Site, eventually

WHY = "contested by the person concerned"
WORD = "Zorbax"
WAYS = ("deleted", "restricted")
BACK: dict[str, type[RestoreProject | LiftRestriction]] = {"deleted": RestoreProject, "restricted": LiftRestriction}


async def start(site: Site, *, undo_days: int = 7) -> Operator:
    """Run the workers of a site with an undo window, and create a project with every kind of part and a report."""
    await site.workers("projects", "reports", "retention", "administration", "audit")
    client = await site.client()
    if undo_days:
        await client.send(ChangeSettings(undo_days=undo_days))
    operator = await Operator.start(site, client)
    project_id = operator.project_id
    await client.send(UpdateProject(project_id=project_id, description=f"{WORD} left a bag.", reference="K-1"))
    await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text=f"{WORD} came back."))
    await client.send(AddCall(project_id=project_id, call_id=uuid7(), direction="received", at=NOON, party=WORD))
    await client.send(AddSequences(project_id=project_id, sequences=[sequence(WORD)]))
    return operator


async def set_aside(operator: Operator, way: str) -> None:
    """Take the project out of sight."""
    command = DeleteProject if way == "deleted" else RestrictProject
    reason = {} if way == "deleted" else {"reason": WHY}
    await operator.send(command.model_validate({"project_id": operator.project_id, **reason}))


def queries_about(project_id: UUID, number: int, report_id: UUID) -> list[Query[Any]]:
    """Return every query that can name one project, and those that find, count or list it.

    The activity is the record of what was done, and stays when a project goes.
    """
    named = [
        query for query in queries().values() if "project_id" in query.model_fields and query is not ProjectActivity
    ]
    return [
        *(query.model_validate({"project_id": project_id}) for query in named),
        FindProject(number=number),
        DownloadReport(report_id=report_id),
        GetReport(report_id=report_id),
        ListProjects(),
        ListProjects(search=WORD, count="exact"),
        ListProjects(filter=ProjectFilter(references=["K-1"])),
        ListProjects(filter=ProjectFilter(camera_ids=["cam-4"])),
        ListProjects(sort="description"),
        ProjectStatistics(),
    ]


async def answer_of(client: Client, query: Query[Any]) -> str:
    """Return what a query says, as text; of a refusal only its code, because it names the project."""
    try:
        answer = await client.ask(query)
    except Refused as refused:
        return refused.code
    return answer.model_dump_json() if isinstance(answer, Message) else "bytes"


def shown_by(project_id: UUID, answers: dict[str, str]) -> set[str]:
    """Return the queries that show something of the project."""
    return {
        name for name, answer in answers.items() if WORD in answer or str(project_id) in answer or "bytes" in answer
    }


async def state_of(operator: Operator) -> dict[str, Any]:
    """Return everything that the project holds, without its revision."""
    project = await operator.client.ask(GetProject(project_id=operator.project_id))
    history = await operator.client.ask(GetHistory(project_id=operator.project_id))
    return {**project.model_dump(exclude={"revision"}), "history": history.model_dump()}


@pytest.mark.parametrize("way", WAYS)
async def test_nobody_sees_what_is_set_aside_and_it_comes_back_whole(site: Site, way: str) -> None:
    """No query shows a word or an id of it, and its rows are there; brought back, every answer is as before."""
    operator = await start(site)
    client, project_id, report_id = operator.client, operator.project_id, uuid7()
    await client.send(GenerateReport(report_id=report_id, project_id=project_id))
    before, state = await operator.project(), await state_of(operator)
    questions = queries_about(project_id, before.number, report_id)

    async def answers() -> dict[str, str]:
        return {repr(each): await answer_of(client, each) for each in questions}

    visible = shown_by(project_id, await answers())
    assert len(visible) > 10
    await set_aside(operator, way)
    assert shown_by(project_id, await answers()) == set()
    assert [await site.count(f"projects.{name}") for name in ("project", "comment", "call", "sequence")] == [1] * 4
    await client.send(BACK[way](project_id=project_id))
    assert shown_by(project_id, await answers()) == visible
    assert await state_of(operator) == state
    assert (await operator.project()).revision == before.revision + 2
    assert (await client.ask(ListSetAside())).items == []


@pytest.mark.parametrize("way", WAYS)
async def test_nobody_changes_what_is_set_aside(site: Site, way: str) -> None:
    """Each command about it is refused with what happened to it, also in the batch that set it aside."""
    operator = await start(site)
    project_id, kind = operator.project_id, {"deleted": "restorable", "restricted": "restricted"}[way]
    await set_aside(operator, way)
    commands: list[Command[Any]] = [
        UpdateProject(project_id=project_id, description="New"),
        AddComment(project_id=project_id, comment_id=uuid7(), text="New"),
        DeleteProject(project_id=project_id),
        CreateProject(project_id=project_id),
        RestrictProject(project_id=project_id, reason=WHY),
        RedactProject(project_id=project_id, field="description", reason=WHY),
        ExportProject(project_id=project_id),
        GenerateReport(report_id=uuid7(), project_id=project_id),
        HoldProject(project_id=project_id, reason=WHY),
        BACK["restricted" if way == "deleted" else "deleted"](project_id=project_id),
    ]
    for command in commands:
        refusal = await operator.refusal(command)
        [field] = refusal.error.details["fields"]
        expected = (Code.GONE, kind)
        if isinstance(command, RestoreProject):
            expected = (Code.CONFLICT, "restricted_not_deleted")
        assert (refusal.error.code, field["kind"]) == expected, command


async def test_what_can_be_restored_is_listed_until_it_is_erased(site: Site) -> None:
    """The list says by whom, when and until when; then it is erased, and the erasure journal gets its entry."""
    operator = await start(site)
    project_id = operator.project_id
    event = await operator.send(DeleteProject(project_id=project_id))
    [listed] = (await operator.client.ask(ListSetAside())).items
    assert listed.kind == "deleted"
    assert listed.by == "admin"
    assert listed.restorable_until == event.restorable_until
    assert event.restorable_until
    assert (event.restorable_until - listed.at).days == 7
    assert await site.sql("SELECT FROM runtime.erasure WHERE project_id = :one", one=project_id) == []
    await site.sql("UPDATE projects.tombstone SET erase_after = now() - interval '1 second'")
    refusal = await operator.refusal(RestoreProject(project_id=project_id))
    assert refusal.error.details["fields"][0]["kind"] == "deleted"

    async def is_erased() -> bool:
        return not await site.count("projects.project")

    await eventually(is_erased, within=30)
    assert [await site.count(f"projects.{name}") for name in ("project", "comment", "call", "sequence")] == [0] * 4
    [erased] = await site.sql("SELECT kind, number FROM runtime.erasure WHERE project_id = :one", one=project_id)
    assert erased == ("deleted", listed.number)
    assert (await operator.client.ask(ListSetAside())).items == []


async def test_a_restricted_project_is_shown_with_the_right_and_a_reason(site: Site) -> None:
    """Without a reason, or without the right, nobody reads it; each access is recorded with its reason."""
    operator = await start(site, undo_days=0)
    project_id = operator.project_id
    await set_aside(operator, "restricted")
    rita = await connect_manager(site, "rita", {Node.RESTRICTED: "view", Node.MAIN_DETAILS: "view"})
    otto = await connect_manager(site, "otto", {Node.MAIN_DETAILS: "view"})
    for query in (GetProject, GetHistory):
        assert (await refusal_of(rita.ask(query(project_id=project_id)))).error.code == Code.GONE
        reading = query(project_id=project_id, access_reason="A court asks.")
        assert (await refusal_of(otto.ask(reading))).error.details["nodes"] == [Node.RESTRICTED]
        assert WORD in (await rita.ask(reading)).model_dump_json()

    async def reasons() -> list[Any]:
        rows = "FROM audit.activity WHERE activity = 'projects.opened' AND actor = 'rita'"
        return await site.sql(f"SELECT details ->> 'access_reason' {rows}")

    await eventually(lambda: has_length(reasons, 2))
    assert await reasons() == [("A court asks.",)] * 2
    assert (await operator.client.ask(ListProjects())).items == []
    [listed] = (await operator.client.ask(ListSetAside(kinds=["restricted"]))).items
    assert listed.kind == "restricted"
    assert listed.reason == WHY
    assert listed.restorable_until is None


async def has_length(rows: Any, length: int) -> bool:
    """Tell whether a statement returns so many rows."""
    return len(await rows()) == length


async def test_restriction_needs_its_right(site: Site) -> None:
    """Whoever manages projects and retention, but not restricted projects, neither restricts nor lifts."""
    operator = await start(site, undo_days=0)
    otto = await connect_manager(site, "otto", {Node.RETENTION: "manage", Node.RESTRICTED: "view"})
    for command in (
        RestrictProject(project_id=operator.project_id, reason=WHY),
        LiftRestriction(project_id=operator.project_id),
    ):
        assert (await refusal_of(otto.send(command))).error.code == Code.PERMISSION_DENIED
    refusal = await operator.refusal(LiftRestriction(project_id=operator.project_id))
    assert refusal.error.code == Code.CONFLICT
    assert refusal.error.details["fields"][0]["kind"] == "not_set_aside"


@pytest.mark.parametrize("undo_days", [0, 3])
async def test_a_sweep_follows_the_undo_window_and_leaves_what_is_restricted(site: Site, undo_days: int) -> None:
    """An expired project is set aside as long as a deleted one; a restricted one stays while it is restricted."""
    operator = await start(site, undo_days=undo_days)
    restricted = await Operator.start(site, operator.client)
    await set_aside(restricted, "restricted")
    await site.sql("UPDATE projects.project SET created_at = now() - interval '900 days'")
    await operator.send(Sweep())

    async def is_gone() -> bool:
        return not (await operator.client.ask(ListProjects())).items

    await eventually(is_gone)
    left = 1 + bool(undo_days)
    assert await site.count("projects.project") == left
    kinds = sorted(each.kind for each in (await operator.client.ask(ListSetAside())).items)
    assert kinds == ["expired", "restricted"][2 - left :]
    if undo_days:
        await operator.send(RestoreProject(project_id=operator.project_id))
        assert WORD in str((await operator.project()).description)
