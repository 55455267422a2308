"""The document of a report: the data before rendering."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from contracts.projects.queries import ProjectDetails
from contracts.properties import FieldKind
from contracts.reports import TemplateVersion
from contracts.values import Language

_LOGO_WIDTH_CM: Final = 8.0
_LOGO_HEIGHT_CM: Final = 1.8


class Section(StrEnum):
    """The sections that a report may lack, as `missing` names them."""

    MAIN_DETAILS = "main-details"
    DESCRIPTION = "description"
    CATEGORIES = "categories"
    DATA = "data"
    COMMENTS = "comments"
    CALLS = "calls"
    SEQUENCES = "sequences"
    PROPERTIES = "properties"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataValue:
    """A data field under the administrator's label; a decimal is a text."""

    label: str
    kind: FieldKind
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentChange:
    """A comment that was edited, with its wording until then, or deleted, without any."""

    comment_id: UUID
    at: datetime
    by: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """A report or an export of the project that was made before."""

    id: UUID
    at: datetime
    by: str


class Activity(NamedTuple):
    """What somebody did with the project, by the name of its event."""

    at: datetime
    by: str
    name: str


class Activities(NamedTuple):
    """The newest activities, the last one first, and how many others there are."""

    listed: tuple[Activity, ...]
    others: int = 0


class Purpose(NamedTuple):
    """To whom a report goes, for which reference of theirs, and on which legal basis."""

    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Purpose":
        """Return the purpose that a row names."""
        return cls(*(row[name] for name in cls._fields))


class Logo(NamedTuple):
    """The logo of the organisation: its file, its size in pixels, and what it shows to people who do not see it."""

    image: bytes
    width: int
    height: int
    alt: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Logo":
        """Return the logo that a row of `reports.design` holds."""
        facts = row["facts"]
        return cls(row["content"], facts["width"], facts["height"], facts["alt"])

    def content(self) -> dict[str, Any]:
        """Return what a template needs of it besides its file: sizes in centimetres, and the text."""
        width = min(_LOGO_WIDTH_CM, _LOGO_HEIGHT_CM * self.width / self.height)
        return {"alt": self.alt, "width": round(width, 3), "height": round(width * self.height / self.width, 3)}


class Template(NamedTuple):
    """The organisation's own template, with what identifies it."""

    source: bytes
    number: int
    sha256: str
    set_by: str
    set_at: datetime
    has_front_page: bool = False
    """Whether it also has a front page for bound reports."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Template":
        """Return the template that a row of `reports.design` holds."""
        has_front_page = row["facts"].get("has_front_page", False)
        return cls(row["content"], row["number"], row["sha256"], row["set_by"], row["set_at"], has_front_page)

    def version(self) -> TemplateVersion:
        """Return what identifies it."""
        return TemplateVersion(number=self.number, sha256=self.sha256, set_by=self.set_by, set_at=self.set_at)


NO_PURPOSE: Final = Purpose()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """The data of one report.

    `project` has the parts that the caller may see. `categories` and `data` repeat its values under the
    administrator's labels, including disabled ones, in the order of their slots.
    `missing` names the sections that the report lacks. `comment_changes` are in the order of time;
    `unlisted_wordings` counts those that are too many or too long for the report. `entries` are the activities as
    `log_files` have them, which are attached to a report that stands alone.
    """

    report_id: UUID
    generated_at: datetime
    language: Language
    timezone: str
    title: str
    show_user_names: bool
    project: ProjectDetails
    type_name: str | None = None
    status_name: str | None = None
    categories: tuple[tuple[str, str | None], ...] = ()
    data: tuple[DataValue, ...] = ()
    missing: tuple[str, ...] = ()
    comment_changes: tuple[CommentChange, ...] = ()
    unlisted_wordings: int = 0
    earlier_reports: tuple[ProjectFile, ...] = ()
    exports: tuple[ProjectFile, ...] = ()
    activities: Activities | None = None
    entries: tuple[Mapping[str, Any], ...] = ()
    log_files: Mapping[str, str] = field(default_factory=dict)
    author: str | None = None
    site: str = ""
    purpose: Purpose = NO_PURPOSE
    software: str = ""
    confidentiality: str = ""
    signatories: tuple[str, ...] = ()
    logo: Logo | None = None
    template: Template | None = None
