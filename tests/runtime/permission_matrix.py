"""The permission table of the wire, message by message, written out and not derived from the contracts."""

import base64
from typing import Any, NamedTuple

from contracts.permissions import Level
from tests.reports.picture_samples import png

VIEW, MANAGE = Level.VIEW, Level.MANAGE
PROJECTS = "incident-projects"
ID = "0190a000-0000-7000-8000-000000000001"
OTHER = "0190a000-0000-7000-8000-000000000002"
TEMPLATE = '#import "incident.typ": *\n#show: incident-report\n#title(report.subtitle)'
BATCH = "0190a000-0000-7000-8000-000000000004"
SUMMARY = "0190a000-0000-7000-8000-000000000005"
AT = "2026-03-01T12:00:00Z"
NODES = (
    "incident-properties",
    "settings",
    "roles",
    "audit-log",
    "dead-letters",
    "personal-data",
    "incident-projects",
    "incident-projects/main-details",
    "incident-projects/categories",
    "incident-projects/comments",
    "incident-projects/sequences",
    "incident-projects/calls",
    "incident-projects/activity-logs",
    "incident-projects/reports",
    "incident-projects/export",
    "incident-projects/user-names",
    "incident-projects/retention",
    "incident-projects/hold-release",
    "incident-projects/restricted",
)


class Line(NamedTuple):
    """A message, what it needs, and a body of it."""

    subject: str
    needs: dict[str, Level]
    body: dict[str, Any]
    instead: str = ""
    """A node that does as well, at the level of view."""

    @property
    def name(self) -> str:
        """Name the line; a message that asks for more with some fields has several."""
        return f"{self.subject} {'+'.join(self.needs)}"


def of_project(sub_node: str, level: Level) -> dict[str, Level]:
    """What a sub-node needs: its own level, and at least view on the projects."""
    return {PROJECTS: VIEW, f"{PROJECTS}/{sub_node}": level}


