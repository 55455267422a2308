"""Search: what operators write is found at once, by words and parts of words (B1)."""

from typing import Any
from uuid import UUID

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import (
    AddSequences,
    CreateProject,
    DeleteProject,
    RemoveAllSequences,
    RemoveSequences,
    UpdateProject,
)
from contracts.projects.parts import AddCall, AddComment, DeleteCall, DeleteComment, EditCall, EditComment
from contracts.projects.queries import ListProjects, ProjectFilter
from contracts.projects.statistics import ProjectStatistics
from contracts.projects.watching import WatchedProjects, WatchProjects
from incidents import Refused
from tests.projects.helpers import NOON, Operator, refusal_of, sequence
from workers.projects.search.index_tables import SOURCES


async def is_found(operator: Operator, search: str) -> bool:
    """Say whether the operator's project is found."""
    page = await operator.client.ask(ListProjects(search=search))
    return operator.project_id in {row.project_id for row in page.items}


async def test_a_description_is_found_as_it_stands(operator: Operator) -> None:
    """A project is found right after the outcome, by the words its description has now (PRJ-07, PRJ-09)."""
    assert await is_found(operator, "bag gate")
    await operator.send(UpdateProject(project_id=operator.project_id, description="A suitcase."))
    assert [await is_found(operator, word) for word in ("suitcase", "bag")] == [True, False]


async def test_comments_are_found_while_they_are_there(operator: Operator) -> None:
    """A comment's words are found after it was added, as rewritten, and no longer when it is deleted (PRJ-17)."""
    key: dict[str, Any] = {"project_id": operator.project_id, "comment_id": uuid7()}
    await operator.send(AddComment(**key, text="Porteur identifié."))
    assert await is_found(operator, "IDENTIF bag")
    await operator.send(EditComment(**key, text="Inconnu."))
    assert [await is_found(operator, word) for word in ("identifie", "inconnu")] == [False, True]
    await operator.send(DeleteComment(**key))
    assert [await is_found(operator, word) for word in ("inconnu", "bag")] == [False, True]


async def test_calls_are_found_by_party_reference_and_notes(operator: Operator) -> None:
    """A call's party, reference and notes are found as corrected, and no longer when it is deleted (PRJ-18)."""
    call: dict[str, Any] = {"project_id": operator.project_id, "call_id": uuid7(), "direction": "made", "at": NOON}
    await operator.send(AddCall.model_validate({**call, "party": "Pompiers", "notes": "Côté cour"}))
    assert await is_found(operator, "pompiers cote")
    await operator.send(EditCall.model_validate({**call, "party": "Police", "reference": "2026/4711"}))
    assert [await is_found(operator, word) for word in ("pompiers", "4711", "police")] == [False, True, True]
    await operator.send(DeleteCall(project_id=operator.project_id, call_id=call["call_id"]))
    assert not await is_found(operator, "4711")


@pytest.mark.parametrize(
    "search, there",
    [
        ("uncategorised", True),
        ("CATEG", True),
        ("ÉTÉ", True),
        ("strass", True),
        ("at", True),
        ("un", False),
        ("at été", True),
        ("at winter", False),
        ("100%", True),
        ("_", None),
        ("%", None),
    ],
)
async def test_accents_case_and_parts_of_words_do_not_matter(
    operator: Operator, search: str, there: bool | None
) -> None:
    """Every term must be a part of some word; of fewer than three letters a whole word; of none it is refused."""
    operator.project_id = uuid7()
    text = "Uncategorised at Straße, été: 100"
    await operator.send(CreateProject(project_id=operator.project_id, description=text))
    if there is not None:
        assert await is_found(operator, search) is there
        return
    with pytest.raises(Refused) as refusal:
        await is_found(operator, search)
    assert refusal.value.error.code is Code.INVALID


async def test_a_deleted_project_leaves_no_word(operator: Operator) -> None:
    """Nothing that anybody wrote, and no camera, stays behind a deleted project (PRJ-21)."""
    await operator.send(AddSequences(project_id=operator.project_id, sequences=[sequence()]))
    await operator.send(DeleteProject(project_id=operator.project_id))
    assert not await is_found(operator, "bag")
    assert [await operator.site.count(f"projects.{table}") for table in ("search", "camera")] == [0, 0]


@pytest.mark.parametrize(
    "sections, found_by",
    [
        ((), set()),
        ((Node.MAIN_DETAILS,), {"bag"}),
        ((Node.COMMENTS,), {"knife"}),
        ((Node.CALLS, Node.MAIN_DETAILS), {"bag", "police"}),
    ],
)
async def test_a_search_looks_only_where_its_caller_may(
    operator: Operator, sections: tuple[Node, ...], found_by: set[str]
) -> None:
    """A search tells nobody what is in texts that they may not see; the page names them (PERM-09)."""
    key: dict[str, Any] = {"project_id": operator.project_id}
    await operator.send(AddComment(**key, comment_id=uuid7(), text="Knife found."))
    await operator.send(AddCall(**key, call_id=uuid7(), direction="made", at=NOON, party="Police"))
    await operator.site.grant("viewer", dict.fromkeys((Node.PROJECTS, *sections), "view"))
    viewer = await operator.site.client("viewer")
    for term in ("bag", "knife", "police"):
        page = await viewer.ask(ListProjects(search=term, count="exact"))
        assert (len(page.items), page.total) == ((1, 1) if term in found_by else (0, 0))
        assert page.withheld == [name for name in SOURCES.values() if Node(f"{Node.PROJECTS}/{name}") not in sections]
    mixed = await viewer.ask(ListProjects(search="bag knife"))
    assert not mixed.items


async def test_cameras_are_asked_for_only_by_those_who_see_sequences(operator: Operator) -> None:
    """Anyone who may not see sequences cannot find out by a filter which cameras a project has (PERM-09)."""
    await operator.site.grant("viewer", {Node.PROJECTS: "view"})
    viewer, by_camera = await operator.site.client("viewer"), ProjectFilter(camera_ids=["cam-4"])
    for query in (ListProjects(filter=by_camera), ProjectStatistics(filter=by_camera)):
        assert (await refusal_of(viewer.ask(query))).error.code is Code.NOT_AVAILABLE
    watched = WatchProjects(filter=WatchedProjects(camera_ids=["cam-4"]))
    assert (await refusal_of(viewer.ask(watched))).error.code is Code.NOT_AVAILABLE


async def test_projects_are_listed_by_camera(operator: Operator) -> None:
    """A camera's list has every project with a sequence of it, once, until the last one is removed (PRJ-07)."""

    async def listed_ids() -> list[UUID]:
        page = await operator.client.ask(ListProjects(filter=ProjectFilter(camera_ids=["cam-4"])))
        return [row.project_id for row in page.items]

    first, second, project_id = sequence(), sequence(), operator.project_id
    opened = CreateProject(project_id=uuid7(), sequences=[sequence()])
    await operator.send(opened)
    await operator.send(AddSequences(project_id=project_id, sequences=[first, second]))
    assert await listed_ids() == [opened.project_id, project_id]
    await operator.send(RemoveSequences(project_id=project_id, sequence_ids=[first.sequence_id]))
    assert await listed_ids() == [opened.project_id, project_id]
    await operator.send(RemoveSequences(project_id=project_id, sequence_ids=[second.sequence_id]))
    await operator.send(RemoveAllSequences(project_id=opened.project_id))
    assert await listed_ids() == []
