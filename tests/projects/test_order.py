"""The order of what comes at once: that of its acceptance, wherever it is reported."""

import asyncio
import json
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from contracts.projects.commands import AddSequences, CreateProject, RemoveAllSequences
from contracts.projects.parts import AddCall
from contracts.projects.recordings import Sequence as Recording
from tests.projects.helpers import NOON, Operator
from tests.projects.packages import export, read_json
from tests.support import Caller, Site, eventually
from workers.migrations.scripts import read_sql, run_script
from workers.projects.batch_statements import SURROUNDINGS
from workers.projects.rows import ProjectRows
from workers.projects.tables import Call, Comment, Sequence

AT = NOON.isoformat()
MANY = 20


async def arrived(caller: Caller, *ids: UUID) -> None:
    """Wait for the outcomes of commands that were published at once."""

    async def all_applied() -> bool:
        outcome = [caller.outcomes.get(each_id, [{}])[-1].get("status") for each_id in ids]
        assert "rejected" not in outcome, caller.outcomes
        return outcome == ["applied"] * len(ids)

    await eventually(all_applied, within=120)


async def filled(site: Site) -> tuple[Operator, list[str], list[str], list[str]]:
    """Open a project and add comments, calls and sequences at once, before a worker is there to take them."""
    caller, project_id = await site.caller("admin"), uuid4()
    ids = [await caller.publish("projects.create", project_id, {"project_id": str(project_id)})]
    comments, calls, sequences = ([str(uuid4()) for _ in range(MANY)] for _ in range(3))
    project = {"project_id": str(project_id)}
    for comment, call in zip(comments, calls, strict=True):
        body = {**project, "comment_id": comment, "text": comment}
        ids.append(await caller.publish("projects.add-comment", project_id, body))
        body = {**project, "call_id": call, "direction": "made", "at": AT, "party": "Police"}
        ids.append(await caller.publish("projects.add-call", project_id, body))
    for chunk in (sequences[:3], sequences[3:]):
        attached = {**project, "sequences": [recording(footage) for footage in chunk]}
        ids.append(await caller.publish("projects.add-sequences", project_id, attached))
    await site.worker("projects")
    await arrived(caller, *ids)
    return Operator(site, await site.client(), project_id), comments, calls, sequences


def recording(sequence_id: str) -> dict[str, str]:
    """Return a recording of the same time as all others."""
    return {"sequence_id": sequence_id, "camera_id": "cam-4", "camera_name": "Gate", "start": AT, "end": AT}


def parts(document: dict[str, list[dict[str, str]]]) -> tuple[list[str], list[str], list[str]]:
    """Return the ids of a document's comments, calls and sequences."""
    lists = (("comments", "comment_id"), ("calls", "call_id"), ("sequences", "sequence_id"))
    comments, calls, sequences = ([part[key] for part in document[name]] for name, key in lists)
    return comments, calls, sequences


@pytest.mark.usefixtures("reports")
async def test_parts_are_in_the_order_of_their_acceptance(site: Site) -> None:
    """Comments, calls of one time and sequences of one start stand as accepted: read, reported and packed."""
    operator, *expected = await filled(site)
    details = json.loads((await operator.project()).model_dump_json())
    [(reported,)] = await site.sql("SELECT document FROM published.project_documents")
    packed = read_json(await export(operator), "project.json")
    assert [parts(document) for document in (details, reported, packed)] == [tuple(expected)] * 3
    assert not {"revision", "place"} & {name for comment in packed["comments"] for name in comment}


@pytest.mark.usefixtures("reports")
async def test_what_was_earlier_is_told_earlier(operator: Operator) -> None:
    """Calls and recordings stand by their own times, whenever they were added: read, reported and packed."""
    project_id, ids = operator.project_id, [uuid4() for _ in range(3)]
    for hours, each_id in zip((2, 3, 1), ids, strict=True):
        at = NOON + timedelta(hours=hours)
        await operator.send(AddCall(project_id=project_id, call_id=each_id, direction="made", at=at, party="Police"))
        film = Recording(sequence_id=each_id, camera_id="cam-4", camera_name="Gate", start=at, end=at)
        await operator.send(AddSequences(project_id=project_id, sequences=[film]))
    details = json.loads((await operator.project()).model_dump_json())
    [(reported,)] = await operator.site.sql("SELECT document FROM published.project_documents")
    packed = read_json(await export(operator), "project.json")
    expected = [str(ids[place]) for place in (2, 0, 1)]
    assert [parts(document)[1:] for document in (details, reported, packed)] == [(expected, expected)] * 3