_DEFINED = {"incident-properties": MANAGE}
_PROPERTY = {"name": "Theft"}
_FIELD = {"enabled": True, "name": "Reason"}
_SETTINGS = {"settings": MANAGE}
_ROLES = {"roles": MANAGE}
_ASSIGNED = {"principal": "nobody", "role_id": "no-such-role"}
_MAIN, _CATEGORIES = of_project("main-details", MANAGE), of_project("categories", MANAGE)
_COMMENTS, _SEQUENCES = of_project("comments", MANAGE), of_project("sequences", MANAGE)
_CALLS, _REPORTS, _EXPORT = (of_project(name, MANAGE) for name in ("calls", "reports", "export"))
_ACCESS = {"access_reason": "A court asks."}
_EXPORTED = ("comments", "calls", "sequences", "user-names")
_COMMENT = {"project_id": ID, "comment_id": OTHER}
_CALL = {"project_id": ID, "call_id": OTHER}
_CALLED = {**_CALL, "direction": "made", "at": AT, "party": "Police"}
_SEQUENCE = {"sequence_id": OTHER, "camera_id": "1", "camera_name": "Gate", "start": AT, "end": AT}
_LEGACY = {"project_id": OTHER, "number": 7, "created_by": "ann", "created_at": AT}
_BATCH = {"report_id": BATCH, "project_ids": [ID], "form": "zip"}
_BY_THEIR_FILTERS: list[dict[str, Any]] = [{"sort": "-description"}, {"filter": {"status_ids": []}}]
_SELECTED: dict[str, Any] = {"report_id": BATCH, "filter": {}, "form": "zip"}
_BY_MAIN_DETAILS: tuple[dict[str, Any], ...] = ({"type_ids": [None]}, {"status_ids": []}, {"start_time": {"from": AT}})
_SUMMARY = {"report_id": SUMMARY, "since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
_LOGO = {"image": base64.b64encode(png(20, 20)).decode(), "alt": "Harbour Security"}
_GENERATED = {"report_id": OTHER, "project_id": ID}

COMMANDS = (
    Line("administration.activate-licence", _SETTINGS, {"token": "a.b.c"}),
    Line("administration.add-category-value", _DEFINED, {"slot": 1, **_PROPERTY}),
    Line("administration.add-status", _DEFINED, _PROPERTY),
    Line("administration.add-type", _DEFINED, _PROPERTY),
    Line("administration.assign-role", _ROLES, _ASSIGNED),
    Line("administration.change-settings", _SETTINGS, {"retention_days": 7}),
    Line("administration.define-category", _DEFINED, {"slot": 1, **_FIELD}),
    Line("administration.define-data-field", _DEFINED, {"kind": "text", "slot": 1, **_FIELD}),
    Line("administration.define-role", _ROLES, {"role_id": "made", "name": "Made", "permissions": {}}),
    Line("administration.delete-category-value", _DEFINED, {"slot": 1, "id": 999}),
    Line("administration.delete-role", _ROLES, {"role_id": "no-such-role"}),
    Line("administration.delete-status", _DEFINED, {"id": 999}),
    Line("administration.delete-type", _DEFINED, {"id": 999}),
    Line("administration.discard-letter", {"dead-letters": MANAGE}, {"letter": 1}),
    Line("administration.edit-category-value", _DEFINED, {"slot": 1, "id": 999, **_PROPERTY}),
    Line("administration.edit-status", _DEFINED, {"id": 999, **_PROPERTY}),
    Line("administration.edit-type", _DEFINED, {"id": 999, **_PROPERTY}),
    Line("administration.mark-status", _DEFINED, {"id": 999, "closing": True}),
    Line("administration.replay-letter", {"dead-letters": MANAGE}, {"letter": 1}),
    Line("administration.unassign-role", _ROLES, _ASSIGNED),
    Line("projects.add-call", _CALLS, _CALLED),
    Line("projects.add-comment", _COMMENTS, {**_COMMENT, "text": "Seen."}),
    Line("projects.add-sequences", _SEQUENCES, {"project_id": ID, "sequences": [_SEQUENCE]}),
    Line("projects.cancel-export", _EXPORT, {"export_id": OTHER}),
    Line("projects.clear-draft", _SEQUENCES, {}),
    Line("projects.create", {PROJECTS: MANAGE}, {"project_id": OTHER}),
    Line(
        "projects.create",
        {PROJECTS: MANAGE, f"{PROJECTS}/sequences": MANAGE},
        {"project_id": OTHER, "sequences": [_SEQUENCE]},
    ),
    Line(
        "projects.create",
        {PROJECTS: MANAGE, f"{PROJECTS}/sequences": MANAGE},
        {"project_id": OTHER, "from_draft": True},
    ),
    Line("projects.delete", {PROJECTS: MANAGE}, {"project_id": ID}),
    Line("projects.delete-call", _CALLS, _CALL),
    Line("projects.delete-comment", _COMMENTS, _COMMENT),
    Line("projects.draft-sequences", _SEQUENCES, {"sequences": [_SEQUENCE]}),
    Line("projects.edit-call", _CALLS, _CALLED),
    Line("projects.edit-comment", _COMMENTS, {**_COMMENT, "text": "Seen."}),
    Line("projects.export", _EXPORT, {"project_id": ID, "include": ["history"]}),
    Line(
        "projects.export",
        {**_EXPORT, **{f"{PROJECTS}/{name}": VIEW for name in _EXPORTED}},
        {"project_id": ID, "include": [*_EXPORTED]},
    ),
    *(
        Line("projects.export", {**_EXPORT, f"{PROJECTS}/{node}": VIEW}, {"project_id": ID, **fields})
        for node, fields in (("activity-logs", {"include": ["activity"]}), ("restricted", {"include": [], **_ACCESS}))
    ),
    Line("projects.export", {**_EXPORT, **_REPORTS}, {"project_id": ID, "include": ["report"]}),
    Line("projects.export", _EXPORT, {"project_ids": [ID], "include": ["history"]}),
    Line("projects.import", {PROJECTS: MANAGE}, {"projects": [_LEGACY]}),
    Line(
        "projects.redact",
        {PROJECTS: MANAGE, f"{PROJECTS}/retention": MANAGE},
        {"project_id": ID, "field": "call", "part_id": OTHER, "reason": "asked for"},
    ),
    Line(
        "projects.import",
        {PROJECTS: MANAGE, f"{PROJECTS}/retention": MANAGE},
        {"projects": [{**_LEGACY, "retention_exempt": True}]},
    ),
    Line("projects.lift-restriction", of_project("restricted", MANAGE), {"project_id": ID}),
    Line("projects.restore", {PROJECTS: MANAGE, f"{PROJECTS}/retention": MANAGE}, {"project_id": ID}),
    Line("projects.restrict", of_project("restricted", MANAGE), {"project_id": ID, "reason": "contested"}),
    Line("projects.remove-all-sequences", _SEQUENCES, {"project_id": ID}),
    Line("projects.remove-sequences", _SEQUENCES, {"project_id": ID, "sequence_ids": [OTHER]}),
    Line("projects.undraft-sequences", _SEQUENCES, {"sequence_ids": [OTHER]}),
    Line("projects.update", _MAIN, {"project_id": ID, "type_id": None, "description": "Seen."}),
    Line("projects.update", _CATEGORIES, {"project_id": ID, "categories": {"1": None}, "data": {"text_1": None}}),
    Line("projects.update", {**_MAIN, **_CATEGORIES}, {"project_id": ID, "status_id": None, "categories": {"1": None}}),
    Line("reports.delete", _REPORTS, {"report_id": OTHER}),
    Line("reports.delete-batch", _REPORTS, {"report_id": BATCH}),
    Line("reports.delete-summary", _REPORTS, {"report_id": SUMMARY}),
    Line("reports.generate", _REPORTS, _GENERATED),
    Line(
        "reports.generate",
        {**_REPORTS, f"{PROJECTS}/user-names": VIEW},
        {**_GENERATED, "show_user_names": True},
    ),
    Line(
        "reports.generate",
        {**_REPORTS, f"{PROJECTS}/activity-logs": VIEW},
        {**_GENERATED, "activity": True},
    ),
    Line("reports.generate-batch", _REPORTS, _BATCH),
    Line(
        "reports.generate-batch",
        {**_REPORTS, f"{PROJECTS}/activity-logs": VIEW},
        {**_BATCH, "activity": True},
    ),
    Line(
        "reports.generate-batch",
        {**_REPORTS, f"{PROJECTS}/user-names": VIEW},
        {**_BATCH, "show_user_names": True},
    ),
    Line("reports.generate-batch", {**_REPORTS, PROJECTS: VIEW}, _SELECTED),
    *(
        Line("reports.generate-batch", {**_REPORTS, **of_project("main-details", VIEW)}, {**_SELECTED, **parameter})
        for parameter in _BY_THEIR_FILTERS
    ),
    Line(
        "reports.generate-batch",
        {**_REPORTS, **of_project("categories", VIEW)},
        {**_SELECTED, "filter": {"categories": {"2": [None]}}},
    ),
    Line(
        "reports.generate-batch",
        {**_REPORTS, **of_project("retention", VIEW)},
        {**_SELECTED, "filter": {"has_hold": True}},
    ),
    Line(
        "reports.generate-batch",
        {**_REPORTS, **of_project("sequences", VIEW)},
        {**_SELECTED, "filter": {"camera_ids": ["1"]}},
    ),
    Line("reports.generate-record", _REPORTS, {"report_id": f"{ID[:-1]}8"}),
    Line("reports.generate-register", {**_REPORTS, "audit-log": VIEW}, {"report_id": f"{ID[:-1]}6"}),
    Line("reports.generate-summary", _REPORTS, _SUMMARY),
    Line(
        "reports.generate-summary",
        {**_REPORTS, f"{PROJECTS}/user-names": VIEW},
        {**_SUMMARY, "show_user_names": True},
    ),
    Line("reports.remove-logo", _SETTINGS, {}),
    Line("reports.remove-template", _SETTINGS, {}),
    Line("reports.set-logo", _SETTINGS, _LOGO),
    Line("reports.set-template", _SETTINGS, {"source": TEMPLATE}),
    Line("reports.record-print", _REPORTS, {"report_id": OTHER}),
    Line("retention.change-hold", of_project("retention", MANAGE), {"project_id": ID, "reference": "No. 17"}),
    Line("retention.delete-policy", of_project("retention", MANAGE), {"policy_id": "thefts"}),
    Line("retention.hold", of_project("retention", MANAGE), {"project_id": ID, "reason": "Lawsuit."}),
    Line("retention.release", of_project("retention", MANAGE), {"project_id": ID, "reason": "Settled."}),
    Line("retention.request-release", of_project("retention", MANAGE), {"project_id": ID, "reason": "Settled."}),
    Line("retention.set-policy", of_project("retention", MANAGE), {"policy_id": "thefts", "property_id": 1, "days": 9}),
    Line("retention.sweep", of_project("retention", MANAGE), {}),
    Line("retention.withdraw-release", of_project("retention", MANAGE), {"project_id": ID}),
)

INTERNAL: dict[str, dict[str, Any]] = {
    "administration.remove-letter": {"letter": 1},
    "projects.expire": {"sweep_id": ID, "chain": 0, "created_before": AT, "limit": 1},
}
"""What only the product itself sends."""

_IN_THEIR_ORDER = ("type_id", "-status_id", "description", "-start_time", "end_time")
"""Anyone who could choose or sort by what is withheld would learn it."""

_IN_SLICES = ("audit.find-in-activities", "reports.find-in-reports", "retention.find-in-holds")
_FINDING = ("administration.find-in-administration", "projects.find-in-projects", *_IN_SLICES)
QUERIES = (
    *(Line(query, {"personal-data": VIEW}, {"search": "Gate"}) for query in _FINDING),
    *(Line(query, {"personal-data": MANAGE}, {"search": "Gate", "whole": True}) for query in _FINDING),
    Line("administration.get-dead-letter", {"dead-letters": VIEW}, {"letter": 1}),
    Line("administration.licence", {"settings": VIEW}, {}),
    Line("administration.list-dead-letters", {"dead-letters": VIEW}, {}),
    Line("administration.me", {}, {}),
    Line("administration.properties", {"incident-properties": VIEW}, {}, instead=PROJECTS),
    Line("administration.property-history", {"incident-properties": VIEW}, {"kind": "data-field"}),
    Line("administration.role-history", {"roles": VIEW}, {}),
    Line("administration.roles", {"roles": VIEW}, {}),
    Line("administration.setting-history", {"settings": VIEW}, {}),
    Line("administration.settings", {"settings": VIEW}, {}),
    Line("audit.activity", of_project("activity-logs", VIEW), {"project_id": ID}),
    Line("audit.log", {"audit-log": VIEW}, {}),
    Line("projects.check-import", {PROJECTS: MANAGE}, {"projects": [_LEGACY]}),
    Line("projects.download", _EXPORT, {"package_id": ID}),
    Line("projects.draft", of_project("sequences", VIEW), {}),
    Line("projects.exports", _EXPORT, {}),
    Line("projects.find", {PROJECTS: VIEW}, {"number": 1}),
    Line("projects.get", {PROJECTS: VIEW}, {"project_id": ID}),
    Line("projects.get", of_project("restricted", VIEW), {"project_id": ID, **_ACCESS}),
    Line("projects.history", {PROJECTS: VIEW}, {"project_id": ID}),
    Line("projects.history", of_project("restricted", VIEW), {"project_id": ID, **_ACCESS}),
    Line("projects.list", {PROJECTS: VIEW}, {}),
    *(
        Line(f"projects.{verb}", of_project("main-details", VIEW), {"filter": parameter})
        for verb in ("list", "statistics", "watch")
        for parameter in _BY_MAIN_DETAILS
    ),
    *(Line("projects.list", of_project("main-details", VIEW), {"sort": parameter}) for parameter in _IN_THEIR_ORDER),
    Line("projects.list", of_project("categories", VIEW), {"filter": {"categories": {"2": [None]}}}),
    Line("projects.list", of_project("retention", VIEW), {"filter": {"has_hold": True}}),
    Line("projects.list", of_project("sequences", VIEW), {"filter": {"camera_ids": ["1"]}}),
    Line("projects.outcome", {}, {"command_id": OTHER}),
    Line("projects.preserved", of_project("retention", MANAGE), {"project_id": ID}),
    Line("projects.set-aside", of_project("retention", VIEW), {}),
    Line("projects.statistics", {PROJECTS: VIEW}, {"group_by": "creator"}),
    *(Line("projects.statistics", of_project("main-details", VIEW), {"group_by": name}) for name in ("type", "status")),
    *(
        Line("projects.statistics", of_project("categories", VIEW), {"group_by": f"category_{slot}"})
        for slot in range(1, 6)
    ),
    Line("projects.statistics", of_project("categories", VIEW), {"filter": {"categories": {"5": [7]}}}),
    Line("projects.statistics", of_project("retention", VIEW), {"filter": {"has_hold": False}}),
    Line("projects.statistics", of_project("sequences", VIEW), {"group_by": "camera"}),
    Line("projects.watch", {PROJECTS: VIEW}, {}),
    Line("projects.watch", of_project("categories", VIEW), {"filter": {"categories": {"1": [7]}}}),
    Line("projects.watch", of_project("sequences", VIEW), {"filter": {"camera_ids": ["1"]}}),
    Line("reports.batched-projects", of_project("reports", VIEW), {"report_id": BATCH}),
    Line("reports.batches", of_project("reports", VIEW), {}),
    Line("reports.summaries", of_project("reports", VIEW), {}),
    Line("reports.design", {"settings": VIEW}, {}),
    Line("reports.download", of_project("reports", VIEW), {"report_id": ID}),
    Line("reports.download-batch", of_project("reports", VIEW), {"report_id": BATCH}),
    Line("reports.download-summary", of_project("reports", VIEW), {"report_id": SUMMARY}),
    Line("reports.get", of_project("reports", VIEW), {"report_id": ID}),
    Line("reports.list", of_project("reports", VIEW), {"project_id": ID}),
    *(
        Line(f"retention.{verb}", of_project("retention", VIEW), {})
        for verb in ("certificates", "due", "holds", "policies", "preview")
    ),
)
