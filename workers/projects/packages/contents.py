"""The files of a package, made by pure functions from a project."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, get_args
from uuid import UUID

from pydantic_core import to_json

from contracts.evidence import bag
from contracts.evidence.documents import PackagedProject
from contracts.projects.exports import PackageEntry, Section
from contracts.sheets import csv_line
from workers.common.signing_key import SigningKey
from workers.projects import visibility
from workers.projects.packages import readme
from workers.projects.packages.choice import Choice
from workers.projects.packages.field_values import CategoryNameRow, DataFieldNameRow, field_values
from workers.projects.packages.page import page
from workers.projects.row_types import HistoryEntryColumns

Json = dict[str, Any]

FORMAT: Final = 2
"""The version of the package format, which project.json and bag-info.txt name."""

COLUMNS: Final = ("camera_id", "camera_name", "site", "start", "end", "media_expires_at")
"""The columns by which a recording system finds a recording."""

MORE_COLUMNS: Final = ("operator", "exporting_unit", "state")
"""Who added it, the site that makes the package, and whether the recording still exists."""

_BYTE_ORDER_MARK: Final = "\ufeff"
_SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
_NAMES: Final = ("created_by", "updated_by", "edited_by", "added_by", "by", "actor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The data of a package: the project in the shape of `projects.get`, and its history and activity if requested."""

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
    exported_by: str
    purpose: Mapping[str, str | None]
    language: str


def files(export: Export, key: SigningKey, *, encrypted: bool) -> dict[str, bytes]:
    """Return the files of a package in their order; the first one is never encrypted."""
    documents = _documents(export)
    facts = readme.Facts(
        site=export.site,
        exported_at=export.exported_at,
        package_id=export.package_id,
        fingerprint=key.fingerprint,
        includes=export.choice.includes,
        encrypted=encrypted,
    )
    contents: dict[str, bytes] = {"README.txt": readme.text(facts, export.language).encode()}
    contents["data/index.html"] = page(documents, export.language).encode()
    contents["data/project.json"] = _json(documents["project"])
    contents["data/project.schema.json"] = schema()
    if "history" in documents:
        contents["data/history.json"] = _json(documents["history"])
    if "activity" in documents:
        contents["data/activity.json"] = _json(documents["activity"])
    if "sequences" in documents["project"]:
        contents["data/sequences.csv"] = sequences_csv(documents["project"]["sequences"], export.site)
    contents["bagit.txt"] = bag.DECLARATION.encode()
    contents["signing-key.pub"] = key.public_line.encode()
    contents["bag-info.txt"] = _info(documents["project"], contents).encode()
    contents["manifest-sha256.txt"] = bag.manifest(contents, tags=False).encode()
    contents["tagmanifest-sha256.txt"] = bag.manifest(contents, tags=True).encode()
    contents["tagmanifest-sha256.txt.sig"] = key.sign(bag.NAMESPACE, contents["tagmanifest-sha256.txt"]).encode()
    return contents


def entries(contents: Mapping[str, bytes]) -> list[PackageEntry]:
    """Return what the outcome says of each file."""
    listed = ({"name": name, "bytes": len(data), "sha256": bag.sha256(data)} for name, data in contents.items())
    return [PackageEntry.model_validate(entry) for entry in listed]


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
    lines = [csv_line((*COLUMNS, *MORE_COLUMNS))]
    for sequence in sequences:
        more = {"site": sequence["site"] or site, "operator": sequence.get("added_by")}
        row = {**sequence, **more, "exporting_unit": site, "state": sequence.get("media")}
        lines.append(csv_line(str(row[name] or "") for name in (*COLUMNS, *MORE_COLUMNS)))
    return (_BYTE_ORDER_MARK + "".join(lines)).encode()


def _documents(export: Export) -> dict[str, Json]:
    """Return the documents of a package by their names, without what it omits."""
    choice = export.choice
    project = visibility.without_sections(export.project, choice.omitted)
    history: Iterable[Mapping[str, Any]] = export.history
    activity: Iterable[Mapping[str, Any]] = export.activity
    if not choice.shows_names:
        project, history, activity = without_names(project), map(without_names, history), map(without_names, activity)
        for section in _SECTIONS:
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
        **({"exported_by": export.exported_by} if choice.shows_names else {}),
        **export.purpose,
        "includes": choice.includes,
        "withheld": choice.withheld,
    }


def _info(project: Mapping[str, Any], contents: Mapping[str, bytes]) -> str:
    facts = project["package"]
    return bag.info(
        [
            ("Source-Organization", facts["organisation"] or facts["site"]),
            ("External-Identifier", str(facts["package_id"])),
            ("External-Description", f"Incident project {project['number']}, revision {project['revision']}"),
            ("Bagging-Date", f"{facts['exported_at']:%Y-%m-%d}"),
            ("Payload-Oxum", bag.oxum(contents)),
            ("Package-Format", str(facts["format"])),
            ("Site", facts["site"]),
            ("Time-Zone", facts["timezone"]),
            ("Exported-At", facts["exported_at"].isoformat()),
            ("Exported-By", facts.get("exported_by")),
            ("Recipient", facts["recipient"]),
            ("Reference", facts["reference"]),
            ("Legal-Basis", facts["legal_basis"]),
            ("Includes", ", ".join(facts["includes"])),
            ("Withheld", ", ".join(facts["withheld"])),
        ]
    )


def _json(value: Any) -> bytes:
    return to_json(value, indent=2) + b"\n"
