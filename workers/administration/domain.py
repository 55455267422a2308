"""The rules of administration: pure functions on plain values that refuse with the codes of the wire."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Literal, TypeAlias, cast

from contracts.administration import ChangeSettings
from contracts.catalogue import commands, queries
from contracts.errors import Code, Refusal
from contracts.message import Change, Command, Request
from contracts.permissions import ADMINISTRATORS, EVERYTHING, Grants, Level, LevelName, Node
from contracts.subjects import SYSTEM, is_valid_principal
from contracts.texts import reason
from workers.administration.row_types import CategoryRow, PropertyRow, RoleRow, SettingChanges

State: TypeAlias = Mapping[str, Any]
"""The state of a definition, a role or a setting: values by their names."""

Kind: TypeAlias = Literal["type", "status", "category-value"]

_DESCRIBED = ("name", "description", "enabled")
"""The columns of a definition that its history keeps."""

_LEVEL_NAMES: dict[Level, LevelName] = {Level.NONE: "none", Level.VIEW: "view", Level.MANAGE: "manage"}


def require_property(
    property_: PropertyRow | None, kind: Kind, property_id: int, slot: int | None = None
) -> PropertyRow:
    """Return the property, or refuse an id of another kind, or a value of another category."""
    if property_ is None:
        raise _unknown("id", property_id)
    if property_["kind"] != kind:
        raise _unknown("id", property_id, "other_kind")
    if property_["slot"] != slot:
        raise _unknown("slot", slot, "not_its_category")
    return property_


def require_unassigned(projects: int) -> None:
    """Refuse to change or delete a property that projects have; count them up to 1,001 (TYP-03, STA-03, CAT-05)."""
    if projects:
        raise Refusal(Code.IN_USE, projects=projects)


def require_category(category: CategoryRow | None, slot: int) -> None:
    """Refuse a value for a category that was never defined; a disabled one may get values (CAT-03, AMB-2)."""
    if category is None:
        raise _unknown("slot", slot)


def require_timezone(timezone: str, zones: Collection[str], language: str) -> None:
    """Refuse a time zone that the IANA database does not have."""
    if timezone not in zones:
        kind = "unknown_timezone"
        raise Refusal(Code.INVALID, fields=[{"field": "timezone", "kind": kind, "reason": reason(kind, language)}])


def definition_state(row: State) -> dict[str, Any]:
    """Return the state of a definition that its history keeps."""
    named = (*_DESCRIBED, "closing") if row.get("kind") == "status" else _DESCRIBED
    return {name: row[name] for name in named if name in row}


_SEPARATORS = {"report_signatories": "\n"}
"""What is between the texts of a list, where a text may have spaces."""


def changes(old: State, new: State) -> dict[str, Change]:
    """Return the differences between two states of a definition by name; a role's levels by their nodes.

    Administrators write definitions, so events may carry them.
    """
    before, after = _flat(old), _flat(new)
    named = dict.fromkeys([*after, *before])
    return {
        name: Change(old=before.get(name), new=after.get(name)) for name in named if before.get(name) != after.get(name)
    }


def _flat(state: State) -> dict[str, int | bool | str]:
    levels = state.get("permissions", {})
    others = {name: value for name, value in state.items() if name != "permissions"}
    flat = {**others, **levels}
    return {
        name: _SEPARATORS.get(name, " ").join(value) if isinstance(value, list) else value
        for name, value in flat.items()
    }


def requested_settings(command: ChangeSettings) -> SettingChanges:
    """Return the settings that a command names, with their new values."""
    return cast("SettingChanges", command.model_dump(exclude_none=True, exclude={"confirm", "reason"}))


def require_changeable_role(role_id: str) -> None:
    """Refuse, as a conflict, to define or delete the role `administrators` (PERM-06)."""
    if role_id == ADMINISTRATORS:
        raise Refusal(Code.CONFLICT, fields=[{"field": "role_id", "kind": "fixed_role"}])


def require_own_permissions(permissions: Mapping[Node, LevelName], grants: Grants, field: str) -> None:
    """Refuse a role that gives more than the caller has: nobody gives, changes or removes permissions above their own.

    The role decides, and not its members: a role that is removed from somebody with more roles can be given back.
    """
    levels = {Node(node): Level[level.upper()] for node, level in permissions.items()}
    above = {node: level for node, level in levels.items() if not grants.allow(node, level)}
    if above:
        named = [f"{field}.{node}" for node in sorted(above)] if field == "permissions" else [field]
        raise Refusal(
            Code.PERMISSION_DENIED,
            nodes=sorted(above),
            level=_LEVEL_NAMES[max(above.values())],
            fields=[{"field": name, "kind": "above_own"} for name in named],
        )


def require_right_to_grant(role: RoleRow, grants: Grants, *, by_administrator: bool) -> None:
    """Refuse to assign or unassign a role above the caller's permissions; `administrators` is for its members only.

    That role also has the permissions that later versions add, so nobody else has as many.
    """
    if role["role_id"] != ADMINISTRATORS:
        require_own_permissions(role["permissions"], grants, "role_id")
    elif not by_administrator:
        fields = [{"field": "role_id", "kind": "administrators_only"}]
        raise Refusal(Code.PERMISSION_DENIED, nodes=[Node.ROLES], level="manage", fields=fields)


def require_role(role: RoleRow | None, role_id: str) -> RoleRow:
    """Return the role, or refuse one that is not defined."""
    if role is None:
        raise _unknown("role_id", role_id)
    return role


def require_an_administrator(role_id: str, principal: str, members: Collection[str]) -> None:
    """Refuse, as a conflict, to leave the role `administrators` without a member (PERM-06)."""
    if role_id == ADMINISTRATORS and set(members) == {principal}:
        raise Refusal(Code.CONFLICT, fields=[{"field": "principal", "kind": "last_administrator"}])


def effective_levels(grants: Grants) -> dict[Node, LevelName]:
    """Return a principal's effective level on every node: sub-nodes count only with view on projects."""
    return {node: _LEVEL_NAMES[max(level for level in Level if _reaches(grants, node, level))] for node in Node}


