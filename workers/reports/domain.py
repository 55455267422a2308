"""The rules of reports: visibility, sizes, and refusals."""

import base64
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from contracts.errors import Code, Refusal, project_gone
from contracts.permissions import Grants, Level, Node
from contracts.report_batches import PDF_PROJECTS_MAX, SELECTED_PROJECTS_MAX, BatchForm, BatchState, GenerateBatch
from contracts.report_design import LOGO_BYTES_MAX
from contracts.reports import TemplateFailure, shown_nodes
from contracts.retention import ProjectHeld, ProjectReleased
from contracts.texts import Part, Phrase
from workers.reports.row_types import BatchHeadRow, ProjectSizeRow, ReportRow, SelectionRow, SummaryRow, TombstoneRow

ENTRIES_MAX: Final = 5_000
"""Comments, calls and sequences of one report together; each costs the typesetter about 25 kB."""

TEXT_BYTES_MAX: Final = 2_000_000
"""Bytes (UTF-8) of all texts of one report; each costs the typesetter up to 120 bytes."""

WORDINGS_MAX: Final = 200
"""Earlier wordings of comments in one report, the newest; the others are counted."""

WORDINGS_BYTES_MAX: Final = 200_000
"""Bytes (UTF-8) of the earlier wordings in one report."""

ACTIVITIES_MAX: Final = 500
"""Activities in one report, the newest; the others are counted."""

HOLDING: Final = (ProjectHeld.subject, ProjectReleased.subject)
"""Activities that say who placed a hold, and who released it."""

FILES_MAX: Final = 20
"""Earlier reports that a report lists, and exports."""

UNFINISHED_MAX: Final = 5
"""Batches of one principal that are being made, and as many summaries."""

FILE_LIFETIME: Final = timedelta(days=1)
"""How long the file of a batch or of a summary is kept."""

BatchT = TypeVar("BatchT", bound=BatchHeadRow)
ReportT = TypeVar("ReportT", bound=ReportRow)

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

SUMMARY_SECTIONS = {
    "main-details": Node.MAIN_DETAILS,
    "categories": Node.CATEGORIES,
    "sequences": Node.SEQUENCES,
}
"""The parts of a summary that need a permission of their own."""


def require_project(present: bool, tombstone: TombstoneRow | None) -> None:  # noqa: FBT001 - a fact, not a mode
    """Refuse a report about a missing project; name when and by whom it was deleted (REP-06)."""
    if not present:
        raise project_gone(tombstone, Part.REPORT)


def require_report(report: ReportT | None) -> ReportT:
    """Return the report, or refuse: it was never made, or was deleted with its project."""
    if report is None:
        raise _unknown_report()
    return report


def _unknown_report(kind: str = "not_here") -> Refusal:
    unknown = [{"field": "report_id", "kind": kind}]
    return Refusal(Code.GONE, part=Part.REPORT, status=404, known=False, fields=unknown)


def require_same_report(report: ReportRow, project_id: UUID) -> None:
    """Accept a repeated request of a report; refuse one of another project under the same id."""
    if report["project_id"] != project_id:
        raise Refusal(Code.CONFLICT, fields=[{"field": "report_id", "kind": "id_taken"}])


def require_readable(report: ReportRow, grants: Grants) -> None:
    """Refuse the bytes of a report with sections that the caller may not see."""
    shown = {node for name, node in SECTIONS.items() if name not in report["missing"]}
    shown |= {Node.USER_NAMES} if report["show_user_names"] else set()
    shown |= set(map(Node, report["restricted_nodes"]))
    require_visible(shown, grants)


def require_visible(nodes: Collection[Node], grants: Grants) -> None:
    """Refuse a file to somebody who may not see all of it."""
    missing = sorted(node for node in nodes if not grants.allow(node, Level.VIEW))
    if missing:
        raise Refusal(Code.NOT_AVAILABLE, nodes=missing, level=Level.VIEW.name.lower())


def withheld_sections(grants: Grants) -> list[str]:
    """Name the sections that the caller may not see, which the caller's reports omit."""
    return [name for name, node in SECTIONS.items() if not grants.allow(node, Level.VIEW)]


