"""Exporting projects as a package for somebody outside, and downloading it (PRJ-06, PRJ-20, B5)."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from contracts import age_keys
from contracts.downloads import Download
from contracts.message import BOTH_STORES, PROJECT_STORE, Command, Event, Message
from contracts.permissions import Level, Node
from contracts.projects.commands import ProjectEvent
from contracts.texts import Part
from contracts.values import AnyText, Language, LegalBasis, Name, Reason, Revision, Sha256, Time, compose

PASSWORD_LENGTH_MIN: Final = 8
"""The fewest characters of a package's password (B5)."""

EXPORT_PROJECTS_MAX: Final = 100
"""Projects of one package."""

RECIPIENTS_MAX: Final = 20
"""Keys of age that one package is encrypted to."""

PASSWORD_BYTES_MAX: Final = 99
"""The most bytes of its UTF-8: 7-Zip refuses longer ones, so nobody could open the package."""


def _require_usable(password: str) -> str:
    if len(password) < PASSWORD_LENGTH_MIN:
        kind = "password_too_short"
        raise PydanticCustomError(kind, "needs at least 8 characters")
    if len(password.encode()) > PASSWORD_BYTES_MAX:
        kind = "password_too_long"
        raise PydanticCustomError(kind, "takes more than 99 bytes")
    return password


Password = Annotated[
    AnyText,
    BeforeValidator(compose),
    AfterValidator(_require_usable),
    WithJsonSchema(
        {"type": "string", "format": "password", "minLength": PASSWORD_LENGTH_MIN, "maxLength": PASSWORD_BYTES_MAX}
    ),
]
"""8 characters to 99 bytes; the package is encrypted with the UTF-8 of its normal form C."""


def _require_age_key(text: str) -> str:
    if fault := age_keys.fault_of(text):
        raise PydanticCustomError(fault, "is not a public key of age")
    return text


AgeKey = Annotated[
    AnyText,
    AfterValidator(_require_age_key),
    WithJsonSchema({"type": "string", "pattern": age_keys.PATTERN}),
]
"""A public key of age (X25519), with its checksum."""

Included = Literal["comments", "calls", "sequences", "media", "history", "activity", "report", "user-names"]
"""The optional contents of a package, in addition to main details, categories and incident data."""

Section = Literal["comments", "calls", "sequences"]
Detail = Literal["main-details", "categories"]
"""The contents of every package, if the caller may see them; `categories` includes the incident data."""

Withheld = Literal["main-details", "categories", "comments", "calls", "sequences", "activity", "report"]
"""What a package lacks because the caller may not see it, or may not make it."""

Omitted = Literal["unknown", "deleted", "restricted", "too-large"]
"""Why a project is not in a package."""

NoReport = Literal["too-large", "not-typeset"]
"""Why a project in a package has no report there."""

NEEDED: Final[dict[str, Node]] = {
    "main-details": Node.MAIN_DETAILS,
    "categories": Node.CATEGORIES,
    "comments": Node.COMMENTS,
    "calls": Node.CALLS,
    "sequences": Node.SEQUENCES,
    "media": Node.SEQUENCES,
    "activity": Node.ACTIVITY_LOGS,
    "report": Node.REPORTS,
    "user-names": Node.USER_NAMES,
}
"""The node that a caller needs for each content of a package."""


def level_of(content: str) -> Level:
    """Return the level at which an export needs the node of a content: a report is made, the rest is seen."""
    return Level.MANAGE if content == "report" else Level.VIEW


