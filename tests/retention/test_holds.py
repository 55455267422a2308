"""Holding and releasing projects."""

from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from contracts.audit import ProjectActivity
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import DeleteProject, UpdateProject
from contracts.retention import HoldProject, ListHolds, ReleaseProject
from tests.projects.helpers import activities_of, refusal_of
from tests.retention.conftest import EventsByKind
from tests.retention.helpers import Holder, connect_manager
from tests.support import Site, eventually
from workers.local.run_worker import slice_of
from workers.runtime.process.assembly import run_here

WRITTEN = "The prosecutor wants it, file 4711."


@pytest.fixture
async def holder(site: Site) -> Holder:
    """Somebody who may hold projects."""
    return await Holder.start(site)


async def test_a_held_project_is_not_deleted_until_its_release(holder: Holder) -> None:
    """Deleting a project under hold is refused, says since when and by whom, and works after the release (PRJ-21)."""
    project_id = await holder.create_held_project()
    refusal = await holder.refusal(DeleteProject(project_id=project_id))
    (hold,) = (await holder.client.ask(ListHolds())).items
    assert refusal.code is Code.HELD
    (field,) = refusal.error.details.pop("fields")
    assert field["field"] == "project_id"
    assert field["reason"][:30] == "is under hold: release it firs"
    assert refusal.error.details == {"held_by": "admin", "held_at": hold.held_at.isoformat()}
    assert refusal.error.message == "The project is under hold. Release the hold first."
    await holder.release(project_id)
    await holder.delete(project_id)
    assert await holder.site.count("projects.project") == 0


async def test_who_holds_is_told_to_whom_holds_are_shown(holder: Holder) -> None:
    """Anyone who may not see holds learns that there is one, since when, and not whose."""
    project_id = await holder.create_held_project()
    for principal, level, names in (("nora", "none", {"held_at"}), ("vera", "view", {"held_at", "held_by"})):
        other = await connect_manager(holder.site, principal, {Node.RETENTION: level})
        refusal = await refusal_of(other.send(DeleteProject(project_id=project_id)))
        assert refusal.code == Code.HELD
        assert refusal.error.details.keys() - {"fields"} == names


async def test_an_attempt_to_delete_what_is_held_is_logged(site: Site) -> None:
    """Trying to delete a project under hold is recorded; so are the hold and its release."""
    holder = await Holder.start(site, "audit")
    project_id = await holder.create_held_project()
    await holder.refusal(DeleteProject(project_id=project_id))
    await holder.release(project_id)
    for activity in ("retention.held", "audit.refused", "retention.released"):
        assert await activities_of(site, activity) == [("admin", project_id)]


async def test_activity_names_holders_to_whom_holds_are_shown(site: Site) -> None:
    """Whoever may not see holds finds no hold in a project's activity, and no reason of a deletion that one refused."""
    holder = await Holder.start(site, "audit")
    project_id = await holder.create_held_project()
    await holder.refusal(DeleteProject(project_id=project_id))
    await holder.release(project_id)

    async def activity(principal: str, level: str) -> dict[str, Any]:
        levels = {Node.ACTIVITY_LOGS: "view", Node.RETENTION: level}
        other = await connect_manager(site, principal, levels)

        async def refused_at_least() -> dict[str, Any]:
            entries = (await other.ask(ProjectActivity(project_id=project_id))).items
            details = {entry.activity: entry.details for entry in entries}
            return (
                details if "audit.refused" in details and (level == "none" or "retention.released" in details) else {}
            )

        return await eventually(refused_at_least)

    of_viewer, of_stranger = await activity("vera", "view"), await activity("nora", "none")
    assert of_viewer.keys() - of_stranger.keys() == {"retention.held", "retention.released"}
    assert of_viewer["audit.refused"]["code"] == Code.HELD
    assert of_stranger["audit.refused"] == {}


async def test_a_held_project_can_be_changed(holder: Holder) -> None:
    """A hold keeps a project from being deleted and from nothing else."""
    project_id = await holder.create_held_project()
    await holder.client.send(UpdateProject(project_id=project_id, description="More is known."))
    assert await holder.site.sql("SELECT description, revision FROM projects.project") == [("More is known.", 2)]


async def test_the_same_hold_again_is_the_same_hold(holder: Holder, happened: EventsByKind) -> None:
    """The same principal with the same reason is answered as before, and nothing happens."""
    project_id = await holder.create_project()
    assert await holder.hold(project_id) == await holder.hold(project_id, " A lawsuit. ")
    assert await holder.site.count("retention.hold") == 1
    await holder.release(project_id)

    async def released() -> bool:
        return "retention.released" in happened

    await eventually(released)
    assert len(happened["retention.held"]) == 1


