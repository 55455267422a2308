"""The rules of holds: which one is the same, when one may end, and who may end it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.message import Change
from contracts.permissions import Grants, Level, Node
from contracts.retention import ChangeHold, HoldProject
from workers.retention.row_types import HoldRow


def new_hold(hold_id: UUID, command: HoldProject, by: str, at: datetime) -> HoldRow:
    """Return a hold that is in force; refuse one that would end at once."""
    require_future(command.until, at)
    return {
        "hold_id": hold_id,
        "project_id": command.project_id,
        "reason": command.reason,
        "held_by": by,
        "held_at": at,
        "released_by": None,
        "released_at": None,
        "release_reason": None,
        "until": command.until,
        "reference": command.reference,
        "lapsed": False,
        "release_requested_by": None,
        "release_requested_at": None,
        "release_request_reason": None,
    }


def require_future(until: datetime | None, now: datetime) -> None:
    """Refuse an end that is not in the future."""
    if until is not None and until <= now:
        raise Refusal(Code.INVALID, fields=[{"field": "until", "kind": "not_future"}])


def require_same_hold(hold: HoldRow, command: HoldProject, by: str) -> None:
    """Accept the same hold again; refuse another one, naming the holder and the time."""
    requested = (command.reason, command.until, command.reference, by)
    if (hold["reason"], hold["until"], hold["reference"], hold["held_by"]) != requested:
        raise Refusal(
            Code.CONFLICT,
            fields=[{"field": "project_id", "kind": "held_already"}],
            held_by=hold["held_by"],
            held_at=hold["held_at"].isoformat(),
        )


def require_hold(hold: HoldRow | None) -> HoldRow:
    """Return the hold in force, or refuse to change or release a project without one."""
    if hold is None:
        raise Refusal(Code.CONFLICT, fields=[{"field": "project_id", "kind": "not_held"}])
    return hold


def require_right_to_end(hold: HoldRow, by: str, grants: Grants) -> None:
    """Refuse to end somebody else's hold without the permission for it; name its author."""
    if hold["held_by"] != by and not grants.allow(Node.HOLD_RELEASE, Level.MANAGE):
        raise Refusal(
            Code.PERMISSION_DENIED,
            nodes=[Node.HOLD_RELEASE],
            level=Level.MANAGE.name.lower(),
            fields=[{"field": "project_id", "kind": "others_hold"}],
            held_by=hold["held_by"],
        )


def changed_hold(hold: HoldRow, command: ChangeHold, now: datetime) -> HoldRow:
    """Return a hold with the end and the reference that a command names."""
    names = command.model_fields_set
    until = command.until if "until" in names else hold["until"]
    if until != hold["until"]:
        require_future(until, now)
    return {**hold, "until": until, "reference": command.reference if "reference" in names else hold["reference"]}


def ends_earlier(hold: HoldRow, changed: HoldRow) -> bool:
    """Tell whether a change lets a hold end earlier, which is a release at another time."""
    end = changed["until"]
    return end is not None and (hold["until"] is None or end < hold["until"])


def changes(hold: HoldRow, changed: HoldRow) -> dict[str, Change]:
    """Name what changed; the reference without its content."""
    ends: dict[str, Any] = {"old": _moment(hold["until"]), "new": _moment(changed["until"])}
    until = {"until": Change(**ends)} if hold["until"] != changed["until"] else {}
    return {**until, **({"reference": Change()} if hold["reference"] != changed["reference"] else {})}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def released_hold(hold: HoldRow, reason: str, by: str, at: datetime) -> HoldRow:
    """Return a hold that has ended."""
    return {**hold, "released_by": by, "released_at": at, "release_reason": reason}


def require_second_person(hold: HoldRow, by: str) -> None:
    """Refuse the release of a hold that nobody else has requested."""
    requested_by = hold["release_requested_by"]
    if requested_by is None or requested_by == by:
        kind = "request_needed" if requested_by is None else "other_person_needed"
        raise Refusal(Code.CONFLICT, fields=[{"field": "project_id", "kind": kind}])


def require_one_person(*, two_persons: bool) -> None:
    """Refuse an earlier end where a release needs two persons: it would be a release by one."""
    if two_persons:
        raise Refusal(Code.CONFLICT, fields=[{"field": "until", "kind": "release_instead"}])


def require_no_request(hold: HoldRow) -> None:
    """Refuse a second request, naming who made the first one and when."""
    if hold["release_requested_at"] is not None:
        raise Refusal(
            Code.CONFLICT,
            fields=[{"field": "project_id", "kind": "release_requested"}],
            release_requested_by=hold["release_requested_by"],
            release_requested_at=hold["release_requested_at"].isoformat(),
        )


def require_request(hold: HoldRow) -> None:
    """Refuse to withdraw a request that is not there."""
    if hold["release_requested_at"] is None:
        raise Refusal(Code.CONFLICT, fields=[{"field": "project_id", "kind": "no_release_request"}])


def with_request(hold: HoldRow, by: str | None, at: datetime | None, reason: str | None) -> HoldRow:
    """Return a hold with the request to release it; without one if all are None."""
    return {**hold, "release_requested_by": by, "release_requested_at": at, "release_request_reason": reason}