class PackageEntry(Message):
    """A file in a package, with its size and SHA-256 before packing."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9./-]{1,60}$")]
    bytes: int
    sha256: Sha256


class ExportedProject(Message):
    """A project in a package: its folder there, and the moment and the revision at which it was read.

    `report_revision` is the revision that its PDF shows; without a PDF, `no_report` says why if one was to be made.
    """

    project_id: UUID
    number: int
    folder: Annotated[str, StringConstraints(pattern=r"^data/([0-9]+/)?$")]
    revision: int
    collected_at: Time
    report_revision: int | None = None
    no_report: NoReport | None = None


class OmittedProject(Message):
    """A project that is not in a package; one that never existed has no number."""

    project_id: UUID
    reason: Omitted
    number: int | None = None


class Package(Message):
    """A finished package; `withheld` names what was left out because the caller may not see it.

    `recipients` are the keys of age that it is encrypted to, if it is encrypted to keys and not with a password.
    Of a package of several projects, `entries` has the files outside their folders; its manifest lists all of them.
    It has `media_files` recordings of `media_bytes`, which are not in `entries`. Of `media_incomplete` sequences not
    all is in it.
    """

    package_id: UUID
    bytes: int
    sha256: Sha256
    encrypted: bool
    recipients: list[AgeKey] = []
    entries: list[PackageEntry]
    includes: list[Included]
    withheld: list[Withheld]
    projects: list[ExportedProject] = []
    left_out: list[OmittedProject] = []
    media_files: int = 0
    media_bytes: int = 0
    media_incomplete: int = 0


class ProjectExported(Event):
    """Projects were exported as a package (PRJ-20); `project_id` is missing if the command named several.

    Each of several has an entry of its own. To whom, for which reference and on which legal basis is part of the
    record: these texts are about the disclosure. If the project is restricted, `access_reason` says why it was read.
    """

    subject = "projects.exported"
    stores = PROJECT_STORE

    project_id: UUID | None = None
    package: Package
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None
    access_reason: Annotated[Reason | None, Field(exclude_if=lambda reason: reason is None)] = None

    def individual_events(self) -> Sequence["ProjectExported"]:
        """Return the event of each project."""
        if self.project_id is not None:
            return (self,)
        alone = [self.package.model_copy(update={"projects": [each], "left_out": []}) for each in self.package.projects]
        return [
            self.model_copy(update={"project_id": package.projects[0].project_id, "package": package})
            for package in alone
        ]


class ExportProject(Command[ProjectExported]):
    """Export projects as a package, kept for a day for the caller alone.

    With a `password` it is encrypted (AES-256). With `recipients` it is encrypted to these keys of age instead.

    It names one project in `project_id`, or up to a hundred in `project_ids`; then each has a folder. The command is
    taken at once, and its outcome is published when the package is made. Meanwhile `projects.outcome` says `pending`,
    with the projects that are `done` of the `total`. The package says when each project was read, and its revision.

    Without a section in `include`, it contains every section that the caller may see, and the report of each project
    as PDF if the caller may make reports. It always contains main details, categories and incident data if the caller
    may see them.

    The package is signed with the site's key. It says to whom it goes, for which reference and on which legal basis; a
    setting of the site makes these three obligatory.

    A restricted project is exported alone, for those who may see restricted projects and say why in `access_reason`.
    """

    subject = "projects.export"
    node = Node.EXPORT
    part = Part.PROJECT
    runs_alone = True
    secrets: ClassVar[frozenset[str]] = frozenset({"password"})

    project_id: UUID | None = None
    project_ids: Annotated[list[UUID], Field(min_length=1, max_length=EXPORT_PROJECTS_MAX)] | None = None
    expected_revision: Revision | None = None
    password: Annotated[Password | None, Field(repr=False)] = None
    recipients: Annotated[list[AgeKey], Field(max_length=RECIPIENTS_MAX)] = []
    include: Annotated[list[Included], Field(max_length=8)] = []
    language: Language | None = None
    recipient: Name | None = None
    reference: Name | None = None
    legal_basis: LegalBasis | None = None
    access_reason: Reason | None = None

    def key(self) -> str:
        """Return the id of the one project."""
        return str(self.project_id) if self.project_id else "-"

    def needs(self) -> dict[Node, Level]:
        """Require export, the node of every content that `include` names, and restricted ones if a reason is given."""
        include = self.__dict__.get("include")
        contents = _nodes_of(include) if isinstance(include, list) else {}
        restricted = {Node.RESTRICTED: Level.VIEW} if self.__dict__.get("access_reason") else {}
        return {self.node: self.level, **contents, **restricted}


class PackageDownloaded(ProjectEvent):
    """A package, or a part of it, was downloaded."""

    subject = "projects.downloaded"
    stores = BOTH_STORES

    package_id: UUID


class DownloadPackage(Download):
    """Fetch bytes of the caller's own package; the reply is the bytes alone, fewer than requested at the end."""

    subject = "projects.download"
    node = Node.EXPORT
    level = Level.MANAGE

    package_id: UUID


def _nodes_of(include: list[Included]) -> dict[Node, Level]:
    return {NEEDED[content]: level_of(content) for content in include if content in NEEDED}
