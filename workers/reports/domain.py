"""The rules of reports: visibility, sizes, and refusals."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from contracts.errors import Code, Refusal, project_gone
from contracts.permissions import Grants, Level, Node
from contracts.texts import Part, Phrase
from workers.reports.row_types import ProjectSizeRow, ReportRow, TombstoneRow

ENTRIES_MAX: Final = 5_000
"""Comments, calls and sequences of one report together; each costs the typesetter about 25 kB."""

TEXT_BYTES_MAX: Final = 2_000_000
"""Bytes (UTF-8) of all texts of one report; each costs the typesetter up to 120 bytes."""

SECTIONS = {
    "main-details": Node.MAIN_DETAILS,
    "description": Node.MAIN_DETAILS,
    "categories": Node.CATEGORIES,
    "data": Node.CATEGORIES,
    "comments": Node.COMMENTS,
    "calls": Node.CALLS,
    "sequences": Node.SEQUENCES,
}
"""The sections of a report that need a permission of their own."""


def require_project(present: bool, tombstone: TombstoneRow | None) -> None:  # noqa: FBT001 - a fact, not a mode
    """Refuse a report about a missing project; name when and by whom it was deleted (REP-06)."""
    if not present:
        raise project_gone(tombstone, Part.REPORT)


def require_report(report: ReportRow | None) -> ReportRow:
    """Return the report, or refuse: it was never made, or was deleted with its project."""
    if report is None:
        unknown = [{"field": "report_id", "kind": "not_here"}]
        raise Refusal(Code.GONE, part=Part.REPORT, status=404, known=False, fields=unknown)
    return report


def require_same_report(report: ReportRow, project_id: UUID) -> None:
    """Accept a repeated request of a report; refuse one of another project under the same id."""
    if report["project_id"] != project_id:
        raise Refusal(Code.CONFLICT, fields=[{"field": "report_id", "kind": "id_taken"}])


def require_readable(report: ReportRow, grants: Grants) -> None:
    """Refuse the bytes of a report with sections that the caller may not see."""
    shown = {node for name, node in SECTIONS.items() if name not in report["missing"]}
    shown |= {Node.USER_NAMES} if report["show_user_names"] else set()
    missing = sorted(node for node in shown if not grants.allow(node, Level.VIEW))
    if missing:
        raise Refusal(Code.NOT_AVAILABLE, nodes=missing, level=Level.VIEW.name.lower())


def withheld_sections(grants: Grants) -> list[str]:
    """Name the sections that the caller may not see, which the caller's reports omit."""
    return [name for name, node in SECTIONS.items() if not grants.allow(node, Level.VIEW)]


def require_report_size(size: ProjectSizeRow, hidden: Collection[str]) -> None:
    """Refuse a report that exceeds the typesetter's memory, before the project is read."""
    sections = {
        "comments": (size["comments"], size["comments_bytes"]),
        "calls": (size["calls"], size["calls_bytes"]),
        "sequences": (size["sequences"], size["sequences_bytes"]),
    }
    shown = [counted for name, counted in sections.items() if name not in hidden]
    entries = sum(int(count) for count, _ in shown)
    text_bytes = int(size["details_bytes"]) + sum(int(section_bytes) for _, section_bytes in shown)
    for unit, value, limit in (("entries", entries, ENTRIES_MAX), ("bytes", text_bytes, TEXT_BYTES_MAX)):
        if value > limit:
            raise report_refusal("report_too_large", unit=unit, size=value, limit=limit)


def report_refusal(kind: str, **facts: object) -> Refusal:
    """Return the refusal of a report that cannot be made of the project as it is."""
    fields = [{"field": "project_id", "kind": kind, **facts}]
    return Refusal(Code.INVALID, part=Part.REPORT, text=Phrase.REPORT_IMPOSSIBLE, fields=fields)
