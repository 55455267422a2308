"""Sequences attached to and detached from projects (SEQ-04 to SEQ-06)."""

import asyncio
import json

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import (
    AddSequences,
    CreateProject,
    ProjectCreated,
    RemoveAllSequences,
    RemoveSequences,
    UpdateProject,
)
from tests.projects.helpers import NOON, Operator, sequence


async def test_sequences_are_attached_and_detached(operator: Operator) -> None:
    """Sequences can be added to a project and removed from it, each by its id (SEQ-04, SEQ-01)."""
    first, second, project_id = sequence(), sequence("Hall"), operator.project_id
    await operator.send(AddSequences(project_id=project_id, sequences=[first, second]))
    await operator.send(RemoveSequences(project_id=project_id, sequence_ids=[first.sequence_id]))
    (attached,) = (await operator.project()).sequences or []
    assert attached.sequence_id == second.sequence_id
    assert attached.camera_name == "Hall"
    assert attached.added_by == "admin"


async def test_a_sequence_is_attached_once(operator: Operator) -> None:
    """Adding a sequence that is attached already, or named twice, adds it once and says so (SEQ-04)."""
    footage = sequence()
    await operator.send(AddSequences(project_id=operator.project_id, sequences=[footage]))
    other = sequence()
    added = await operator.send(AddSequences(project_id=operator.project_id, sequences=[footage, other, other]))
    assert len(added.sequence_ids) == 1
    assert len((await operator.project()).sequences or []) == 2


async def test_a_project_opens_with_its_sequences(operator: Operator) -> None:
    """A project can be opened with sequences in one command (PRJ-01, B2)."""
    operator.project_id = uuid7()
    footage = sequence()
    created = await operator.send(CreateProject(project_id=operator.project_id, sequences=[footage]))
    assert created.sequence_ids == [footage.sequence_id]
    assert len((await operator.project()).sequences or []) == 1


async def test_a_repeated_opening_is_the_same_opening(operator: Operator) -> None:
    """A creation under a new command id is answered as the first, whatever became of the project since."""
    footage, other = sequence(), sequence("Hall")
    creation = CreateProject(
        project_id=uuid7(), description="A bag.", start_time=NOON, sequences=[footage, other, footage]
    )
    first, second = await asyncio.gather(operator.send(creation), operator.send(creation))
    assert first == second
    assert first.sequence_ids == [footage.sequence_id, other.sequence_id]
    project_id = creation.project_id
    await operator.send(UpdateProject(project_id=project_id, description="Two bags.", start_time=None))
    await operator.send(UpdateProject(project_id=project_id, description="No bag.", start_time=NOON))
    await operator.send(RemoveSequences(project_id=project_id, sequence_ids=[footage.sequence_id]))
    await operator.send(AddSequences(project_id=project_id, sequences=[sequence()]))
    again = await operator.client.submit(creation)
    outcome = await again.outcome()
    assert outcome.events == []
    assert outcome.revision == 5
    assert ProjectCreated.model_validate_json(json.dumps(outcome.result)) == first


async def test_another_opening_under_the_same_id_is_refused(operator: Operator) -> None:
    """A creation that names other recordings than the first, or the draft list, is refused: none is lost in silence."""
    footage, other = sequence(), sequence("Hall")
    creation = CreateProject(project_id=uuid7(), sequences=[footage])
    await operator.send(creation)
    await operator.send(AddSequences(project_id=creation.project_id, sequences=[other]))
    renamed = footage.model_copy(update={"camera_name": "Roof"})
    for expected in ([], [other], [footage, other], [renamed]):
        refused = await operator.refusal(creation.model_copy(update={"sequences": expected}))
        assert refused.code is Code.CONFLICT, expected
    assert (await operator.refusal(creation.model_copy(update={"from_draft": True}))).code is Code.CONFLICT
    assert (await operator.send(creation)).sequence_ids == [footage.sequence_id]


async def test_removing_what_is_gone_is_refused(operator: Operator) -> None:
    """Removing a sequence that is not attached is refused and changes nothing."""
    footage = sequence()
    await operator.send(AddSequences(project_id=operator.project_id, sequences=[footage]))
    both = RemoveSequences(project_id=operator.project_id, sequence_ids=[footage.sequence_id, uuid7()])
    refused = await operator.refusal(both)
    assert refused.error.code is Code.GONE
    assert len((await operator.project()).sequences or []) == 1


async def test_all_sequences_are_removed_in_one_action(operator: Operator) -> None:
    """Every sequence of a project, and of no other, goes in one command (SEQ-05)."""
    other = await Operator.start(operator.site, operator.client)
    for each in (operator, other):
        await each.send(AddSequences(project_id=each.project_id, sequences=[sequence(), sequence()]))
    removed = await operator.send(RemoveAllSequences(project_id=operator.project_id))
    assert len(removed.sequence_ids) == 2
    assert (await operator.project()).sequences == []
    assert len((await other.project()).sequences or []) == 2
