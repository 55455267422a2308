"""Releases that need two persons: one requests, another one releases."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.administration import ChangeSettings
from contracts.errors import Code
from contracts.message import Command
from contracts.permissions import Node
from contracts.release_requests import RequestRelease, WithdrawRelease
from contracts.retention import ChangeHold, ListHolds, ReleaseProject
from incidents import Client
from tests.projects.helpers import refusal_of
from tests.retention.conftest import EventsByKind
from tests.retention.helpers import Holder, connect_manager, events_of
from tests.support import Site

REASON = "Settled."
RIGHT = {Node.RETENTION: "manage", Node.HOLD_RELEASE: "manage"}


@pytest.fixture
async def holder(site: Site) -> Holder:
    """Somebody who may hold projects, on a site where a release needs two persons."""
    holder = await Holder.start(site, "administration")
    await holder.client.send(ChangeSettings(two_person_release=True))
    return holder


async def kind_of(client: Client, command: Command[Any]) -> tuple[str, str, str]:
    """Return the code, the field and the kind of a refusal that must come."""
    refusal = await refusal_of(client.send(command))
    [field] = refusal.error.details["fields"]
    assert field["reason"]
    return refusal.code, field["field"], field["kind"]


async def test_nobody_releases_a_hold_alone(holder: Holder) -> None:
    """Without a request, and by the one who requested it, a release is refused, and the hold stays in force."""
    project_id = await holder.create_held_project()
    release = ReleaseProject(project_id=project_id, reason=REASON)
    assert await kind_of(holder.client, release) == (Code.CONFLICT, "project_id", "request_needed")
    await holder.client.send(RequestRelease(project_id=project_id, reason=REASON))
    assert await kind_of(holder.client, release) == (Code.CONFLICT, "project_id", "other_person_needed")
    refusal = await refusal_of(holder.delete(project_id))
    assert refusal.code == Code.HELD


async def test_the_second_person_releases(holder: Holder, happened: EventsByKind) -> None:
    """The release by another principal takes effect, and the list names both, each with the reason."""
    project_id = await holder.create_held_project()
    rita = await connect_manager(holder.site, "rita", RIGHT)
    await rita.send(RequestRelease(project_id=project_id, reason=REASON))
    (requested,) = (await holder.client.ask(ListHolds())).items
    assert requested.release_requested_by == "rita"
    assert requested.release_request_reason == REASON
    assert requested.in_force
    await holder.release(project_id, "Agreed.")
    (hold,) = (await holder.client.ask(ListHolds(project_id=project_id))).items
    assert hold.release_requested_by == "rita"
    assert hold.released_by == "admin"
    assert hold.release_reason == "Agreed."
    [event] = await events_of(happened, "retention.release-requested")
    await events_of(happened, "retention.released")
    assert event["actor"] == "rita"
    assert REASON not in str(happened)
    await holder.delete(project_id)


async def test_both_persons_need_the_right(holder: Holder) -> None:
    """Somebody without the right to release a hold cannot request its release either."""
    project_id = await holder.create_held_project()
    otto = await connect_manager(holder.site, "otto", {Node.RETENTION: "manage"})
    request = RequestRelease(project_id=project_id, reason=REASON)
    assert await kind_of(otto, request) == (Code.PERMISSION_DENIED, "project_id", "others_hold")
    await holder.client.send(request)
    release = ReleaseProject(project_id=project_id, reason=REASON)
    assert await kind_of(otto, release) == (Code.PERMISSION_DENIED, "project_id", "others_hold")


async def test_a_request_is_withdrawn(holder: Holder) -> None:
    """After a withdrawal, by whoever manages retention, a release needs another request."""
    project_id = await holder.create_held_project()
    rita = await connect_manager(holder.site, "rita", RIGHT)
    otto = await connect_manager(holder.site, "otto", {Node.RETENTION: "manage"})
    withdrawal = WithdrawRelease(project_id=project_id)
    assert await kind_of(otto, withdrawal) == (Code.CONFLICT, "project_id", "no_release_request")
    request = RequestRelease(project_id=project_id, reason=REASON)
    assert await rita.send(request) == await rita.send(request)
    assert await kind_of(holder.client, request) == (Code.CONFLICT, "project_id", "release_requested")
    await otto.send(withdrawal)
    (hold,) = (await holder.client.ask(ListHolds())).items
    assert hold.release_requested_by is None
    release = ReleaseProject(project_id=project_id, reason=REASON)
    assert await kind_of(holder.client, release) == (Code.CONFLICT, "project_id", "request_needed")


async def test_an_earlier_end_is_no_way_around_it(holder: Holder) -> None:
    """Nobody lets a hold end earlier alone, its author neither; a later end needs one person."""
    project_id = await holder.create_held_project()
    ends = [datetime(year, 1, 1, tzinfo=UTC) for year in (2100, 2101)]
    earlier = ChangeHold(project_id=project_id, until=ends[0])
    assert await kind_of(holder.client, earlier) == (Code.CONFLICT, "until", "release_instead")
    await holder.client.send(ChangeSettings(two_person_release=False))
    await holder.client.send(earlier)
    await holder.client.send(ChangeSettings(two_person_release=True))
    await holder.client.send(ChangeHold(project_id=project_id, until=ends[1]))
    assert await kind_of(holder.client, earlier) == (Code.CONFLICT, "until", "release_instead")


async def test_without_the_setting_one_person_is_enough(holder: Holder) -> None:
    """A request is possible without the setting, and needed by nobody."""
    await holder.client.send(ChangeSettings(two_person_release=False))
    for is_requested in (False, True):
        project_id = await holder.create_held_project()
        if is_requested:
            await holder.client.send(RequestRelease(project_id=project_id, reason=REASON))
        await holder.release(project_id)
