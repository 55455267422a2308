"""The draft sequence list: picked first, taken over into a project later."""

import asyncio
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid5

from sqlalchemy import text

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import AddSequences, CreateProject
from contracts.projects.drafts import Camera, ClearDraft, Draft, DraftSequences, GetDraft, UndraftSequences
from contracts.projects.history import GetHistory
from contracts.subjects import lane_of
from tests.projects.helpers import NOON, Operator, refusal_of, sequence
from tests.support import eventually

LATER = NOON + timedelta(minutes=5)
SAME_ID = """
    INSERT INTO projects.project (id, number, revision, description, created_by, created_at, updated_by, updated_at,
        imported, retention_exempt)
    SELECT :id, -1, 1, '', 'bob', now(), 'bob', now(), false, false FROM projects.project WHERE id = :like
"""


async def drafted(operator: Operator) -> list[UUID]:
    """Return the ids on the operator's own draft list."""
    draft: Draft = await operator.client.ask(GetDraft())
    return [sequence.sequence_id for sequence in draft.sequences]


async def test_sequences_are_drafted_and_undrafted(operator: Operator) -> None:
    """A principal puts sequences on its draft list, takes some off again, and reads it back (SEQ-02, SEQ-04)."""
    first, second = sequence(), sequence("Hall")
    response = await operator.send(DraftSequences(sequences=[first, second]))
    assert response.sequence_ids == [first.sequence_id, second.sequence_id]
    await operator.send(UndraftSequences(sequence_ids=[first.sequence_id]))
    (drafted,) = (await operator.client.ask(GetDraft())).sequences
    assert drafted.sequence_id == second.sequence_id
    assert drafted.camera_name == "Hall"
    assert drafted.media == "available"


async def test_a_span_over_many_cameras(operator: Operator) -> None:
    """One span of time over many cameras makes one sequence of each in one command (SEQ-01, SEQ-03)."""
    cameras = [Camera(camera_id=f"cam-{number}", camera_name=f"Gate {number}") for number in range(3)]
    command_id = uuid7()
    command = DraftSequences(cameras=cameras, start=NOON, end=LATER)
    response = await operator.client.send(command, command_id=command_id)
    assert response.sequence_ids == [uuid5(command_id, f"/cam-{number}") for number in range(3)]
    sequences = (await operator.client.ask(GetDraft())).sequences
    assert sorted(sequence.camera_name for sequence in sequences) == ["Gate 0", "Gate 1", "Gate 2"]
    assert {(sequence.start, sequence.end) for sequence in sequences} == {(NOON, LATER)}


async def test_a_sequence_is_drafted_once(operator: Operator) -> None:
    """Drafting a sequence that is on the list already adds nothing and says so."""
    footage = sequence()
    await operator.send(DraftSequences(sequences=[footage]))
    again = await operator.send(DraftSequences(sequences=[footage, footage]))
    assert again.sequence_ids == []
    assert await drafted(operator) == [footage.sequence_id]


async def test_a_sequence_that_is_named_twice_is_the_first(operator: Operator) -> None:
    """Of two sequences of one id in a command the first counts, on a draft list as in a project."""
    first = sequence("Gate")
    both = [first, first.model_copy(update={"camera_name": "Hall"})]
    await operator.send(DraftSequences(sequences=both))
    (listed,) = (await operator.client.ask(GetDraft())).sequences
    await operator.send(AddSequences(project_id=operator.project_id, sequences=both))
    (attached,) = (await operator.project()).sequences or []
    assert listed.camera_name == "Gate"
    assert attached.camera_name == "Gate"


async def test_undrafting_what_is_gone_is_refused(operator: Operator) -> None:
    """Taking off a sequence that is not on the list is refused and changes nothing (PRJ-23)."""
    footage = sequence()
    await operator.send(DraftSequences(sequences=[footage]))
    error = (await operator.refusal(UndraftSequences(sequence_ids=[footage.sequence_id, uuid7()]))).error
    assert error.code == Code.GONE
    assert await drafted(operator) == [footage.sequence_id]


async def test_a_draft_is_cleared_in_one_action(operator: Operator) -> None:
    """The whole draft list is emptied in one command (SEQ-05)."""
    await operator.send(DraftSequences(sequences=[sequence(), sequence()]))
    cleared = await operator.send(ClearDraft())
    assert len(cleared.sequence_ids) == 2
    assert await drafted(operator) == []


