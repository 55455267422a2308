"""The rules of reports: what may be shown, what is missing, and how the bytes are kept."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contracts.errors import Code, Refusal, project_gone
from contracts.permissions import Grants, Level, Node
from contracts.texts import Part

SECTIONS = {
    "main-details": Node.MAIN_DETAILS,
    "description": Node.MAIN_DETAILS,
    "categories": Node.CATEGORIES,
    "data": Node.CATEGORIES,
    "comments": Node.COMMENTS,
    "calls": Node.CALLS,
    "sequences": Node.SEQUENCES,
}
"""What is in a report only with a permission of its own."""


def project_present(present: bool, tombstone: Mapping[Any, Any] | None) -> None:  # noqa: FBT001 - a fact, not a mode
    """Refuse a report about a project that is not there; tell when and by whom it was deleted (REP-06)."""
    if not present:
        raise project_gone(tombstone, Part.REPORT)


def report_present(report: Mapping[Any, Any] | None) -> Mapping[Any, Any]:
    """Return the report, or refuse: it was never made here or died with its project."""
    if report is None:
        unknown = [{"field": "report_id", "kind": "not_here"}]
        raise Refusal(Code.GONE, part=Part.REPORT, status=404, known=False, fields=unknown)
    return report


def same_report(there: Mapping[Any, Any], project_id: UUID) -> None:
    """Accept that a report is asked for again; refuse one of another project under the same id."""
    if there["project_id"] != project_id:
        raise Refusal(Code.CONFLICT, fields=[{"field": "report_id", "kind": "id_taken"}])


def may_be_read(report: Mapping[Any, Any], grants: Grants) -> None:
    """Refuse the bytes of a report that somebody else was allowed to see more of than the caller is."""
    told = {node for name, node in SECTIONS.items() if name not in report["missing"]}
    told |= {Node.USER_NAMES} if report["show_user_names"] else set()
    missing = sorted(node for node in told if not grants.allow(node, Level.VIEW))
    if missing:
        raise Refusal(Code.NOT_AVAILABLE, nodes=missing, level=Level.VIEW.name.lower())


def withheld(grants: Grants) -> list[str]:
    """Name the sections that the caller may not see: they are not in its reports either."""
    return [name for name, node in SECTIONS.items() if not grants.allow(node, Level.VIEW)]
