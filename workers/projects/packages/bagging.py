"""The bag around the files of projects: what explains it, lists its files, and is signed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.evidence import bag
from contracts.evidence.bag import FileDigest
from contracts.projects.exports import OmittedProject, PackageEntry
from workers.common.signing_key import SigningKey
from workers.projects.packages import list_page, readme
from workers.projects.packages.choice import Choice
from workers.projects.packages.contents import FORMAT, schema

SCHEMA: Final = "data/project.schema.json"
MEDIA: Final = "data/media/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A project in a package: its folder below `data/`, and what the list of projects says of it."""

    folder: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a package is made of: its projects and those that it lacks, for whom it is, and why.

    `log_files` are about its activity: the signed state of its entries, and the key of the log.
    """

    package_id: UUID
    site: str
    organisation: str
    timezone: str
    language: str
    exported_at: datetime
    exported_by: str
    choice: Choice
    purpose: Mapping[str, str | None]
    copies: Sequence[Copy]
    left_out: Sequence[OmittedProject] = ()
    has_folders: bool = False
    has_password: bool = False
    recipients: Sequence[str] = ()
    media_files: int = 0
    media_bytes: int = 0
    log_files: Mapping[str, bytes] = field(default_factory=dict)


def opening_files(package: Contents, key: SigningKey) -> dict[str, bytes]:
    """Return the files before those of the projects; the first one is never encrypted."""
    contents = {bag.README: readme.text(_explained(package, key), package.language).encode()}
    if package.has_folders:
        contents["data/index.html"] = _list(package).encode()
    return contents


def closing_files(package: Contents, key: SigningKey, earlier: Mapping[str, FileDigest]) -> dict[str, bytes]:
    """Return the files after those of the projects, which list and sign what is `earlier` in the package."""
    contents = {
        **package.log_files,
        SCHEMA: schema(),
        bag.BAGIT: bag.DECLARATION.encode(),
        bag.PUBLIC_KEY: key.public_line.encode(),
    }
    digests = {**earlier, **bag.digests(contents)}

    def add(name: str, text: str) -> None:
        contents[name] = text.encode()
        digests.update(bag.digests({name: contents[name]}))

    add(bag.INFO, _info(package, digests))
    add(bag.MANIFEST, bag.manifest(digests, tags=False))
    add(bag.TAG_MANIFEST, bag.manifest(digests, tags=True))
    add(bag.SIGNATURE, key.sign(bag.NAMESPACE, contents[bag.TAG_MANIFEST]))
    return contents


def wrapper_page(package: Contents, key: SigningKey) -> bytes:
    """Return the page beside the packed bag of a package that is encrypted to keys."""
    return readme.wrapper_text(_explained(package, key), package.language).encode()


def _explained(package: Contents, key: SigningKey) -> readme.Facts:
    return readme.Facts(
        site=package.site,
        timezone=package.timezone,
        exported_at=package.exported_at,
        package_id=package.package_id,
        fingerprint=key.fingerprint,
        includes=package.choice.includes,
        has_password=package.has_password,
        has_folders=package.has_folders,
        has_media=package.media_files > 0,
        has_entries=bool(package.log_files),
    )


def entries(digests: Mapping[str, FileDigest], folders: Iterable[str]) -> list[PackageEntry]:
    """Return what the outcome says of each file outside these folders; it counts the recordings."""
    within = (MEDIA, *(bag.PAYLOAD + folder for folder in folders if folder))
    listed = {name: digest for name, digest in digests.items() if not name.startswith(within)}
    return [PackageEntry(name=name, bytes=digest.bytes, sha256=digest.sha256) for name, digest in listed.items()]


def _list(package: Contents) -> str:
    facts = {
        "package_id": package.package_id,
        "site": package.site,
        "organisation": package.organisation,
        "timezone": package.timezone,
        "exported_at": package.exported_at,
        "exported_by": package.exported_by if package.choice.shows_names else "",
        **package.purpose,
    }
    rows = [{**copy.facts, "folder": copy.folder} for copy in package.copies]
    return list_page.page({**facts, "media_files": package.media_files}, rows, package.left_out, package.language)


def _description(package: Contents) -> str:
    words = readme.wording("readme", package.language)
    if not package.has_folders:
        [copy] = package.copies
        return words["described"].format(number=copy.facts["number"], revision=copy.facts["revision"])
    return words["many described"].format(numbers=", ".join(str(copy.facts["number"]) for copy in package.copies))


def _info(package: Contents, digests: Mapping[str, FileDigest]) -> str:
    purpose, choice = package.purpose, package.choice
    return bag.info(
        [
            ("Source-Organization", package.organisation or package.site),
            ("External-Identifier", str(package.package_id)),
            ("External-Description", _description(package)),
            ("Bagging-Date", f"{package.exported_at:%Y-%m-%d}"),
            ("Payload-Oxum", bag.oxum(digests)),
            ("Package-Format", str(FORMAT)),
            ("Site", package.site),
            ("Time-Zone", package.timezone),
            ("Exported-At", package.exported_at.isoformat()),
            ("Exported-By", package.exported_by if choice.shows_names else None),
            ("Recipient", purpose["recipient"]),
            ("Reference", purpose["reference"]),
            ("Legal-Basis", purpose["legal_basis"]),
            ("Includes", ", ".join(choice.includes)),
            ("Withheld", ", ".join(choice.withheld)),
            ("Left-Out", ", ".join(f"{each.number or each.project_id} ({each.reason})" for each in package.left_out)),
        ]
    )
