"""The rules of exports: what a command may combine, how many one principal may have made, and which are cancelled."""

from typing import Final

from contracts.errors import Code, Refusal
from contracts.projects.exports import ExportProject

UNFINISHED_MAX: Final = 20
"""Exports of one principal that are being made."""


def require_clear_choice(command: ExportProject) -> None:
    """Refuse an export that names no project, one and several, or one twice, or a revision of several.

    Refuse one with a password and keys, and a reason to read a restricted project among several, too.
    """
    kinds = {
        "project_id": "missing" if command.project_id is None and command.project_ids is None else None,
        "project_ids": _fault(command),
        "expected_revision": "revision_of_several" if command.expected_revision and command.project_ids else None,
        "recipients": "password_and_recipients" if command.password is not None and command.recipients else None,
        "access_reason": "access_reason_of_several" if command.access_reason and command.project_ids else None,
    }
    if fields := [{"field": field, "kind": kind} for field, kind in kinds.items() if kind]:
        raise Refusal(Code.INVALID, fields=fields)


def _fault(command: ExportProject) -> str | None:
    if command.project_ids is None:
        return None
    if command.project_id is not None:
        return "one_and_several"
    return "named_twice" if len(set(command.project_ids)) < len(command.project_ids) else None


def require_turn(unfinished: int, field: str) -> None:
    """Refuse another export of somebody who has many that are being made."""
    if unfinished >= UNFINISHED_MAX:
        fields = [{"field": field, "kind": "too_many_exports", "limit": UNFINISHED_MAX}]
        raise Refusal(Code.CONFLICT, fields=fields)


def unknown_export() -> Refusal:
    """Return the refusal of an export that is none of the caller's."""
    return Refusal(Code.GONE, status=404, known=False, fields=[{"field": "export_id", "kind": "no_export"}])


def export_ended() -> Refusal:
    """Return the refusal to cancel an export that has ended."""
    return Refusal(Code.CONFLICT, fields=[{"field": "export_id", "kind": "export_ended"}])


def export_cancelled() -> Refusal:
    """Return the refusal of an export that its author has cancelled."""
    return Refusal(Code.CONFLICT, fields=[{"field": "project_ids", "kind": "export_cancelled"}])
