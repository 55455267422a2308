"""Requesting the release of a hold, and withdrawing the request."""

from contracts.release_requests import ReleaseRequested, ReleaseWithdrawn, RequestRelease, WithdrawRelease
from workers.retention import hold_rules
from workers.retention.worker import RetentionUnit, worker


@worker.handles(RequestRelease)
async def request_release(command: RequestRelease, unit: RetentionUnit) -> ReleaseRequested:
    """Request the release of the hold in force; accept the same request again."""
    unit.rows.require_project(command.project_id)
    hold = hold_rules.require_hold(unit.rows.hold_of(command.project_id))
    hold_rules.require_right_to_end(hold, unit.principal, unit.grants)
    requested = ReleaseRequested(project_id=command.project_id, hold_id=hold["hold_id"])
    if (hold["release_requested_by"], hold["release_request_reason"]) == (unit.principal, command.reason):
        unit.leave_unchanged()
        return requested
    hold_rules.require_no_request(hold)
    unit.rows.update(hold_rules.with_request(hold, unit.principal, unit.now, command.reason))
    return requested


@worker.handles(WithdrawRelease)
async def withdraw_release(command: WithdrawRelease, unit: RetentionUnit) -> ReleaseWithdrawn:
    """Withdraw the request to release the hold in force."""
    unit.rows.require_project(command.project_id)
    hold = hold_rules.require_hold(unit.rows.hold_of(command.project_id))
    hold_rules.require_request(hold)
    unit.rows.update(hold_rules.with_request(hold, None, None, None))
    return ReleaseWithdrawn(project_id=command.project_id, hold_id=hold["hold_id"])