async def test_a_draft_has_a_longest_length(operator: Operator) -> None:
    """A draft list that would become longer than 1,000 sequences is refused whole."""
    for _ in range(5):
        await operator.send(DraftSequences(sequences=[sequence() for _ in range(200)]))
    error = (await operator.refusal(DraftSequences(sequences=[sequence()]))).error
    assert error.code == Code.INVALID
    assert error.details["fields"][0]["kind"] == "draft_full"


async def test_a_draft_is_taken_over_into_a_new_project(operator: Operator) -> None:
    """A project is created with the draft list, which is empty after that (SEQ-03)."""
    footage, two = sequence(), sequence()
    await operator.send(DraftSequences(sequences=[footage]))
    operator.project_id = uuid7()
    created = await operator.send(
        CreateProject(project_id=operator.project_id, from_draft=True, sequences=[two, footage])
    )
    assert sorted(created.sequence_ids) == sorted([footage.sequence_id, two.sequence_id])
    attached = {each.sequence_id for each in (await operator.project()).sequences or []}
    assert attached == {footage.sequence_id, two.sequence_id}
    assert await drafted(operator) == []


async def test_a_draft_is_taken_over_into_an_existing_project(operator: Operator) -> None:
    """The draft list is added to a project that is there, which a second time there is nothing of (SEQ-03)."""
    footage = sequence()
    await operator.send(DraftSequences(sequences=[footage]))
    taking = AddSequences(project_id=operator.project_id, from_draft=True)
    assert (await operator.send(taking)).sequence_ids == [footage.sequence_id]
    error = (await operator.refusal(taking)).error
    assert error.code == Code.INVALID
    assert error.details["fields"][0]["kind"] == "draft_empty"
    assert (await operator.project()).revision == 2


async def test_a_creation_from_a_draft_is_repeated(operator: Operator) -> None:
    """Repeated, it is answered as before and takes no newer draft; asked otherwise, it is refused (SEQ-03)."""
    footage, two, three = sequence(), sequence(), sequence()
    await operator.send(DraftSequences(sequences=[two]))
    creation = CreateProject(project_id=uuid7(), from_draft=True, sequences=[footage])
    first = await operator.send(creation)
    await operator.send(DraftSequences(sequences=[three]))
    assert await operator.send(creation) == first
    assert await drafted(operator) == [three.sequence_id]
    for other in ({"from_draft": False}, {"sequences": [three]}, {"from_draft": False, "sequences": [footage, two]}):
        assert (await operator.refusal(creation.model_copy(update=other))).code is Code.CONFLICT
    (opened,) = (await operator.client.ask(GetHistory(project_id=creation.project_id, field="project"))).items
    assert opened.new["from_draft"] is True


async def test_a_refused_creation_leaves_the_draft(operator: Operator) -> None:
    """A creation that is refused takes nothing from the draft list."""
    footage = sequence()
    await operator.send(DraftSequences(sequences=[footage]))
    wrong = CreateProject(project_id=uuid7(), from_draft=True, type_id=4711)
    assert (await operator.refusal(wrong)).error.code is Code.UNKNOWN_REFERENCE
    assert await drafted(operator) == [footage.sequence_id]


async def test_a_draft_is_ones_own(operator: Operator) -> None:
    """A principal sees, changes and takes over no draft list but its own (SEQ-02)."""
    await operator.site.grant("bob", {Node.PROJECTS: "manage", Node.SEQUENCES: "manage"})
    bob = await Operator.start(operator.site, await operator.site.client("bob"))
    mine = sequence()
    await operator.send(DraftSequences(sequences=[mine]))
    await bob.send(DraftSequences(sequences=[sequence()]))
    await bob.send(AddSequences(project_id=bob.project_id, from_draft=True))
    await bob.send(ClearDraft())
    assert await drafted(bob) == []
    assert await drafted(operator) == [mine.sequence_id]


async def test_a_draft_of_another_key_is_refused(operator: Operator) -> None:
    """A draft command whose key is not the caller is refused, so that a caller's commands keep one order."""
    caller = await operator.site.caller()
    outcome = await caller.send("projects.clear-draft", "bob", {})
    assert outcome["error"]["code"] == "invalid"
    assert [field["kind"] for field in outcome["error"]["details"]["fields"]] == ["other_key"]