def _reaches(grants: Grants, node: Node, level: Level) -> bool:
    return level is Level.NONE or grants.allow(node, level)


def permitted_requests(grants: Grants) -> list[str]:
    """Name every command and query that these permissions allow, at least for some of its fields."""
    known: dict[str, type[Request[Any]]] = {**commands(), **queries()}
    return sorted(
        subject for subject, asking in known.items() if any(_allows(grants, levels) for levels in _ways(asking))
    )


@cache
def _ways(asking: type[Request[Any]]) -> list[dict[Node, Level]]:
    """Return the permissions that a message needs; if they depend on the given field, the alternatives."""
    if issubclass(asking, Command) and asking.internal:
        return []
    always = asking.model_construct().needs()
    by_field = [asking.model_construct({name}).needs() for name in asking.model_fields]
    ways = [levels for levels in by_field if levels] if not always and any(by_field) else [always]
    return [*ways, *([{asking.instead: asking.level}] if asking.instead else [])]


def _allows(grants: Grants, needed: Mapping[Node, Level]) -> bool:
    return all(grants.allow(node, level) for node, level in needed.items())


def role_levels(role: RoleRow) -> dict[Node, LevelName]:
    """Return the level that a role gives on each node that it names, or on every node for `administrators`."""
    if role["role_id"] == ADMINISTRATORS:
        return effective_levels(EVERYTHING)
    return role["permissions"]


def _unknown(field: str, value: int | str | None, kind: str = "not_defined") -> Refusal:
    return Refusal(Code.UNKNOWN_REFERENCE, fields=[{"field": field, "kind": kind, "value": value}])


def sender_of(principal: str) -> str:
    """Return the sender of a dead letter from its subject, or `system` if the name is invalid."""
    return principal if is_valid_principal(principal) else SYSTEM
