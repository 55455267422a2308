"""Roles and what they come to, through the whole system."""

import pytest

from contracts.administration import AssignRole, ChangeSettings, DefineRole, DeleteRole, UnassignRole
from contracts.administration_queries import GetMe, GetRoles, GetSettings, Me, Role
from contracts.errors import Code
from contracts.message import Command
from contracts.permissions import ADMINISTRATORS, LevelName, Node
from contracts.properties import AddType
from incidents import Client, Refused
from tests.administration.conftest import Together
from tests.support import Site

ANYBODY = ["administration.me", "projects.outcome"]
"""What needs no permission."""

EVERYTHING: dict[Node, LevelName] = dict.fromkeys(Node, "manage")
CLERKS = DefineRole(role_id="clerks", name="Clerks", permissions={Node.SETTINGS: "manage"})


async def test_a_role_acts_at_once(site: Site, admin: Client) -> None:
    """A principal can do what a role gives from its next message on, and no longer when the role is taken (PERM-01)."""
    ann = await site.client("ann")
    await admin.send(CLERKS)
    await admin.send(AssignRole(principal="ann", role_id="clerks"))
    await ann.send(ChangeSettings(retention_days=10))
    await admin.send(UnassignRole(principal="ann", role_id="clerks"))
    with pytest.raises(Refused) as refusal:
        await ann.send(ChangeSettings(retention_days=11))
    assert refusal.value.code == Code.PERMISSION_DENIED


async def test_roles_list_what_they_give_and_to_whom(admin: Client) -> None:
    """Every role is listed with its permissions and members; administrators have everything (PERM-11, PERM-06)."""
    await admin.send(CLERKS)
    for principal in ("zoe", "ann"):
        await admin.send(AssignRole(principal=principal, role_id="clerks"))
    administrators = Role(role_id=ADMINISTRATORS, name="Administrators", permissions=EVERYTHING, members=["admin"])
    clerks = Role(role_id="clerks", name="Clerks", permissions={Node.SETTINGS: "manage"}, members=["ann", "zoe"])
    assert [administrators, clerks] == (await admin.ask(GetRoles())).roles


async def test_a_role_is_replaced_and_keeps_its_members(site: Site, admin: Client) -> None:
    """A role that is defined again gives what it gives now, to those who had it."""
    await admin.send(CLERKS)
    await admin.send(AssignRole(principal="ann", role_id="clerks"))
    await admin.send(DefineRole(role_id="clerks", name="Readers", permissions={Node.ROLES: "view"}))
    me = await (await site.client("ann")).ask(GetMe())
    assert me.roles == ["clerks"]
    assert me.role_names == {"clerks": "Readers"}
    assert me.permissions[Node.SETTINGS] == "none"
    assert me.permissions[Node.ROLES] == "view"


async def test_a_deleted_role_gives_nothing(site: Site, admin: Client) -> None:
    """A role that is deleted is taken from its members."""
    await admin.send(CLERKS)
    await admin.send(AssignRole(principal="ann", role_id="clerks"))
    await admin.send(DeleteRole(role_id="clerks"))
    me = await (await site.client("ann")).ask(GetMe())
    assert me.roles == []
    assert me.permissions[Node.SETTINGS] == "none"


async def test_a_role_made_anew_has_no_members(site: Site, together: Together) -> None:
    """Who had a role that was deleted has not the one that is made under its name in the same batch."""
    await site.grant("ann", {Node.SETTINGS: "view"})
    again = DefineRole(role_id="role-of-ann", name="Again", permissions={Node.ROLES: "manage"})
    outcomes = await together(DeleteRole(role_id="role-of-ann"), again)
    assert [outcome.status for outcome in outcomes] == ["applied", "applied"]
    assert (await (await site.client("ann")).ask(GetMe())).roles == []


async def test_what_is_so_already_is_not_done_again(admin: Client) -> None:
    """Giving a role that is had, and taking one that is not, is applied and leaves no event."""
    await admin.send(CLERKS)
    row, taken = (
        AssignRole(principal="ann", role_id="clerks"),
        UnassignRole(principal="ann", role_id="clerks"),
    )
    results: list[int] = []
    for command in (row, row, taken, taken):
        outcome = await (await admin.submit(command)).outcome()
        assert outcome.status == "applied"
        results.append(len(outcome.events or []))
    assert results == [1, 0, 1, 0]


