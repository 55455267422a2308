"""Exporting a project as a package for somebody outside, and downloading it (PRJ-06, PRJ-20, B5)."""

from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from contracts.downloads import Download
from contracts.message import BOTH_STORES, Message
from contracts.permissions import Level, Node
from contracts.projects.commands import ExistingProjectCommand, ProjectEvent
from contracts.texts import Part
from contracts.values import AnyText, LegalBasis, Name, Sha256, compose

PASSWORD_LENGTH_MIN: Final = 8
"""The fewest characters of a package's password (B5)."""

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

Included = Literal["comments", "calls", "sequences", "history", "activity", "user-names"]
"""The optional contents of a package, in addition to main details, categories and incident data."""

Section = Literal["comments", "calls", "sequences"]
Detail = Literal["main-details", "categories"]
"""The contents of every package, if the caller may see them; `categories` includes the incident data."""

Withheld = Literal["main-details", "categories", "comments", "calls", "sequences", "activity"]
"""What a package lacks because the caller may not see it."""

EntryName = Literal[
    "README.txt",
    "bagit.txt",
    "bag-info.txt",
    "manifest-sha256.txt",
    "tagmanifest-sha256.txt",
    "tagmanifest-sha256.txt.sig",
    "signing-key.pub",
    "data/index.html",
    "data/project.json",
    "data/project.schema.json",
    "data/history.json",
    "data/activity.json",
    "data/sequences.csv",
]
"""The files of a package, below its one folder."""

NEEDED: Final[dict[str, Node]] = {
    "main-details": Node.MAIN_DETAILS,
    "categories": Node.CATEGORIES,
    "comments": Node.COMMENTS,
    "calls": Node.CALLS,
    "sequences": Node.SEQUENCES,
    "activity": Node.ACTIVITY_LOGS,
    "user-names": Node.USER_NAMES,
}
"""The node that a caller needs for each content of a package."""


class PackageEntry(Message):
    """A file in a package, with its size and SHA-256 before packing."""

    name: EntryName
    bytes: int
    sha256: Sha256


class Package(Message):
    """A finished package; `withheld` names what was left out because the caller may not see it."""

    package_id: UUID
    bytes: int
    sha256: Sha256
    encrypted: bool
    entries: list[PackageEntry]
    includes: list[Included]
    withheld: list[Withheld]


class ProjectExported(ProjectEvent):
    """A project was exported as a package (PRJ-20).

    To whom, for which reference and on which legal basis is part of the record: these texts are about the disclosure.
    """

    subject = "projects.exported"

    package: Package
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None


class ExportProject(ExistingProjectCommand[ProjectExported]):
    """Export a project as a package, kept for a day for the caller alone; with a password it is encrypted (AES-256).

    Without a section in `include`, it contains every section that the caller may see. It always contains main details,
    categories and incident data if the caller may see them.

    The package is signed with the site's key. It says to whom it goes, for which reference and on which legal basis; a
    setting of the site makes these three obligatory.
    """

    subject = "projects.export"
    node = Node.EXPORT
    part = Part.PROJECT
    runs_alone = True
    secrets: ClassVar[frozenset[str]] = frozenset({"password"})

    password: Annotated[Password | None, Field(repr=False)] = None
    include: Annotated[list[Included], Field(max_length=6)] = []
    recipient: Name | None = None
    reference: Name | None = None
    legal_basis: LegalBasis | None = None

    def needs(self) -> dict[Node, Level]:
        """Require export, and the node of every content that `include` names."""
        include = self.__dict__.get("include")
        contents = _nodes_of(include) if isinstance(include, list) else {}
        return {self.node: self.level, **contents}


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
    return {NEEDED[content]: Level.VIEW for content in include if content in NEEDED}
