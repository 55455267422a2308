"""The matrix of holds: what each state of a project's hold lets people and retention do."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Command
from contracts.permissions import Node
from contracts.projects.commands import DeleteProject
from contracts.projects.parts import AddComment, DeleteComment, EditComment
from contracts.projects.queries import GetProject, ListProjects, ProjectFilter
from contracts.retention import HoldProject, ListDue, ListHolds, ReleaseProject, Sweep
from incidents import Client, Refused
from tests.retention.conftest import EventsByKind, Fill
from tests.retention.helpers import Holder, connect_manager, events_of
from tests.support import Site

STATES: Final = ("held", "held for long", "ended", "ended and held again", "released", "never held")
PROTECTED: Final = frozenset({"held", "held for long", "ended and held again"})
ACTIONS: Final = ("delete", "edit comment", "delete comment", "release", "release by another", "release with the right")
LONG: Final = timedelta(days=900)


async def end_by_date(site: Site, project_id: UUID) -> None:
    """Let the end of a hold pass."""
    await site.sql(
        "UPDATE retention.hold SET until = now() WHERE project_id = :id AND released_at IS NULL AND NOT lapsed",
        id=project_id,
    )


async def bring_into(state: str, holder: Holder, project_id: UUID) -> None:
    """Bring the hold of a project into a state."""
    if state == "never held":
        return
    until = datetime.now(UTC) + LONG if state == "held for long" else None
    await holder.client.send(HoldProject(project_id=project_id, reason="A lawsuit.", until=until))
    if state == "released":
        await holder.release(project_id)
    if state.startswith("ended"):
        await end_by_date(holder.site, project_id)
    if state.endswith("held again"):
        await holder.hold(project_id, "An appeal.")


async def code_of(client: Client, command: Command[Any]) -> str:
    """Send a command; return the code of its refusal, and nothing if it was applied."""
    try:
        await client.send(command)
    except Refused as refused:
        return refused.code
    return ""


def expected_code(state: str, action: str) -> str:
    """Return what the table says: the code of a refusal, or nothing."""
    is_held = state in PROTECTED
    match action:
        case "delete":
            return Code.HELD if is_held else ""
        case "release by another":
            return Code.PERMISSION_DENIED if is_held else Code.CONFLICT
        case "release" | "release with the right":
            return "" if is_held else Code.CONFLICT
        case _:
            return ""


@pytest.mark.parametrize("state", STATES)
async def test_what_people_may_do_with_a_project(site: Site, state: str) -> None:
    """Only a hold in force refuses a deletion, only its author and who has the right end it; texts can change."""
    holder = await Holder.start(site)
    levels = {Node.RETENTION: "manage"}
    others = {
        "release by another": await connect_manager(site, "otto", levels),
        "release with the right": await connect_manager(site, "rita", {**levels, Node.HOLD_RELEASE: "manage"}),
    }
    codes = {}
    for action in ACTIONS:
        project_id, comment_id = await holder.create_project(), uuid7()
        await holder.client.send(AddComment(project_id=project_id, comment_id=comment_id, text="Seen."))
        await bring_into(state, holder, project_id)
        commands: dict[str, Command[Any]] = {
            "delete": DeleteProject(project_id=project_id),
            "edit comment": EditComment(project_id=project_id, comment_id=comment_id, text="Heard."),
            "delete comment": DeleteComment(project_id=project_id, comment_id=comment_id),
        }
        command = commands.get(action, ReleaseProject(project_id=project_id, reason="Settled."))
        codes[action] = await code_of(others.get(action, holder.client), command)
    assert codes == {action: expected_code(state, action) for action in ACTIONS}


async def due_ids(client: Client) -> set[UUID]:
    """Return what is due."""
    return {project.project_id for project in (await client.ask(ListDue())).items}


async def unheld_ids(client: Client) -> set[UUID]:
    """Return what a list says is not under hold."""
    query = ListProjects(filter=ProjectFilter(has_hold=False))
    return {project.project_id for project in (await client.ask(query)).items}


async def test_retention_and_lists_follow_the_same_rule(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """A sweep deletes, and lists name, exactly the projects that could be deleted by hand."""
    holder = await Holder.start(site)
    ids = dict(zip(STATES, await fill(len(STATES), days=8), strict=True))
    for state, project_id in ids.items():
        await bring_into(state, holder, project_id)
    protected = {ids[state] for state in PROTECTED}
    assert await due_ids(holder.client) == await unheld_ids(holder.client) == {*ids.values()} - protected
    held = ListProjects(filter=ProjectFilter(has_hold=True))
    assert {project.project_id for project in (await holder.client.ask(held)).items} == protected
    assert {hold.project_id for hold in (await holder.client.ask(ListHolds())).items} == protected
    for state, project_id in ids.items():
        hold = (await holder.client.ask(GetProject(project_id=project_id))).hold
        assert (state, hold is not None) == (state, state in PROTECTED)
    assert (await holder.client.send(Sweep())).due == len(STATES) - len(PROTECTED)
    await events_of(happened, "retention.swept")
    assert {project_id for (project_id,) in await site.sql("SELECT id FROM projects.project")} == protected