def visible_labels(labels: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """Return the names of a project's fields and values without those of hidden sections."""
    return {field: label for field, label in labels.items() if _section_of(field) not in hidden}


def _section_of(field: str) -> str:
    if field in {"type_id", "status_id"}:
        return "main-details"
    return "categories" if field.startswith("category_") else "data"


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


def require_new_batch(command: GenerateBatch, *, is_taken: bool) -> None:
    """Refuse a batch under an id that is in use, or one that does not select its projects in one way."""
    if is_taken:
        raise Refusal(Code.CONFLICT, fields=[{"field": "report_id", "kind": "id_taken"}])
    if command.project_ids is None and command.listing() is None:
        raise _invalid("project_ids", "no_selection")
    if command.project_ids is not None:
        _require_named(command, command.project_ids)


def _require_named(command: GenerateBatch, ids: Sequence[UUID]) -> None:
    """Refuse named projects beside a filter or an order, one that is named twice, or too many for one PDF."""
    for name in ("filter", "search"):
        if getattr(command, name) is not None:
            raise _invalid(name, "two_selections")
    if command.sort is not None:
        raise _invalid("sort", "sort_without_filter")
    if len(set(ids)) < len(ids):
        raise _invalid("project_ids", "named_twice")
    if command.form is BatchForm.PDF and len(ids) > PDF_PROJECTS_MAX:
        raise _invalid("project_ids", "too_many_for_pdf", size=len(ids), limit=PDF_PROJECTS_MAX)


def _invalid(field: str, kind: str, **facts: object) -> Refusal:
    return Refusal(Code.INVALID, fields=[{"field": field, "kind": kind, **facts}])


def most_selected(form: str) -> int:
    """Return how many projects a filter may select for a file of this form."""
    return PDF_PROJECTS_MAX if form == BatchForm.PDF else SELECTED_PROJECTS_MAX


def refused_selection(selection: SelectionRow, form: str) -> Refusal | None:
    """Return the refusal of a batch whose filter selects none or too many, or may not be used any more."""
    if nodes := selection["missing_nodes"]:
        return Refusal(Code.NOT_AVAILABLE, nodes=nodes, level=Level.VIEW.name.lower())
    if kind := selection["refusal"]:
        return _invalid("search", kind)
    size, limit = selection["matches"], most_selected(form)
    if size == 0:
        return _invalid("filter", "matches_none")
    if size <= limit:
        return None
    fits_zip = limit < size <= SELECTED_PROJECTS_MAX
    return _invalid("filter", "too_many_for_pdf" if fits_zip else "too_many_selected", size=size, limit=limit)


def require_turn(unfinished: int, kind: Literal["too_many_batches", "too_many_summaries"]) -> None:
    """Refuse another batch or summary of somebody who has many that are being made."""
    if unfinished >= UNFINISHED_MAX:
        raise Refusal(Code.CONFLICT, fields=[{"field": "report_id", "kind": kind, "limit": UNFINISHED_MAX}])


def require_batch(batch: BatchT | None, principal: str) -> BatchT:
    """Return a batch to its author; for everybody else it does not exist."""
    if batch is None or batch["principal"] != principal:
        raise _unknown_report("no_batch")
    return batch


def require_file(batch: BatchHeadRow) -> BatchHeadRow:
    """Return a batch with a file, or refuse: it is not made yet, or was cancelled, or its file was erased."""
    require_made("batch", batch["state"])
    return batch


def is_finished(row: BatchHeadRow | SummaryRow) -> bool:
    """Tell whether a batch or a summary that is to be deleted is finished; one that is being made is cancelled instead.

    Raises:
        Refusal: It was cancelled already.
    """
    if row["finished_at"] is None and row["state"] != BatchState.PENDING:
        raise Refusal(Code.CONFLICT, fields=[{"field": "report_id", "kind": "cancelled"}])
    return row["finished_at"] is not None


def require_made(name: Literal["batch", "summary"], state: str) -> None:
    """Refuse a batch or a summary without a file."""
    if state != BatchState.MADE:  # the states of summaries have the same names
        code = Code.CONFLICT if state == BatchState.PENDING else Code.GONE
        raise Refusal(code, part=Part.REPORT, fields=[{"field": "report_id", "kind": f"{name}_{state}"}])


def require_still_allowed(batch: BatchHeadRow, grants: Grants) -> None:
    """Refuse a file with user names or activities to somebody who may no longer see them."""
    require_visible(shown_nodes(names=batch["show_user_names"], activity=batch["activity"]), grants)


def hidden_activities(grants: Grants) -> list[str]:
    """Return the activities that a report does not list for this author; those of holds say who placed them."""
    return [] if grants.allow(Node.RETENTION, Level.VIEW) else [*HOLDING]


def require_summary(summary: SummaryRow | None, principal: str) -> SummaryRow:
    """Return a summary to its author; for everybody else it does not exist."""
    if summary is None or summary["principal"] != principal:
        raise _unknown_report("no_summary")
    return summary


def require_logo(image: str) -> bytes:
    """Return the file of a logo, or refuse what is not in Base64 or too large."""
    try:
        decoded = base64.b64decode(image, validate=True)
    except ValueError:
        raise _invalid("image", "not_base64") from None
    if len(decoded) > LOGO_BYTES_MAX:
        raise _invalid("image", "logo_too_large", size=len(decoded), limit=LOGO_BYTES_MAX)
    return decoded


def refused_logo(kind: str, facts: Mapping[str, Any] = MappingProxyType({})) -> Refusal:
    """Return the refusal of a logo that cannot be drawn as it is."""
    return _invalid("image", kind, **facts)


def require_template(source: str) -> bytes:
    """Return the file of a template, or refuse halves of characters, which no file in UTF-8 has."""
    try:
        return source.encode()
    except UnicodeEncodeError:
        raise _invalid("source", "not_utf8") from None


def refused_template(failure: TemplateFailure, detail: str) -> Refusal:
    """Return the refusal of a template with which sample reports cannot be made."""
    if failure == "not-typeset" and detail:
        return _invalid("source", "template_wrong", detail=detail)
    kinds = {"time": "template_needs_time", "memory": "template_needs_memory", "not-typeset": "template_crashes"}
    return _invalid("source", kinds[failure])


def require_tried(kind: str, *, waits: bool) -> None:
    """Refuse to change a logo or a template while another one is tried."""
    if waits:
        raise Refusal(Code.CONFLICT, fields=[{"field": kind, "kind": "design_pending"}])


def report_refusal(kind: str, **facts: object) -> Refusal:
    """Return the refusal of a report that cannot be made of the project as it is."""
    fields = [{"field": "project_id", "kind": kind, **facts}]
    return Refusal(Code.INVALID, part=Part.REPORT, text=Phrase.REPORT_IMPOSSIBLE, fields=fields)