async def test_drafting_needs_the_permission_on_sequences(operator: Operator) -> None:
    """Without manage on sequences nothing is drafted, without view no draft is read (PERM-05)."""
    await operator.site.grant("bob", {Node.PROJECTS: "manage"})
    bob = await operator.site.client("bob")
    denied = await refusal_of(bob.send(DraftSequences(sequences=[sequence()])))
    unseen = await refusal_of(bob.ask(GetDraft()))
    assert denied.error.code == Code.PERMISSION_DENIED
    assert unseen.error.code == Code.NOT_AVAILABLE


async def test_drafting_and_taking_over_at_once(operator: Operator) -> None:
    """Sequences that are drafted while projects take the list over end in one project or on the list, once each."""
    sequences = [sequence() for _ in range(40)]
    projects = [uuid7() for _ in range(12)]
    drafting = [operator.send(DraftSequences(sequences=[sequence])) for sequence in sequences]
    taking = [operator.send(CreateProject(project_id=project, from_draft=True)) for project in projects]
    mixed = [submission for pair in zip(drafting[::4], taking, strict=False) for submission in pair]
    left = [submission for place, submission in enumerate(drafting) if place % 4]
    await asyncio.gather(*mixed, *left, *taking[10:])
    rows = await operator.site.sql(
        "SELECT sequence_id FROM projects.sequence UNION ALL SELECT sequence_id FROM projects.draft"
    )
    assert sorted(sequence_id for (sequence_id,) in rows) == sorted(sequence.sequence_id for sequence in sequences)


async def test_drafting_waits_for_whoever_takes_the_list_over(operator: Operator) -> None:
    """A sequence that is drafted again while the list is taken over goes on the list again, as its outcome says."""
    site, old, new, project_id = operator.site, sequence(), sequence(), uuid7()
    while lane_of(str(project_id)) == lane_of("admin"):  # in one lane, the second command would not begin
        project_id = uuid7()
    await operator.send(DraftSequences(sequences=[old]))

    async def are_waiting(count: int) -> bool:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return await site.sql(waiting) == [(count,)]

    async with site.engine.connect() as holding:
        same = {"id": project_id, "like": operator.project_id}
        await holding.execute(text(SAME_ID), same)
        taking = await operator.client.submit(CreateProject(project_id=project_id, from_draft=True))
        await eventually(partial(are_waiting, 1))
        drafting = await operator.client.submit(DraftSequences(sequences=[old, new]))
        outcome = asyncio.create_task(drafting.outcome())

        async def is_next() -> bool:
            return outcome.done() or await are_waiting(2)

        await eventually(is_next)
    assert ((await outcome).result or {})["sequence_ids"] == [str(old.sequence_id), str(new.sequence_id)]
    assert ((await taking.outcome()).result or {})["sequence_ids"] == [str(old.sequence_id)]
    assert sorted(await drafted(operator)) == sorted([old.sequence_id, new.sequence_id])


async def test_two_creations_share_no_draft(operator: Operator) -> None:
    """Of many projects that take over one draft list at once, each sequence goes into exactly one (SEQ-03)."""
    sequences = [sequence() for _ in range(20)]
    await operator.send(DraftSequences(sequences=sequences))
    projects = [uuid7() for _ in range(10)]
    created = await asyncio.gather(
        *(operator.send(CreateProject(project_id=project, from_draft=True)) for project in projects)
    )
    assert sorted(len(opened.sequence_ids) for opened in created) == [0] * 9 + [20]
    assert await operator.site.count("projects.sequence") == 20


async def test_drafts_are_activities_of_the_site(operator: Operator) -> None:
    """Drafting, taking off and clearing are recorded in incident_manager, and not by the log server (LOG-T5)."""
    await operator.site.worker("audit")
    footage = sequence()
    await operator.send(DraftSequences(sequences=[footage, sequence("Hall")]))
    await operator.send(UndraftSequences(sequence_ids=[footage.sequence_id]))
    await operator.send(ClearDraft())

    async def recorded() -> list[str]:
        rows = await operator.site.sql("SELECT activity FROM audit.activity WHERE project_id IS NULL ORDER BY 1")
        assert len(rows) == 3
        return [name for (name,) in rows]

    result = await eventually(recorded)
    assert result == ["projects.draft-cleared", "projects.sequences-drafted", "projects.sequences-undrafted"]
