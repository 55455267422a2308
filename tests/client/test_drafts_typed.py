"""The draft list and the past of a project as they are typed, against a real site."""

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import AddSequences, CreateProject, ProjectCreated, RemoveSequences, UpdateProject
from contracts.projects.parts import AddComment
from contracts.projects.queries import GetProject
from contracts.projects.recordings import Sequence
from contracts.properties import AddType
from incidents import Client
from tests.client.command_line import CommandResult, incidents
from tests.client.interactive import environment
from tests.support import Site

SPAN = ("--start", "2025-01-31T14:30Z", "--end", "2025-01-31T14:40Z")


@pytest.fixture
async def operator(site: Site) -> Client:
    """Somebody who may do what operators do, and types as the same."""
    await site.workers("projects", "administration")
    permissions = {Node.SEQUENCES: "manage", Node.MAIN_DETAILS: "manage"}
    await site.grant("operator", {Node.PROJECTS: "manage", Node.PROPERTIES: "manage", **permissions})
    return await site.client("operator")


async def run_line(site: Site, *line: object) -> CommandResult:
    """Type a line as the operator."""
    return await incidents("projects", *line, environment=environment(site, "operator"))


async def test_a_draft_list_is_picked_and_emptied(site: Site, operator: Client) -> None:
    """Recordings of several cameras are put on the list, shown, taken off one by one, and all at once (SEQ-02)."""
    ended = await run_line(site, "draft", "add", "--camera", "cam-4=Gate 4", "--camera", "cam-5", *SPAN)
    assert ended.status == 0
    assert "2 sequences" in ended.out
    result = await run_line(site, "draft", "show")
    assert [word for word in ("Gate 4", "cam-5", "2025-01-31") if word not in result.out] == []
    listed = (await run_line(site, "draft", "show", "--json")).json["sequences"]
    assert [
        (sequence["camera_id"], sequence["camera_name"])
        for sequence in sorted(listed, key=lambda sequence: str(sequence["camera_id"]))
    ] == [
        ("cam-4", "Gate 4"),
        ("cam-5", "cam-5"),
    ]
    removed = await run_line(site, "draft", "remove", 1, "--json")
    assert removed.json["sequence_ids"] == [listed[0]["sequence_id"]]
    cleared = await run_line(site, "draft", "clear", "--yes", "--json")
    assert cleared.json["sequence_ids"] == [listed[1]["sequence_id"]]
    assert "nothing here" in (await run_line(site, "draft", "show")).out


async def test_a_draft_list_is_not_cleared_by_mistake(site: Site, operator: Client) -> None:
    """Anyone who is asked back and says no keeps the list."""
    await run_line(site, "draft", "add", "--camera", "cam-4", *SPAN)
    line = ("projects", "draft", "clear")
    ended = await incidents(*line, standard_input="n\n", environment=environment(site, "operator"))
    assert ended.status == 0
    assert "Nothing was removed" in ended.err
    assert len((await run_line(site, "draft", "show", "--json")).json["sequences"]) == 1


async def test_a_draft_list_goes_into_a_project(site: Site, operator: Client) -> None:
    """A project is opened with the list, or given it later, and the list is empty then (SEQ-03)."""
    await run_line(site, "draft", "add", "--camera", "cam-4", *SPAN)
    ended = await run_line(site, "create", "--from-draft", "--json")
    created = ProjectCreated.model_validate_json(ended.out)
    assert len(created.sequence_ids) == 1
    await run_line(site, "draft", "add", "--camera", "cam-5", *SPAN)
    attached = await run_line(site, "draft", "attach", created.number)
    assert attached.status == 0
    assert "1 sequence added to project 1" in attached.out
    project = await operator.ask(GetProject(project_id=created.project_id))
    assert {sequence.camera_id for sequence in project.sequences or []} == {"cam-4", "cam-5"}
    refused = await run_line(site, "draft", "attach", created.number, "--json")
    assert refused.status == 1
    assert refused.json["error"]["details"]["fields"][0]["kind"] == "draft_empty"


async def test_the_past_of_a_project_is_told(site: Site, operator: Client) -> None:
    """Who changed what, from what to what, with properties by their names, page by page (PRJ-03, PRJ-08)."""
    type_id = (await operator.send(AddType(name="Theft"))).id
    project_id = uuid7()
    await operator.send(CreateProject(project_id=project_id, description="A bag."))
    await operator.send(UpdateProject(project_id=project_id, description="Two bags."))
    await operator.send(UpdateProject(project_id=project_id, type_id=type_id))
    result = await run_line(site, "history", 1)
    assert [
        word for word in ("A bag.", "Two bags.", "Theft", "operator", "Description") if word not in result.out
    ] == []
    pages = [(await run_line(site, "history", 1, "--limit", 1, *more, "--json")).json for more in ((), ("--all",))]
    assert [change["field"] for change in pages[0]["items"]] == ["type_id"]
    assert [change["field"] for change in pages[1]["items"]] == ["type_id", "description", "project"]
    chosen = (await run_line(site, "history", 1, "--field", "description", "--json")).json["items"]
    assert [(change["old"], change["new"]) for change in chosen] == [("A bag.", "Two bags.")]


