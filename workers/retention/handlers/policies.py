"""Setting and deleting policies."""

from contracts.errors import Code, Refusal
from contracts.retention_policies import (
    POLICIES_MAX,
    DeletePolicy,
    PolicyDeleted,
    PolicySet,
    SetPolicy,
    require_confirmed,
)
from workers.retention import retention_rules
from workers.retention.queries import count_due
from workers.retention.row_types import PolicyRow
from workers.retention.worker import RetentionUnit, worker


@worker.handles(SetPolicy)
async def set_policy(command: SetPolicy, unit: RetentionUnit) -> PolicySet:
    """Make a policy or replace its terms; accept the same terms again."""
    old = unit.rows.policies.get(command.policy_id)
    new = retention_rules.new_policy(command.policy_id, command, unit.principal, unit.now)
    name = unit.rows.require_property(command.property_id)
    changed = retention_rules.changes(old, new)
    if not changed:
        unit.leave_unchanged()
        return PolicySet(policy_id=command.policy_id, name=name)
    if old is None and len(unit.rows.policies.all()) >= POLICIES_MAX:
        raise Refusal(Code.INVALID, fields=[{"field": "policy_id", "kind": "too_many_policies", "limit": POLICIES_MAX}])
    await _require_confirmed(command, new, unit)
    unit.rows.policies.put(new)
    return PolicySet(policy_id=command.policy_id, name=name, changed=changed)


@worker.handles(DeletePolicy)
async def delete_policy(command: DeletePolicy, unit: RetentionUnit) -> PolicyDeleted:
    """Delete a policy."""
    old = unit.rows.policies.get(command.policy_id)
    if old is None:
        fields = [{"field": "policy_id", "kind": "unknown_policy", "value": command.policy_id}]
        raise Refusal(Code.UNKNOWN_REFERENCE, fields=fields)
    await _require_confirmed(command, None, unit)
    unit.rows.policies.remove(command.policy_id)
    name = unit.rows.properties.get(old["property_id"])
    return PolicyDeleted(policy_id=command.policy_id, name=name, changed=retention_rules.changes(old, None))


async def _require_confirmed(command: SetPolicy | DeletePolicy, new: PolicyRow | None, unit: RetentionUnit) -> None:
    """Refuse a change that lets the next sweep delete more than before, unless their number was confirmed."""
    rules = unit.rows.rules()
    before, after = [
        await count_due(unit.connection, each, unit.now) for each in (rules, rules.with_policy(command.policy_id, new))
    ]
    require_confirmed(command.confirm, after.due, before.due)
