"""The command to type after a refusal: what shows the present state, or removes the obstacle."""

import shlex
from collections.abc import Mapping
from typing import Any, Final

from incidents.terminal.text.words import say

_LIST: Final = "incidents projects list"
_BY_KIND: Final = {
    "held": "incidents retention holds --project {project}\nincidents retention release {project} {reason}",
    "held_already": "incidents retention holds --project {project}",
    "restricted": (
        "incidents projects show {project} --access-reason {reason}\nincidents retention lift-restriction {project}"
    ),
    "request_needed": "incidents retention request-release {project} {reason}",
    "release_instead": "incidents retention request-release {project} {reason}",
    "release_requested": (
        "incidents retention release {project} {reason}\nincidents retention withdraw-release {project}"
    ),
    "no_release_request": "incidents retention holds --project {project}",
    "other_person_needed": "incidents retention holds --project {project}",
    "others_hold": "incidents retention holds --project {project}",
    "restricted_not_deleted": "incidents retention lift-restriction {project}",
    "not_set_aside": "incidents retention set-aside",
    "no_words": "incidents projects history {project}",
}
_WITHOUT_PROJECT: Final = {
    "no_batch": "incidents reports batches",
    "no_export": "incidents projects exports",
    "no_summary": "incidents reports summaries",
    "export_ended": "incidents projects exports",
    "too_many_policies": "incidents retention policies",
    "unknown_policy": "incidents retention policies",
}
_BY_GONE_FIELD: Final = {
    "project_id": _LIST,
    "number": _LIST,
    "report_id": "incidents reports list {project}",
    "role_id": "incidents roles list",
}
_RESTORE: Final = "incidents retention restore {number}"
_SHOW: Final = "incidents projects show {project}"


def next_command(error: Mapping[str, Any], project: str, language: str, labels: Mapping[str, str]) -> str:
    """Return the command to type after a refusal of one that named this project, or several; empty if none helps.

    `labels` are the organisation's names of fields: with it, a disabled one can be enabled again.
    """
    details = error.get("details") or {}
    fields = [field for field in details.get("fields", ()) if isinstance(field, dict)]
    if disabled := next((field for field in fields if field.get("kind") == "not_enabled"), None):
        return _enabling(str(disabled.get("field")), labels)
    number = details.get("number") if any(field.get("kind") == "restorable" for field in fields) else None
    line = _line(str(error["code"]), fields, project) if number is None else _RESTORE
    return line.format(project=shlex.quote(project), number=number, reason=say(language, "REASON"))


def _enabling(field: str, labels: Mapping[str, str]) -> str:
    """Return the command that enables a category or a data field under its name."""
    name = field.rpartition(".")[2].removeprefix("category_")
    is_category = name.isdecimal()
    label = labels.get(f"category_{name}" if is_category else name)
    kind = "categories" if is_category else "fields"
    return f"incidents {kind} define {name} {shlex.quote(label)}" if label else ""


def _line(code: str, fields: list[dict[str, Any]], project: str) -> str:
    """Return the form of the command; without a project only one that needs none."""
    for field in fields:
        if field.get("kind") in _WITHOUT_PROJECT:
            return _WITHOUT_PROJECT[field["kind"]]
        if project and field.get("kind") in _BY_KIND:
            return _BY_KIND[field["kind"]]
    if code == "gone":
        lines = [_BY_GONE_FIELD[field["field"]] for field in fields if field.get("field") in _BY_GONE_FIELD]
        usable = [line for line in lines if project or "{project}" not in line]
        return next(iter(usable), _SHOW if project else "")
    return _SHOW if code == "conflict" and project else ""