async def test_parts_that_were_there_before_are_put_into_order(site: Site) -> None:
    """The migration orders what an older version kept by what the history says of it."""
    operator, *expected = await filled(site)
    async with site.engine.begin() as connection:
        for table in (Comment, Call, Sequence):
            await connection.execute(update(table).values(revision=0, place=0))
        await connection.run_sync(run_script, read_sql("*_added.sql"))
    assert parts(json.loads((await operator.project()).model_dump_json())) == tuple(expected)


async def test_removed_sequences_are_named_in_their_order(site: Site) -> None:
    """What removes all recordings names them in the order in which they were added."""
    operator, _, _, sequences = await filled(site)
    removed = await operator.send(RemoveAllSequences(project_id=operator.project_id))
    assert [str(each_id) for each_id in removed.sequence_ids] == sequences


async def test_numbers_drawn_at_once_have_the_order_of_their_times(site: Site) -> None:
    """Of numbers that several lanes draw in the same moment, the higher one has the later time."""
    drawn: list[tuple[int, datetime]] = []

    async def draw() -> None:
        async with site.engine.connect() as connection:
            for _ in range(2):
                creations = [CreateProject(project_id=uuid4()) for _ in range(500)]
                drawn.extend((await ProjectRows.load(connection, creations)).numbers)
                await connection.rollback()

    await asyncio.gather(*(draw() for _ in range(8)))
    times = [at for _, at in sorted(drawn)]
    assert len(times) == 8 * 2 * 500
    assert [later for earlier, later in pairwise(times) if later <= earlier] == []


async def test_a_list_has_the_order_of_its_numbers(site: Site) -> None:
    """Projects that are opened at once, in whatever lanes, are listed by their numbers, page by page."""
    caller, ids = await site.caller("admin"), []
    for _ in range(2 * MANY):
        project_id = uuid4()
        ids.append(await caller.publish("projects.create", project_id, {"project_id": str(project_id)}))
    await site.worker("projects")
    await arrived(caller, *ids)
    for sort, expected in (("-created_at", range(2 * MANY, 0, -1)), ("created_at", range(1, 2 * MANY + 1))):
        numbers: list[int] = []
        after = None
        while after or not numbers:
            page, _ = await caller.ask("projects.list", {"sort": sort, "limit": 7, "after": after})
            numbers += [row["number"] for row in page["items"]]
            after = page["next"]
        assert numbers == list(expected)


async def test_a_draft_keeps_the_order_in_which_it_was_made(site: Site) -> None:
    """Recordings of one start stand on a draft list as they came, and go into a project in that order."""
    caller, project_id = await site.caller("admin"), uuid4()
    cameras = [{"camera_id": f"cam-{number}", "camera_name": f"Gate {number}"} for number in range(MANY)]
    ids = [
        await caller.publish("projects.draft-sequences", "admin", {"cameras": [camera], "start": AT, "end": AT})
        for camera in cameras[:3]
    ]
    body = {"cameras": cameras[3:], "start": AT, "end": AT}
    ids.append(await caller.publish("projects.draft-sequences", "admin", body))
    await site.worker("projects")
    await arrived(caller, *ids)
    draft, _ = await caller.ask("projects.draft", {})
    expected = [camera["camera_id"] for camera in cameras]
    assert [sequence["camera_id"] for sequence in draft["sequences"]] == expected
    await caller.send("projects.create", project_id, {"project_id": str(project_id), "from_draft": True})
    sequences = (await Operator(site, await site.client(), project_id).project()).sequences or []
    assert [sequence.camera_id for sequence in sequences] == expected


async def test_a_history_has_the_times_of_its_order(site: Site) -> None:
    """Commands of one batch have times of their own, which never go back."""
    operator, comments, *_ = await filled(site)
    rows = await site.sql("SELECT at FROM projects.history WHERE field = 'comment' ORDER BY revision")
    project = await operator.project()
    times = [project.created_at, *(row.at for row in rows)]
    assert times == sorted(set(times))
    assert len(times) == len(comments) + 1


async def test_numbers_and_times_are_drawn_together(site: Site) -> None:
    """Of many numbers that are drawn at once no two have one time, and the higher has the later one."""
    async with site.engine.connect() as connection:
        survey = {"missing": [], "creations": list(range(500)), "references": []}
        drawn = (await connection.execute(SURROUNDINGS, survey)).one().numbers
    assert drawn == sorted(drawn)
    assert len({datetime.fromisoformat(at) for _, at in drawn}) == 500
