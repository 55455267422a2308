"""Holds that end by a date, their references, and who may change them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.errors import Code
from contracts.message import Change
from contracts.permissions import Node
from contracts.projects.queries import GetProject
from contracts.retention import ChangeHold, HoldProject, ListHolds
from tests.projects.helpers import refusal_of
from tests.retention.conftest import EventsByKind
from tests.retention.helpers import Holder, connect_manager, events_of
from tests.retention.test_hold_matrix import end_by_date
from tests.support import Site

SOON = datetime(2100, 1, 1, 12, tzinfo=UTC)
LATER = SOON + timedelta(days=365)


@pytest.fixture
async def holder(site: Site) -> Holder:
    """Somebody who may hold projects."""
    return await Holder.start(site)


async def test_a_hold_tells_its_end_and_its_reference(holder: Holder, happened: EventsByKind) -> None:
    """End and reference are listed and shown with the project; the event has the end and not the reference."""
    project_id = await holder.create_project()
    command = HoldProject(project_id=project_id, reason="A lawsuit.", until=SOON, reference=" No. 17 ")
    assert (await holder.client.send(command)).until == SOON
    assert await holder.client.send(command) == await holder.client.send(command)
    (hold,) = (await holder.client.ask(ListHolds())).items
    assert hold.until == SOON
    assert hold.reference == "No. 17"
    assert hold.in_force
    shown = (await holder.client.ask(GetProject(project_id=project_id))).hold
    assert shown is not None
    assert shown.until == SOON
    assert shown.reference == "No. 17"
    (event,) = await events_of(happened, "retention.held")
    assert event["until"] == "2100-01-01T12:00:00Z"
    assert "No. 17" not in str(event)


@pytest.mark.parametrize("command", [HoldProject, ChangeHold])
async def test_an_end_is_in_the_future(holder: Holder, command: type[HoldProject | ChangeHold]) -> None:
    """A hold that would end at once is refused, with the field and the way out."""
    project_id = await holder.create_project()
    if command is ChangeHold:
        await holder.hold(project_id)
    reason = {"reason": "A lawsuit."} if command is HoldProject else {}
    refusal = await holder.refusal(command(project_id=project_id, until=datetime(2020, 1, 1, tzinfo=UTC), **reason))
    (field,) = refusal.error.details["fields"]
    assert refusal.code == Code.INVALID
    assert field["field"] == "until"
    assert field["kind"] == "not_future"
    assert "give a later time" in field["reason"]


async def test_another_end_is_another_hold(holder: Holder) -> None:
    """The same reason with another end or reference is refused, and names the hold in force."""
    project_id = await holder.create_held_project()
    other: list[dict[str, Any]] = [{"until": SOON}, {"reference": "No. 17"}]
    for fields in other:
        refusal = await holder.refusal(HoldProject(project_id=project_id, reason="A lawsuit.", **fields))
        assert refusal.code == Code.CONFLICT
        assert refusal.error.details["fields"][0]["kind"] == "held_already"


async def test_an_ended_hold_stays_in_the_list_of_its_project(holder: Holder) -> None:
    """After its end a hold is listed as not in force, can neither be changed nor released, and another may follow."""
    project_id = await holder.create_held_project()
    await end_by_date(holder.site, project_id)
    refusal = await holder.refusal(ChangeHold(project_id=project_id, until=SOON))
    assert refusal.code == Code.CONFLICT
    assert refusal.error.details["fields"][0]["kind"] == "not_held"
    await holder.hold(project_id, "An appeal.")
    holds = (await holder.client.ask(ListHolds(project_id=project_id))).items
    assert [(hold.reason, hold.in_force) for hold in holds] == [("An appeal.", True), ("A lawsuit.", False)]
    await end_by_date(holder.site, project_id)
    await holder.hold(project_id, "A revision.")
    assert [hold.reason for hold in (await holder.client.ask(ListHolds())).items] == ["A revision."]


async def test_a_hold_is_changed(holder: Holder, happened: EventsByKind) -> None:
    """End and reference are changed field by field; an equal value changes nothing, and null clears."""
    project_id = await holder.create_held_project()
    for fields, changed in (
        ({"until": SOON, "reference": "No. 17"}, {"until": Change(new=SOON.isoformat()), "reference": Change()}),
        ({"until": LATER}, {"until": Change(old=SOON.isoformat(), new=LATER.isoformat())}),
        ({"until": LATER}, {}),
        ({"until": None, "reference": None}, {"until": Change(old=LATER.isoformat()), "reference": Change()}),
    ):
        event = await holder.client.send(ChangeHold.model_validate({"project_id": project_id, **fields}))
        assert event.changed == changed
    (hold,) = (await holder.client.ask(ListHolds())).items
    assert hold.until is None
    assert hold.reference is None
    events = await events_of(happened, "retention.hold-changed", 3)
    assert "No. 17" not in str(events)


async def test_an_earlier_end_of_anothers_hold_needs_the_right(holder: Holder) -> None:
    """Whoever may hold extends anybody's hold; only its author, or with the right another, lets it end earlier."""
    project_id = await holder.create_held_project()
    otto = await connect_manager(holder.site, "otto", {Node.RETENTION: "manage"})
    await otto.send(ChangeHold(project_id=project_id, reference="No. 17"))
    refusal = await refusal_of(otto.send(ChangeHold(project_id=project_id, until=LATER)))
    assert refusal.code == Code.PERMISSION_DENIED
    assert refusal.error.details["nodes"] == [Node.HOLD_RELEASE]
    assert refusal.error.details["held_by"] == "admin"
    assert refusal.error.details["fields"][0]["kind"] == "others_hold"
    await holder.client.send(ChangeHold(project_id=project_id, until=SOON))
    await otto.send(ChangeHold(project_id=project_id, until=LATER))
    await otto.send(ChangeHold(project_id=project_id, until=None))
    await connect_manager(holder.site, "otto", {Node.RETENTION: "manage", Node.HOLD_RELEASE: "manage"})
    await otto.send(ChangeHold(project_id=project_id, until=SOON))