@pytest.mark.parametrize("principal, reason", [("admin", "Another lawsuit."), ("hans", "A lawsuit.")])
async def test_another_hold_is_refused(holder: Holder, principal: str, reason: str) -> None:
    """Another reason or another principal is refused, with the holder and the time of the current hold."""
    await holder.site.grant("hans", {Node.PROJECTS: "view", Node.RETENTION: "manage"})
    project_id = await holder.create_held_project()
    other = await holder.site.client(principal, "fr")
    refusal = await refusal_of(other.send(HoldProject(project_id=project_id, reason=reason)))
    (hold,) = (await holder.client.ask(ListHolds())).items
    (field,) = refusal.error.details.pop("fields")
    assert refusal.code == Code.CONFLICT
    assert field["field"] == "project_id"
    assert field["reason"][:16] == "est déjà bloqué\xa0"
    assert refusal.error.details == {"held_by": "admin", "held_at": hold.held_at.isoformat()}


async def test_what_is_not_held_is_not_released(holder: Holder) -> None:
    """Releasing a project that is not held, or not any more, is refused with the reason."""
    project_id = await holder.create_project()
    for _ in range(2):
        refusal = await holder.refusal(ReleaseProject(project_id=project_id, reason="Settled."))
        (field,) = refusal.error.details["fields"]
        assert refusal.code == Code.CONFLICT
        assert field["kind"] == "not_held"
        assert field["field"] == "project_id"
        await holder.hold(project_id)
        await holder.release(project_id)


@pytest.mark.parametrize("command", [HoldProject, ReleaseProject])
async def test_what_is_gone_is_neither_held_nor_released(
    holder: Holder, command: type[HoldProject | ReleaseProject]
) -> None:
    """A deleted project is refused with its tombstone, one that never was here as unknown (PRJ-23)."""
    project_id = await holder.create_project()
    await holder.delete(project_id)
    refusal = await holder.refusal(command(project_id=project_id, reason="Late."))
    assert refusal.code == Code.GONE
    assert refusal.error.details["deleted_by"] == "admin"
    assert refusal.error.message == "Unable to perform this action. Refresh the list."
    refusal = await holder.refusal(command(project_id=uuid7(), reason="Nowhere."))
    assert refusal.code == Code.GONE
    assert refusal.error.details["known"] is False
    assert refusal.error.details["fields"][0]["kind"] == "not_here"


async def test_a_batch_may_hold_and_release_again_and_again(site: Site) -> None:
    """Holds and releases that are handled together stand in their order, and one hold is in force at the end."""
    await site.worker("projects")
    holder = Holder(site, await site.client())
    project_id, caller = await holder.create_project(), await site.caller()
    body = {"project_id": str(project_id), "reason": "Once more."}
    verbs = ("hold", "release", "hold", "release", "release", "hold")
    async with run_here(slice_of("retention"), site.settings("retention")):
        await holder.hold(project_id)
        await holder.release(project_id)
        await holder.hold(project_id)
    sent = [await caller.publish(f"retention.{verb}", project_id, body) for verb in ("release", *verbs)]

    async def known_statuses() -> list[str]:
        known = [caller.outcomes.get(command_id) for command_id in sent]
        return [command_id[0]["status"] for command_id in known if command_id] if all(known) else []

    with capture_logs() as logs:
        await site.worker("retention")
        statuses = await eventually(known_statuses)
    assert [log for log in logs if log["event"] == "batch_failed"] == []
    assert [at for at, status in enumerate(statuses) if status != "applied"] == [5]
    rows = await site.sql("SELECT count(*), count(released_at) FROM retention.hold")
    assert [tuple(row) for row in rows] == [(5, 4)]


async def test_reasons_die_with_their_project(site: Site, happened: EventsByKind) -> None:
    """Why a project was held is in no event, and after the project's end in no table (RET-03)."""
    holder = await Holder.start(site, "audit")
    project_id = await holder.create_project()
    await holder.hold(project_id, WRITTEN)
    await holder.refusal(HoldProject(project_id=project_id, reason=f"{WRITTEN}!"))
    await holder.refusal(DeleteProject(project_id=project_id))
    await holder.release(project_id, WRITTEN)
    await holder.delete(project_id)
    assert await activities_of(site, "projects.deleted") == [("admin", project_id)]
    assert await places_of(site, WRITTEN) == []
    assert WRITTEN not in str(happened)


async def places_of(site: Site, written: str) -> list[str]:
    """Name the tables in which something that was written can be read."""
    tables = await site.sql(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    results: list[str] = []
    for (table,) in tables:
        rows = await site.sql(f"SELECT count(*) FROM {table} t WHERE t::text LIKE :any", any=f"%{written[:20]}%")  # noqa: S608 - a name of the database's own
        results += [table] if rows[0][0] else []
    return results


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2_001, None])
async def test_a_reason_is_required(holder: Holder, reason: str | None) -> None:
    """A hold without a reason, or with one that is too long, is refused, and so is such a release."""
    project_id: UUID = await holder.create_project()
    caller = await holder.site.caller()
    for verb in ("hold", "release"):
        body = {"project_id": str(project_id), "reason": reason}
        error = (await caller.send(f"retention.{verb}", project_id, body))["error"]
        assert error["code"] == "invalid"
        assert error["details"]["fields"][0]["field"] == "reason"
