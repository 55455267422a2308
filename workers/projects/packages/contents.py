"""The files of a package, made by pure functions from a project."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, get_args
from uuid import UUID

from pydantic_core import to_json

from contracts.permissions import Grants, Level
from contracts.projects.exports import NEEDED, Detail, EntryName, Included, PackageEntry, Section
from contracts.sheets import csv_line
from workers.projects import change_history, domain, visibility
from workers.projects.packages import readme
from workers.projects.row_types import HistoryEntryColumns, HistoryEntryRow

Json = dict[str, Any]

FORMAT: Final = 1
"""The version of the package format, which the manifest names."""

COLUMNS: Final = ("camera_id", "camera_name", "site", "start", "end", "media_expires_at")
"""The columns by which a recording system finds a recording."""

_DETAILS: Final[tuple[Detail, ...]] = get_args(Detail)
_SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
_NAMES: Final = ("created_by", "updated_by", "edited_by", "added_by", "by")


class Choice(NamedTuple):
    """The contents of a package, and the sections that it omits because the caller may not see them."""

    includes: list[Included]
    withheld: list[Detail | Section]

    @classmethod
    def of(cls, requested: Collection[Included], grants: Grants) -> "Choice":
        """Choose the requested sections; without any, all that the caller may see."""
        possible: tuple[Included, ...] = get_args(Included)
        named_alone = bool(set(requested) - {"user-names"})
        able_to_miss = _DETAILS if named_alone else (*_DETAILS, *_SECTIONS)
        withheld = [name for name in able_to_miss if not grants.allow(NEEDED[name], Level.VIEW)]
        if named_alone:
            return cls([name for name in possible if name in requested], withheld)
        named = "user-names" in requested
        chosen = [name for name in possible if name not in withheld and (name != "user-names" or named)]
        return cls(chosen, withheld)

    @property
    def shows_names(self) -> bool:
        """Whether the package names users."""
        return "user-names" in self.includes

    @property
    def sections(self) -> list[Section]:
        """The sections in the package."""
        return [section for section in _SECTIONS if section in self.includes]

    @property
    def hidden_fields(self) -> list[str]:
        """The fields that the history of the package omits."""
        return domain.history_fields(self.omitted)

    @property
    def omitted(self) -> list[Detail | Section]:
        """The details and sections that the package omits, for whatever reason."""
        return [
            *(detail for detail in _DETAILS if detail in self.withheld),
            *(section for section in _SECTIONS if section not in self.includes),
        ]

    @property
    def restricted_contents(self) -> list[Included | Detail]:
        """The contents of the package that need a permission."""
        return [*self.includes, *(detail for detail in _DETAILS if detail not in self.withheld)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The data of a package: the project in the shape of `projects.get`, and its history if requested."""

    package_id: UUID
    site: str
    project: Json
    history: list[HistoryEntryColumns]
    choice: Choice
    exported_at: datetime
    exported_by: str
    language: str


def files(export: Export) -> tuple[dict[EntryName, bytes], list[PackageEntry]]:
    """Return the files of a package in their order, and the manifest's entry of each."""
    choice = export.choice
    contents: dict[EntryName, bytes] = {"project.json": _json(_project(export))}
    if "history" in choice.includes:
        items = export.history if choice.shows_names else [without_names(entry) for entry in export.history]
        contents["history.json"] = _json({"items": items, "withheld": choice.withheld})
    if "sequences" in choice.includes:
        contents["sequences.csv"] = sequences_csv(export.project["sequences"], export.site)
    facts = readme.Facts(
        number=export.project["number"],
        revision=export.project["revision"],
        site=export.site,
        exported_at=export.exported_at,
        includes=choice.includes,
        withheld=choice.withheld,
    )
    contents["README.txt"] = readme.text(facts, export.language).encode()
    entries = [_entry(name, data) for name, data in contents.items()]
    contents["manifest.json"] = _json(_manifest(export, entries))
    entries.append(_entry("manifest.json", contents["manifest.json"]))
    return contents, entries


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def history_entries(rows: Iterable[HistoryEntryRow], hidden: Collection[str]) -> list[HistoryEntryColumns]:
    """Return entries of the history in the shape of `projects.history`, without fields that stay hidden."""
    return [domain.visible_entry(change_history.entry_of(row), hidden) for row in rows]


def without_names(record: Mapping[str, Any]) -> Json:
    """Return a record with empty texts in place of the names of users."""
    return {**record, **{name: "" for name in _NAMES if record.get(name)}}


def sequences_csv(sequences: Iterable[Mapping[str, Any]], site: str) -> bytes:
    """Return the recordings as a list for the recording system (RFC 4180, UTF-8); `site` is the default site."""
    located = ({**sequence, "site": sequence["site"] or site} for sequence in sequences)
    lines = (csv_line(str(sequence[name] or "") for name in COLUMNS) for sequence in located)
    return "".join([csv_line(COLUMNS), *lines]).encode()


def _project(export: Export) -> Json:
    choice = export.choice
    project = visibility.without_sections(export.project, choice.omitted)
    if not choice.shows_names:
        project = without_names(project)
        for section in _SECTIONS:
            if section in project:
                project[section] = [without_names(part) for part in project[section]]
    return {**project, "withheld": choice.withheld}


def _manifest(export: Export, entries: Iterable[PackageEntry]) -> Json:
    choice = export.choice
    return {
        "format": FORMAT,
        "package_id": export.package_id,
        "site": export.site,
        "project_id": export.project["project_id"],
        "number": export.project["number"],
        "revision": export.project["revision"],
        "exported_at": export.exported_at,
        **({"exported_by": export.exported_by} if choice.shows_names else {}),
        "includes": choice.includes,
        "withheld": choice.withheld,
        "files": list(entries),
    }


def _entry(name: EntryName, data: bytes) -> PackageEntry:
    return PackageEntry(name=name, bytes=len(data), sha256=digest(data))


def _json(value: Any) -> bytes:
    return to_json(value, indent=2) + b"\n"
