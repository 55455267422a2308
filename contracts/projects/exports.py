"""Exporting a project as a package that can be handed over, and fetching it (PRJ-06, PRJ-20, B5)."""

from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from contracts.downloads import Download
from contracts.message import BOTH_STORES, Message
from contracts.permissions import Level, Node
from contracts.projects.commands import ExistingProjectCommand, ProjectEvent
from contracts.texts import Part
from contracts.values import AnyText, Sha256, composed

SHORTEST_PASSWORD: Final = 8
"""Characters that a package's password has at least (B5)."""

PASSWORD_BYTES_MAX: Final = 99
"""Bytes of its UTF-8 at most: 7-Zip refuses a longer one, and nobody could open the package."""


def _usable(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        kind = "password_too_short"
        raise PydanticCustomError(kind, "needs at least 8 characters")
    if len(password.encode()) > PASSWORD_BYTES_MAX:
        kind = "password_too_long"
        raise PydanticCustomError(kind, "takes more than 99 bytes")
    return password


Password = Annotated[
    AnyText,
    BeforeValidator(composed),
    AfterValidator(_usable),
    WithJsonSchema(
        {"type": "string", "format": "password", "minLength": SHORTEST_PASSWORD, "maxLength": PASSWORD_BYTES_MAX}
    ),
]
"""8 characters to 99 bytes; the UTF-8 of its normal form C is what the package is encrypted with."""

Included = Literal["comments", "calls", "sequences", "history", "user-names"]
"""What a package may hold beside the main details, categories and incident data."""

Section = Literal["comments", "calls", "sequences"]
Detail = Literal["main-details", "categories"]
"""What a package always holds if the caller may see it; `categories` are those and the incident data."""

EntryName = Literal["project.json", "history.json", "sequences.csv", "README.txt", "manifest.json"]

NEEDED: Final[dict[str, Node]] = {
    "main-details": Node.MAIN_DETAILS,
    "categories": Node.CATEGORIES,
    "comments": Node.COMMENTS,
    "calls": Node.CALLS,
    "sequences": Node.SEQUENCES,
    "user-names": Node.USER_NAMES,
}
"""What a caller must be allowed to see for what a package holds."""


class PackageEntry(Message):
    """A file in a package: its size and SHA-256 as they are before packing."""

    name: EntryName
    bytes: int
    sha256: Sha256


class Package(Message):
    """A package as it lies ready; `withheld` names what was left out because the caller may not see it."""

    package_id: UUID
    bytes: int
    sha256: Sha256
    encrypted: bool
    entries: list[PackageEntry]
    includes: list[Included]
    withheld: list[Detail | Section]


class ProjectExported(ProjectEvent):
    """A package of a project was made (PRJ-20)."""

    subject = "projects.exported"

    package: Package


class ExportProject(ExistingProjectCommand[ProjectExported]):
    """Make a package of a project, for a day and for the caller alone; with a password it is encrypted (AES-256).

    Where `include` names no section, every one that the caller may see is in it. Main details, categories and incident
    data are in it if the caller may see them, whatever it names.
    """

    subject = "projects.export"
    node = Node.EXPORT
    part = Part.PROJECT
    runs_alone = True
    secrets: ClassVar[frozenset[str]] = frozenset({"password"})

    password: Annotated[Password | None, Field(repr=False)] = None
    include: Annotated[list[Included], Field(max_length=5)] = []

    def needs(self) -> dict[Node, Level]:
        """Ask for export, and for whatever is wanted by its name."""
        given = self.__dict__.get("include")
        named = _needed(given) if isinstance(given, list) else {}
        return {self.node: self.level, **named}


class PackageDownloaded(ProjectEvent):
    """Somebody fetched a package, or a part of it."""

    subject = "projects.downloaded"
    stores = BOTH_STORES

    package_id: UUID


class DownloadPackage(Download):
    """Fetch bytes of a package that the caller made; the reply is the bytes alone, fewer than asked at the end."""

    subject = "projects.download"
    node = Node.EXPORT
    level = Level.MANAGE

    package_id: UUID


def _needed(included: list[Included]) -> dict[Node, Level]:
    return {NEEDED[one]: Level.VIEW for one in included if one in NEEDED}
