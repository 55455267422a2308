"""A principal who manages roles gives nothing that it has not: neither to others nor to itself."""

import pytest

from contracts.administration import AssignRole, DefineRole, DeleteRole, UnassignRole
from contracts.administration_queries import GetMe
from contracts.errors import Code
from contracts.message import Command
from contracts.permissions import ADMINISTRATORS, LevelName, Node
from incidents import Client, Refused
from tests.support import Site

HIGHER: dict[Node, LevelName] = {Node.SETTINGS: "view"}
OWN: dict[Node, LevelName] = {Node.ROLES: "manage", Node.PROJECTS: "view", Node.COMMENTS: "view"}


@pytest.fixture
async def manager(site: Site, admin: Client) -> Client:
    """Somebody who manages roles and sees comments, and a role that gives more."""
    await site.grant("mary", {Node.ROLES: "manage", Node.PROJECTS: "view", Node.COMMENTS: "view"})
    await admin.send(DefineRole(role_id="higher", name="Higher", permissions=HIGHER))
    await admin.send(AssignRole(principal="zoe", role_id="higher"))
    return await site.client("mary")


@pytest.mark.parametrize(
    "command, nodes",
    [
        (AssignRole(principal="mary", role_id=ADMINISTRATORS), [Node.ROLES]),
        (AssignRole(principal="ann", role_id=ADMINISTRATORS), [Node.ROLES]),
        (UnassignRole(principal="admin", role_id=ADMINISTRATORS), [Node.ROLES]),
        (UnassignRole(principal="ann", role_id=ADMINISTRATORS), [Node.ROLES]),
        (AssignRole(principal="mary", role_id="higher"), [Node.SETTINGS]),
        (UnassignRole(principal="zoe", role_id="higher"), [Node.SETTINGS]),
        (DeleteRole(role_id="higher"), [Node.SETTINGS]),
        (DefineRole(role_id="higher", name="Lower", permissions={}), [Node.SETTINGS]),
        (DefineRole(role_id="new", name="New", permissions={**OWN, Node.SETTINGS: "view"}), [Node.SETTINGS]),
        (DefineRole(role_id="role-of-mary", name="Mine", permissions=dict.fromkeys(Node, "manage")), None),
        (DefineRole(role_id="new", name="New", permissions={Node.COMMENTS: "manage"}), [Node.COMMENTS]),
    ],
)
async def test_more_than_ones_own_is_refused(
    site: Site, manager: Client, command: Command[object], nodes: list[Node] | None
) -> None:
    """A role with more than one has is neither made, changed, deleted, given nor taken; the refusal names the nodes."""
    before = await site.sql("SELECT * FROM administration.role, administration.member ORDER BY 1, 2, 3, 4, 5")
    with pytest.raises(Refused) as refusal:
        await manager.send(command)
    assert refusal.value.code == Code.PERMISSION_DENIED
    assert nodes is None or refusal.value.details["nodes"] == nodes
    assert all(field["reason"] for field in refusal.value.details["fields"])
    assert await site.sql("SELECT * FROM administration.role, administration.member ORDER BY 1, 2, 3, 4, 5") == before


async def test_what_one_has_one_may_give_and_take(site: Site, manager: Client) -> None:
    """A role within one's own levels is made, given and taken, from whoever has more by other roles, too (PERM-11)."""
    await manager.send(DefineRole(role_id="readers", name="Readers", permissions=OWN))
    for principal in ("zoe", "admin", "mary"):
        await manager.send(AssignRole(principal=principal, role_id="readers"))
        await manager.send(UnassignRole(principal=principal, role_id="readers"))
    await manager.send(DefineRole(role_id="readers", name="Readers", permissions={Node.ROLES: "view"}))
    await manager.send(DeleteRole(role_id="readers"))


async def test_what_counts_is_what_one_really_has(site: Site, admin: Client) -> None:
    """A level below projects that one may not see is not had, and cannot be given (PERM-09)."""
    await site.grant("mary", {Node.ROLES: "manage", Node.COMMENTS: "manage"})
    mary = await site.client("mary")
    with pytest.raises(Refused) as refusal:
        await mary.send(DefineRole(role_id="new", name="New", permissions={Node.COMMENTS: "view"}))
    assert refusal.value.details["level"] == "view"


async def test_administrators_alone_make_administrators(site: Site, admin: Client) -> None:
    """Manage on every node is not enough: that role has what later versions add, too (PERM-06)."""
    everything: dict[Node, LevelName] = dict.fromkeys(Node, "manage")
    await admin.send(DefineRole(role_id="all", name="All", permissions=everything))
    await admin.send(AssignRole(principal="mary", role_id="all"))
    mary = await site.client("mary")
    assert (await mary.ask(GetMe())).permissions == everything
    with pytest.raises(Refused) as refusal:
        await mary.send(AssignRole(principal="mary", role_id=ADMINISTRATORS))
    assert refusal.value.details["fields"][0]["kind"] == "administrators_only"
    await admin.send(AssignRole(principal="mary", role_id=ADMINISTRATORS))
    await mary.send(UnassignRole(principal="admin", role_id=ADMINISTRATORS))
