"""The rules of administration, on plain values."""

from typing import Any

import pytest

from contracts.errors import Code, Refusal
from contracts.message import Change
from contracts.permissions import ADMINISTRATORS, EVERYTHING, Grants, Level, Node
from workers.administration import domain
from workers.administration.row_types import CategoryRow, PropertyRow, RoleRow

TYPE: PropertyRow = {"id": 3, "kind": "type", "slot": None, "name": "Theft", "description": "", "closing": False}
VALUE: PropertyRow = {**TYPE, "id": 4, "kind": "category-value", "slot": 2, "name": "Car park"}
DISABLED: CategoryRow = {"slot": 2, "id": 5, "enabled": False, "name": "Place", "description": ""}
SETTINGS = {"retention_days": 7, "report_title": "Museum", "timezone": "UTC"}


def test_a_property_is_known_by_id_and_kind() -> None:
    """An id finds a property of the asked kind and of the asked category."""
    assert domain.require_property(TYPE, "type", 3) == TYPE
    assert domain.require_property(VALUE, "category-value", 4, 2) == VALUE


@pytest.mark.parametrize(
    "property_, kind, slot, field",
    [
        (None, "type", None, {"field": "id", "kind": "not_defined", "value": 9}),
        (TYPE, "status", None, {"field": "id", "kind": "other_kind", "value": 9}),
        (VALUE, "type", None, {"field": "id", "kind": "other_kind", "value": 9}),
        (VALUE, "category-value", 1, {"field": "slot", "kind": "not_its_category", "value": 1}),
    ],
)
def test_another_property_is_unknown(
    property_: PropertyRow | None, kind: domain.Kind, slot: int | None, field: dict[str, Any]
) -> None:
    """An id that nobody has, or that is of another kind or category, is refused by its wrong field."""
    with pytest.raises(Refusal) as refusal:
        domain.require_property(property_, kind, 9, slot)
    assert refusal.value.code == Code.UNKNOWN_REFERENCE
    assert refusal.value.details == {"fields": [field]}


def test_what_projects_have_is_in_use() -> None:
    """What a project has is refused with the number of projects, what none has is not."""
    domain.require_unassigned(0)
    with pytest.raises(Refusal) as refusal:
        domain.require_unassigned(12)
    assert refusal.value.code == Code.IN_USE
    assert refusal.value.details == {"projects": 12}


def test_values_belong_to_a_defined_category() -> None:
    """A value is refused where no category was ever defined, and accepted where one is disabled."""
    domain.require_category(DISABLED, 2)
    with pytest.raises(Refusal) as refusal:
        domain.require_category(None, 5)
    assert refusal.value.details == {"fields": [{"field": "slot", "kind": "not_defined", "value": 5}]}


def test_a_timezone_is_a_known_one() -> None:
    """A time zone is one of the given zones, letter by letter, or is refused by its field."""
    domain.require_timezone("Europe/Paris", {"Europe/Paris"}, "en")
    with pytest.raises(Refusal) as refusal:
        domain.require_timezone("europe/paris", {"Europe/Paris"}, "fr")
    assert refusal.value.code == Code.INVALID
    assert refusal.value.details["fields"][0]["field"] == "timezone"


def test_only_changes_are_told() -> None:
    """What stays as it is has not changed; what was added has no old value, what was taken away no new one."""
    expected = {"retention_days": 30, "report_title": "Gallery", "timezone": "UTC"}
    changed = {"retention_days": Change(old=7, new=30), "report_title": Change(old="Museum", new="Gallery")}
    assert changed == domain.changes(SETTINGS, expected)
    assert domain.changes(SETTINGS, SETTINGS) == {}
    before, after = (
        {"name": "Guards", "permissions": permissions} for permissions in ({"roles": "view"}, {"settings": "view"})
    )
    levels = {"roles": Change(old="view"), "settings": Change(new="view")}
    assert domain.changes({}, before) == {"name": Change(new="Guards"), "roles": Change(new="view")}
    assert domain.changes(before, after) == levels


def test_the_administrators_stay_what_they_are() -> None:
    """The role administrators is never defined or deleted; any other role may be."""
    domain.require_changeable_role("operators")
    with pytest.raises(Refusal) as refusal:
        domain.require_changeable_role(ADMINISTRATORS)
    assert refusal.value.code == Code.CONFLICT
    assert refusal.value.details["fields"] == [{"field": "role_id", "kind": "fixed_role"}]


@pytest.mark.parametrize(
    "role_id, members", [("operators", ["ann"]), (ADMINISTRATORS, ["ann", "bob"]), (ADMINISTRATORS, ["bob"])]
)
def test_members_may_leave_while_an_administrator_is_left(role_id: str, members: list[str]) -> None:
    """A role other than administrators may lose its last member, and administrators any but its last."""
    domain.require_an_administrator(role_id, "ann", members)


def test_the_last_administrator_stays() -> None:
    """The only member of administrators is refused to leave."""
    with pytest.raises(Refusal) as refusal:
        domain.require_an_administrator(ADMINISTRATORS, "ann", ["ann"])
    assert refusal.value.code == Code.CONFLICT
    assert refusal.value.details["fields"] == [{"field": "principal", "kind": "last_administrator"}]


def test_levels_below_unseen_projects_count_for_nothing() -> None:
    """A sub-node gives nothing without view on the projects, and what no role names is none."""
    hidden = domain.effective_levels(Grants({Node.COMMENTS: Level.MANAGE, Node.SETTINGS: Level.VIEW}))
    assert hidden[Node.COMMENTS] == "none"
    assert hidden[Node.SETTINGS] == "view"
    assert hidden[Node.ROLES] == "none"
    visible = domain.effective_levels(Grants({Node.COMMENTS: Level.MANAGE, Node.PROJECTS: Level.VIEW}))
    assert visible[Node.COMMENTS] == "manage"
    assert visible[Node.PROJECTS] == "view"


def test_administrators_can_do_everything() -> None:
    """Administrators have manage on every node, whatever is stored of their role (PERM-06)."""
    everything = dict.fromkeys(Node, "manage")
    assert everything == domain.effective_levels(EVERYTHING)
    assert everything == domain.role_levels({"role_id": ADMINISTRATORS, "name": "All", "permissions": {}})
    role: RoleRow = {"role_id": "x", "name": "X", "permissions": {Node.SETTINGS: "view"}}
    assert domain.role_levels(role) == {"settings": "view"}
