"""The rules of summaries, registers and records of processing: which can be made, and who may fetch them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from contracts.errors import Code, Refusal
from contracts.permissions import Grants, Level, Node
from contracts.report_register import GenerateRegister
from contracts.report_summaries import PERIOD_DAYS_MAX, GenerateSummary, SummaryContent
from workers.reports import domain
from workers.reports.row_types import SummaryRow

_ACTIVITY_LOGS = "activity-logs"
_RECORD_PARTS = {"settings": Node.SETTINGS, "policies": Node.RETENTION, "roles": Node.ROLES}


def require_new_summary(command: GenerateSummary, now: datetime, zones: Collection[str], *, is_taken: bool) -> None:
    """Refuse a summary under an id that is in use, of a period that is none, or for an unknown time zone."""
    require_new_file(is_taken=is_taken, timezone=command.timezone, zones=zones)
    if command.since >= command.until:
        raise Refusal(Code.INVALID, fields=[{"field": "until", "kind": "period_empty"}])
    if command.since >= now:
        raise Refusal(Code.INVALID, fields=[{"field": "since", "kind": "period_to_come"}])
    if command.until - command.since > timedelta(days=PERIOD_DAYS_MAX):
        facts = {"limit": PERIOD_DAYS_MAX}
        raise Refusal(Code.INVALID, fields=[{"field": "until", "kind": "period_too_long", **facts}])


def require_new_register(command: GenerateRegister, now: datetime, zones: Collection[str], *, is_taken: bool) -> None:
    """Refuse a register under an id that is in use, of a period that is none, or for an unknown time zone."""
    require_new_file(is_taken=is_taken, timezone=command.timezone, zones=zones)
    if command.since is not None and command.since >= now:
        raise Refusal(Code.INVALID, fields=[{"field": "since", "kind": "period_to_come"}])
    if command.since is not None and command.since >= (command.until or now):
        raise Refusal(Code.INVALID, fields=[{"field": "until", "kind": "period_empty"}])


def require_new_file(*, is_taken: bool, timezone: str | None, zones: Collection[str]) -> None:
    """Refuse a file of figures under an id that is in use, or for an unknown time zone."""
    if is_taken:
        raise Refusal(Code.CONFLICT, fields=[{"field": "report_id", "kind": "id_taken"}])
    if timezone is not None and timezone not in zones:
        raise Refusal(Code.INVALID, fields=[{"field": "timezone", "kind": "unknown_timezone"}])


def require_summary_file(summary: SummaryRow, grants: Grants) -> SummaryRow:
    """Return a summary or a register with a file of which the caller may still see everything, or refuse."""
    domain.require_made("summary", summary["state"])
    domain.require_visible(_NODES[SummaryContent(summary["content"])](summary), grants)
    return summary


def _figure_nodes(summary: SummaryRow) -> set[Node]:
    """Return what the figures of a summary are about, without what is missing."""
    nodes = {node for name, node in domain.SUMMARY_SECTIONS.items() if name not in summary["missing"]}
    return nodes | ({Node.USER_NAMES} if summary["show_user_names"] else set())


def _register_nodes(summary: SummaryRow) -> set[Node]:
    """Return what a register shows: the audit log, and the exports unless they are missing."""
    return {Node.AUDIT_LOG} | ({Node.ACTIVITY_LOGS} if _ACTIVITY_LOGS not in summary["missing"] else set())


def _record_nodes(summary: SummaryRow) -> set[Node]:
    """Return what a record shows: the parts of the configuration that are not missing.

    Types and fields are shown to whoever sees projects.
    """
    return {node for name, node in _RECORD_PARTS.items() if name not in summary["missing"]}


_NODES = {
    SummaryContent.FIGURES: _figure_nodes,
    SummaryContent.DISCLOSURES: _register_nodes,
    SummaryContent.RECORD: _record_nodes,
}


def missing_permissions(summary: SummaryRow, grants: Grants) -> list[Node]:
    """Return what its author needs to have a summary or a register made, and has not."""
    if summary["content"] == SummaryContent.DISCLOSURES:
        needed = {Node.REPORTS: Level.MANAGE, Node.AUDIT_LOG: Level.VIEW}
    else:  # a record names no users
        needed = {Node.REPORTS: Level.MANAGE} | ({Node.USER_NAMES: Level.VIEW} if summary["show_user_names"] else {})
    return sorted(node for node, level in needed.items() if not grants.allow(node, level))