async def test_a_role_may_be_taken_and_given_in_one_batch(site: Site, together: Together) -> None:
    """A role that is taken from a principal and given back in one batch is had."""
    await site.grant("ann", {Node.SETTINGS: "view"})
    command = AssignRole(principal="ann", role_id="role-of-ann")
    taken = UnassignRole(principal="ann", role_id="role-of-ann")
    outcomes = await together(taken, command)
    assert [outcome.status for outcome in outcomes] == ["applied", "applied"]
    assert (await (await site.client("ann")).ask(GetMe())).roles == ["role-of-ann"]


@pytest.mark.parametrize(
    "command",
    [
        AssignRole(principal="ann", role_id="nobody"),
        UnassignRole(principal="ann", role_id="nobody"),
        DeleteRole(role_id="nobody"),
    ],
)
async def test_an_unknown_role_is_refused(admin: Client, command: Command[object]) -> None:
    """A role that is not defined can be neither given, taken nor deleted: a typing slip revokes nothing."""
    with pytest.raises(Refused) as refusal:
        await admin.send(command)
    assert refusal.value.code == Code.UNKNOWN_REFERENCE
    (field,) = refusal.value.details["fields"]
    assert field["field"] == "role_id"
    assert field["kind"] == "not_defined"
    assert field["value"] == "nobody"


@pytest.mark.parametrize(
    "command",
    [
        DefineRole(role_id=ADMINISTRATORS, name="Mine", permissions={}),
        DeleteRole(role_id=ADMINISTRATORS),
        UnassignRole(principal="admin", role_id=ADMINISTRATORS),
    ],
)
async def test_administrators_keep_everything_and_a_member(admin: Client, command: Command[object]) -> None:
    """The role administrators is not changed, not deleted and not left without a member (PERM-06)."""
    with pytest.raises(Refused) as refusal:
        await admin.send(command)
    assert refusal.value.code == Code.CONFLICT
    assert refusal.value.details["fields"][0]["reason"]
    me = await admin.ask(GetMe())
    assert me.roles == [ADMINISTRATORS]
    assert me.permissions == EVERYTHING


async def test_administration_can_be_handed_over(site: Site, admin: Client) -> None:
    """An administrator may leave once somebody else is one."""
    await admin.send(AssignRole(principal="ann", role_id=ADMINISTRATORS))
    await admin.send(UnassignRole(principal="admin", role_id=ADMINISTRATORS))
    await (await site.client("ann")).send(AddType(name="Theft"))
    with pytest.raises(Refused) as refusal:
        await admin.send(AddType(name="Theft"))
    assert refusal.value.code == Code.PERMISSION_DENIED


async def test_anybody_may_know_itself(site: Site) -> None:
    """A principal who has no role may ask what it can do, and learns that it is nothing (PERM-05)."""
    await site.workers("administration")
    bob = await site.client("bob")
    nothing = Me(principal="bob", roles=[], permissions=dict.fromkeys(Node, "none"), may=ANYBODY)
    assert nothing == await bob.ask(GetMe())
    for hidden in (GetRoles(), GetSettings()):
        with pytest.raises(Refused) as refusal:
            await bob.ask(hidden)
        assert refusal.value.code == Code.NOT_AVAILABLE


async def test_the_highest_of_several_roles_counts(site: Site, admin: Client) -> None:
    """A principal has the highest level that any of its roles gives, and sub-nodes only with the projects (PERM-09)."""
    levels = {"one": {Node.SETTINGS: "view", Node.CALLS: "manage"}, "two": {Node.SETTINGS: "manage"}}
    for role_id, permissions in levels.items():
        await admin.send(
            DefineRole.model_validate({**CLERKS.model_dump(), "role_id": role_id, "permissions": permissions})
        )
        await admin.send(AssignRole(principal="ann", role_id=role_id))
    me = await (await site.client("ann")).ask(GetMe())
    assert me.roles == ["one", "two"]
    assert me.permissions[Node.SETTINGS] == "manage"
    assert me.permissions[Node.CALLS] == "none"
