"""The files of one project in a package, made by pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, get_args
from uuid import UUID

from pydantic_core import to_json

from contracts.evidence.documents import PackagedProject
from contracts.projects.exports import Section
from contracts.sheets import csv_line
from workers.projects import visibility
from workers.projects.packages.choice import Choice
from workers.projects.packages.field_values import CategoryNameRow, DataFieldNameRow, field_values
from workers.projects.packages.page import page
from workers.projects.row_types.history_rows import HistoryEntryColumns

Json = dict[str, Any]

FORMAT: Final = 5
"""The version of the package format, which project.json and bag-info.txt name."""

COLUMNS: Final = ("camera_id", "camera_name", "site", "start", "end", "media_expires_at")
"""The columns by which a recording system finds a recording."""

MORE_COLUMNS: Final = ("operator", "exporting_unit", "state")
"""Who added it, the site that makes the package, and whether the recording still exists."""

MEDIA_COLUMNS: Final = ("media_state", "media_files", "media_sha256")
"""Whether the recording is in the package, in which files, and their digests in the same order."""

_BYTE_ORDER_MARK: Final = "\ufeff"
_SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
_NAMES: Final = ("created_by", "updated_by", "edited_by", "added_by", "by", "actor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A project that was read for a package: in the shape of `projects.get`, its history and activity if requested.

    `report_revision` is that of its PDF; `in_folder` says whether the package has others beside it.
    """

    package_id: UUID
    site: str
    organisation: str
    timezone: str
    project: Json
    categories: list[CategoryNameRow]
    data_fields: list[DataFieldNameRow]
    history: list[HistoryEntryColumns]
    activity: list[Json]
    choice: Choice
    exported_at: datetime
    collected_at: datetime
    exported_by: str
    purpose: Mapping[str, str | None]
    language: str
    report_revision: int | None = None
    in_folder: bool = False


def project_files(export: Export) -> dict[str, bytes]:
    """Return the files of a project in their order, without its report."""
    documents = _documents(export)
    project = documents["project"]
    contents = {"index.html": page(documents, export.language, in_folder=export.in_folder).encode()}
    contents["project.json"] = _json(project)
    for name in ("history", "activity"):
        if name in documents:
            contents[f"{name}.json"] = _json(documents[name])
    if "sequences" in project:
        contents["sequences.csv"] = sequences_csv(project["sequences"], export.site)
    return contents


@cache
def schema() -> bytes:
    """Return the JSON schema of project.json."""
    form = PackagedProject.model_json_schema(mode="serialization")
    return _json({"$schema": "https://json-schema.org/draft/2020-12/schema", **form})


def without_names(record: Mapping[str, Any]) -> Json:
    """Return a record with empty texts in place of the names of users."""
    return {**record, **{name: "" for name in _NAMES if record.get(name)}}


def sequences_csv(sequences: Iterable[Mapping[str, Any]], site: str) -> bytes:
    """Return the recordings as a list for the recording system and for spreadsheets (RFC 4180, UTF-8 with its mark).

    `site` is the default site and the exporting unit.
    """
    columns = (*COLUMNS, *MORE_COLUMNS, *MEDIA_COLUMNS)
    lines = [csv_line(columns)]
    for sequence in sequences:
        more = {"site": sequence["site"] or site, "operator": sequence.get("added_by")}
        files = sequence["media_files"]
        media = {"media_files": _listed(files, "name"), "media_sha256": _listed(files, "sha256")}
        row = {**sequence, **more, "exporting_unit": site, "state": sequence.get("media"), **media}
        lines.append(csv_line(str(row[name] or "") for name in columns))
    return (_BYTE_ORDER_MARK + "".join(lines)).encode()


def _listed(files: Iterable[Mapping[str, Any]], name: str) -> str:
    return " ".join(file[name] for file in files)


def _documents(export: Export) -> dict[str, Json]:
    """Return the documents of a package by their names, without what it omits."""
    choice = export.choice
    project = visibility.without_sections(export.project, choice.omitted)
    history: Iterable[Mapping[str, Any]] = export.history
    activity: Iterable[Mapping[str, Any]] = export.activity  # which has no names that it does not show
    if not choice.shows_names:
        project, history = without_names(project), map(without_names, history)
        for section in (*_SECTIONS, "redactions"):
            if section in project:
                project[section] = [without_names(part) for part in project[section]]
    fields = field_values(project, export.categories, export.data_fields)
    project |= {"withheld": choice.withheld, "fields": fields, "package": _facts(export)}
    documents: dict[str, Json] = {"project": project}
    for name, items in (("history", history), ("activity", activity)):
        if name in choice.includes:
            documents[name] = {"items": list(items), "withheld": choice.withheld}
    return documents


def _facts(export: Export) -> Json:
    choice = export.choice
    return {
        "format": FORMAT,
        "package_id": export.package_id,
        "site": export.site,
        "organisation": export.organisation,
        "timezone": export.timezone,
        "language": export.language,
        "exported_at": export.exported_at,
        "collected_at": export.collected_at,
        "report_revision": export.report_revision,
        **({"exported_by": export.exported_by} if choice.shows_names else {}),
        **export.purpose,
        "includes": choice.includes,
        "withheld": choice.withheld,
    }


def _json(value: Any) -> bytes:
    return to_json(value, indent=2) + b"\n"
