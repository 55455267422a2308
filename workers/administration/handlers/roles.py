"""Defining and assigning roles; a change takes effect with a principal's next message."""

from contracts.administration import (
    AssignRole,
    DefineRole,
    DeleteRole,
    RoleAssigned,
    RoleDefined,
    RoleDeleted,
    RoleUnassigned,
    UnassignRole,
)
from contracts.permissions import ADMINISTRATORS
from workers.administration import domain
from workers.administration.row_types import RoleRow
from workers.administration.worker import AdministrationUnit, worker


@worker.handles(DefineRole)
async def define_role(command: DefineRole, unit: AdministrationUnit) -> RoleDefined:
    """Define a role, or replace its permissions; its members stay."""
    domain.require_changeable_role(command.role_id)
    domain.require_own_permissions(command.permissions, unit.grants, "permissions")
    if old := unit.rows.roles.get(command.role_id):
        domain.require_own_permissions(old["permissions"], unit.grants, "role_id")
    new: RoleRow = {"role_id": command.role_id, "name": command.name, "permissions": command.permissions}
    return RoleDefined(permissions=command.permissions, **unit.rows.define_role(unit, old, new))


@worker.handles(DeleteRole)
async def delete_role(command: DeleteRole, unit: AdministrationUnit) -> RoleDeleted:
    """Delete a role and its memberships: a role defined again under its id has no members."""
    domain.require_changeable_role(command.role_id)
    role = domain.require_role(unit.rows.roles.get(command.role_id), command.role_id)
    domain.require_own_permissions(role["permissions"], unit.grants, "role_id")
    return RoleDeleted(**unit.rows.delete_role(unit, role))


def _require_grantable_role(role_id: str, unit: AdministrationUnit) -> RoleRow:
    role = domain.require_role(unit.rows.roles.get(role_id), role_id)
    by_administrator = unit.rows.members.get(ADMINISTRATORS, unit.principal) is not None
    domain.require_right_to_grant(role, unit.grants, by_administrator=by_administrator)
    return role


@worker.handles(AssignRole)
async def assign_role(command: AssignRole, unit: AdministrationUnit) -> RoleAssigned:
    """Assign a defined role to a principal; a member stays one."""
    role_id, principal = command.role_id, command.principal
    name = _require_grantable_role(role_id, unit)["name"]
    if unit.rows.members.get(role_id, principal):
        unit.leave_unchanged()
    else:
        unit.rows.members.put({"role_id": role_id, "principal": principal})
    return RoleAssigned(principal=principal, role_id=role_id, name=name)


@worker.handles(UnassignRole)
async def unassign_role(command: UnassignRole, unit: AdministrationUnit) -> RoleUnassigned:
    """Unassign a defined role from a principal; refuse to remove the last administrator."""
    role_id, principal = command.role_id, command.principal
    name = _require_grantable_role(role_id, unit)["name"]
    domain.require_an_administrator(role_id, principal, unit.rows.members_of(role_id))
    if unit.rows.members.get(role_id, principal):
        unit.rows.members.remove(role_id, principal)
    else:
        unit.leave_unchanged()
    return RoleUnassigned(principal=principal, role_id=role_id, name=name)