async def test_the_past_says_which_part_was_changed(site: Site, operator: Client) -> None:
    """A part has the number of `projects show`; what was removed has none, and a spreadsheet has the ids."""
    project_id, first, second = uuid7(), uuid7(), uuid7()
    await operator.send(CreateProject(project_id=project_id))
    for sequence_id, camera in ((first, "cam-4"), (second, "cam-5")):
        recording = {"sequence_id": sequence_id, "camera_id": camera, "camera_name": camera}
        times = {"start": "2026-10-01T10:00:00Z", "end": "2026-10-01T10:05:00Z"}
        sequences = [Sequence.model_validate({**recording, **times})]
        await operator.send(AddSequences(project_id=project_id, sequences=sequences))
    output = (await run_line(site, "history", 1)).out
    assert "Sequence 2" in output.split("cam-5")[0]
    assert "Sequence 1" in output
    await operator.send(RemoveSequences(project_id=project_id, sequence_ids=[first]))
    output = (await run_line(site, "history", 1)).out
    assert "Sequence 1" in output.split("cam-5")[0]
    assert "Sequence 2" not in output
    assert str(second) in (await run_line(site, "history", 1, "--csv")).out


async def test_what_one_may_not_see_of_the_past_is_named(site: Site, operator: Client) -> None:
    """A principal who may not see comments learns that they are left out, and not what they say (PERM-04)."""
    admin, project_id = await site.client(), uuid7()
    await operator.send(CreateProject(project_id=project_id))
    await admin.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Seen."))
    result = await run_line(site, "history", 1)
    assert "Not shown to you: categories, comments, calls" in result.out
    assert "Seen." not in result.out


async def test_an_empty_draft_list_is_said_when_a_project_is_made_from_it(site: Site, operator: Client) -> None:
    """Entries leave the list by themselves, and nobody is to believe that the recordings are in the project."""
    ended = await run_line(site, "create", "--description", "x", "--from-draft")
    assert "The draft list was empty: no sequence was added." in ended.err
    await run_line(site, "draft", "add", "--camera", "cam-4", "--camera", "cam-5", *SPAN)
    ended = await run_line(site, "create", "--description", "x", "--from-draft")
    assert "2 sequences added to project 2" in ended.err


async def test_a_recording_that_is_no_longer_kept_is_remarked_on(site: Site, operator: Client) -> None:
    """A time in the past is accepted, because the recording may be deleted, and somebody may have meant the future."""
    line = ("draft", "add", "--camera", "cam-4", *SPAN, "--kept-until")
    assert "is past: the recording is deleted already" in (await run_line(site, *line, "7d")).err
    assert "is past" not in (await run_line(site, *line, "in 7 days")).err


@pytest.mark.parametrize(
    "line",
    [
        ("call", 1, "--to", "Police", "--at", "{}"),
        ("create", "--description", "x", "--start", "{}"),
        ("create", "--description", "x", "--camera", "cam-4", "--start", "1h", "--end", "{}"),
        ("update", 1, "--start", "{}"),
        ("sequence", 1, "--camera", "cam-4", "--camera", "cam-5", "--start", "1h", "--end", "{}"),
        ("draft", "add", "--camera", "cam-4", "--start", "1h", "--end", "{}"),
    ],
    ids=["call", "create", "create with a camera", "update", "sequence", "draft"],
)
async def test_what_has_not_happened_yet_is_remarked_on(site: Site, operator: Client, line: tuple[object, ...]) -> None:
    """A time to come is accepted, once with a remark, because it is more often a slip; the end of today is none."""
    nodes = (Node.PROJECTS, Node.PROPERTIES, Node.SEQUENCES, Node.MAIN_DETAILS, Node.CALLS)
    await site.grant("operator", dict.fromkeys(nodes, "manage"))
    await operator.send(CreateProject(project_id=uuid7()))
    for day, remarks in (("tomorrow", 1), ("today", 0)):
        ended = await run_line(site, *(str(part).format(day) for part in line))
        assert ended.status == 0, ended.err
        assert ended.err.count("is in the future") == remarks


async def test_a_time_to_come_leads_to_what_corrects_it(site: Site, operator: Client) -> None:
    """Nobody waits for an answer, so that nothing is put as a question."""
    for line, correcting in ((("create",), "NUMBER"), (("update", 1), "1")):
        answer = (await run_line(site, *line, "--start", "tomorrow")).err
        assert f"to correct it: incidents projects update {correcting} --start TIME" in " ".join(answer.split())
        assert "is in the future;" in answer
