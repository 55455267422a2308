"""Asking which projects are under hold, and since when."""

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.history import GetHistory
from contracts.projects.queries import GetProject, Hold
from contracts.retention import Holds, ListDue, ListHolds
from incidents import Client
from tests.projects.helpers import refusal_of
from tests.retention.helpers import Holder, connect_manager
from tests.support import Site

SECTIONS = (Node.MAIN_DETAILS, Node.CATEGORIES, Node.COMMENTS, Node.CALLS, Node.SEQUENCES)


@pytest.fixture
async def holder(site: Site) -> Holder:
    """Somebody who may hold projects."""
    return await Holder.start(site)


async def pages(client: Client, query: ListHolds) -> list[Holds]:
    """Read a list to its end."""
    results = [await client.ask(query)]
    while results[-1].next:
        results.append(await client.ask(query.model_copy(update={"after": results[-1].next})))
    return results


async def test_holds_in_force_are_listed(holder: Holder) -> None:
    """Every hold in force is listed once, page by page, the newest first, with who, when and why."""
    ids = [await holder.create_held_project() for _ in range(5)]
    await holder.release(ids[1])
    results = await pages(holder.client, ListHolds(limit=2))
    assert [[hold.project_id for hold in page.items] for page in results] == [[ids[4], ids[3]], [ids[2], ids[0]]]
    first = results[1].items[1]
    assert first.number == 1
    assert first.held_by == "admin"
    assert first.reason == "A lawsuit."
    assert first.released_at is None


async def test_all_holds_of_a_project_are_listed(holder: Holder) -> None:
    """Of one project past holds are listed too, with who released them, when and why."""
    other, project_id = await holder.create_held_project(), await holder.create_project()
    for reason in ("One.", "Two.", "Three."):
        await holder.hold(project_id, reason)
        if reason != "Three.":
            await holder.release(project_id, f"{reason} Over.")
    results = await pages(holder.client, ListHolds(project_id=project_id, limit=2))
    holds = [listed for page in results for listed in page.items]
    assert {hold.project_id for hold in holds} == {project_id} != {other}
    reasons = [(hold.reason, hold.release_reason, hold.released_by) for hold in holds]
    assert reasons == [("Three.", None, None), ("Two.", "Two. Over.", "admin"), ("One.", "One. Over.", "admin")]
    assert [hold.released_at is None or hold.released_at >= hold.held_at for hold in holds] == [True] * 3


async def test_a_hold_that_another_principal_released_names_both(holder: Holder) -> None:
    """A list names who placed a hold and who released it, each by their own act."""
    project_id = await holder.create_held_project()
    other = await connect_manager(holder.site, "rita", {Node.RETENTION: "manage", Node.HOLD_RELEASE: "manage"})
    await Holder(holder.site, other).release(project_id)
    (hold,) = (await holder.client.ask(ListHolds(project_id=project_id))).items
    assert hold.held_by == "admin"
    assert hold.released_by == "rita"


async def test_holds_of_a_project_that_is_gone(holder: Holder) -> None:
    """Asking for the holds of a deleted project is refused with its tombstone, of one without holds answered."""
    project_id = await holder.create_project()
    assert (await holder.client.ask(ListHolds(project_id=project_id))).items == []
    await holder.delete(project_id)
    refusal = await refusal_of(holder.client.ask(ListHolds(project_id=project_id)))
    assert refusal.code == Code.GONE
    assert refusal.error.details["deleted_by"] == "admin"
    refusal = await refusal_of(holder.client.ask(ListHolds(project_id=uuid7())))
    assert refusal.code == Code.GONE
    assert refusal.error.details["known"] is False


async def test_a_cursor_of_another_list_is_refused(holder: Holder) -> None:
    """A cursor that no page of this list gave is refused by its name."""
    for _ in range(2):
        await holder.create_held_project()
    place = (await holder.client.ask(ListHolds(limit=1))).next
    for query in (ListDue(after=place), ListHolds(after="x"), ListHolds(after="WyJob2xkcyJd")):
        refusal = await refusal_of(holder.client.ask(query))
        assert refusal.code == Code.INVALID
        assert refusal.error.details["fields"][0]["field"] == "after"


async def test_a_project_tells_its_hold(holder: Holder) -> None:
    """An opened project says who holds it, since when and why, as long as it is held."""
    project_id = await holder.create_held_project()
    (listed,) = (await holder.client.ask(ListHolds())).items
    project = await holder.client.ask(GetProject(project_id=project_id))
    assert project.hold == Hold(held_by="admin", held_at=listed.held_at, reason="A lawsuit.")
    await holder.release(project_id)
    assert (await holder.client.ask(GetProject(project_id=project_id))).hold is None


async def test_a_hold_is_withheld(holder: Holder) -> None:
    """A principal who may not see holds gets none, and learns that they are withheld; the history has none."""
    project_id = await holder.create_held_project()
    permissions = dict.fromkeys(SECTIONS, "view")
    nora = await connect_manager(holder.site, "nora", permissions)
    project = await nora.ask(GetProject(project_id=project_id))
    assert project.hold is None
    assert project.withheld == ["hold"]
    assert (await nora.ask(GetHistory(project_id=project_id))).withheld == []
