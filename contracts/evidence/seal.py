"""The seal of a package: a signed table of all its bytes, in the comment at the end of the ZIP.

Readers of ZIP files ignore many bytes: repeated headers, gaps, whatever is behind the end. The seal covers each of
them. It also covers the encrypted files as they are, so it can be verified without the password.
"""

import base64
import hashlib
import re
import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

NAMESPACE: Final = "incident-manager-package-seal"
"""What the signature of the table is for."""

DIRECTORY: Final = "central-directory"
"""The name of the last part: the list of the files with which a ZIP ends."""

_TITLE: Final = "Seal of an Incident Manager package, version "
_COMMENT_BYTES_MAX: Final = 65_535
_TABLE_BYTES_MAX: Final = 64_000
"""Bytes of a table, which leave room for its signature."""

_LINE: Final = re.compile(r"(\d{1,12}) (\d{1,12}) ([A-Za-z0-9+/]{43,64}) (\S+)")
_HEX_DIGITS: Final = 64
_ARMOR: Final = "-----BEGIN"


class Region(NamedTuple):
    """A part of the file: a file of the package with its header, or the list at the end."""

    name: str
    start: int
    length: int
    sha256: str

    @property
    def last(self) -> int:
        """The place of its last byte."""
        return self.start + self.length - 1


class NoSealError(ValueError):
    """A file does not end with a seal."""


class Seal(NamedTuple):
    """A seal as it is found: the place where it begins, its parts, and its signature with what it signs."""

    start: int
    regions: list[Region]
    signed: str
    signature: str


def regions_of(data: bytes, starts: Iterable[tuple[str, int]]) -> list[Region]:
    """Return the parts of an archive without a comment; each reaches to the next one."""
    places = list(starts)
    ends = [start for _, start in places[1:]] + [len(data)]
    view = memoryview(data)
    return [
        Region(name, start, end - start, hashlib.sha256(view[start:end]).hexdigest())
        for (name, start), end in zip(places, ends, strict=True)
    ]


def table(regions: Iterable[Region]) -> str:
    """Return the table that is signed: in version 2, with shorter digests, if it would be too long in version 1."""
    parts = list(regions)
    written = _table(parts, 1)
    return written if len(written) <= _TABLE_BYTES_MAX else _table(parts, 2)


def _table(regions: Iterable[Region], version: int) -> str:
    lines = (f"{region.start} {region.length} {_digest(region.sha256, version)} {region.name}\n" for region in regions)
    return "".join([f"{_TITLE}{version}\n", *lines])


def _digest(sha256: str, version: int) -> str:
    """Return a digest in hexadecimal digits (version 1), or as OpenSSH writes fingerprints (version 2)."""
    return sha256 if version == 1 else base64.b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


def _sha256(digest: str) -> str:
    """Return a digest of either version in hexadecimal digits."""
    return digest if len(digest) == _HEX_DIGITS else base64.b64decode(f"{digest}=").hex()


def with_room(archive: bytes, comment_bytes: int) -> bytes:
    """Return an archive whose last record announces a comment of this length."""
    return archive[:-2] + struct.pack("<H", comment_bytes)


def read(data: bytes) -> Seal:
    """Return the seal at the end of a file, by its own words and not by those of the ZIP.

    Raises:
        NoSealError: There is none, or one of another form.
    """
    window = max(0, len(data) - _COMMENT_BYTES_MAX)
    start = data.rfind(_TITLE.encode(), window)
    if start < 0:
        raise NoSealError
    try:
        comment = data[start:].decode("ascii")
    except UnicodeDecodeError as error:
        raise NoSealError from error
    signed, armor, rest = comment.partition(_ARMOR)
    title, _, rows = signed.partition("\n")
    lines = [_LINE.fullmatch(line) for line in rows.removesuffix("\n").split("\n")]
    try:
        regions = [Region(match[4], int(match[1]), int(match[2]), _sha256(match[3])) for match in lines if match]
    except ValueError as error:
        raise NoSealError from error
    versions = {f"{_TITLE}{version}": version for version in (1, 2)}
    if len(regions) != len(lines) or title not in versions or _table(regions, versions[title]) != signed:
        raise NoSealError
    return Seal(start, regions, signed, armor + rest)


def is_whole(seal: Seal) -> bool:
    """Tell whether the parts follow each other from the first byte to the seal."""
    ends = [0, *(region.start + region.length for region in seal.regions)]
    return [region.start for region in seal.regions] == ends[:-1] and ends[-1] == seal.start


def changed_regions(data: bytes, seal: Seal) -> list[Region]:
    """Return the parts whose bytes are not those that were sealed, each with its digest of now."""
    view = memoryview(data)
    now = (
        region._replace(sha256=hashlib.sha256(view[region.start : region.start + region.length]).hexdigest())
        for region in seal.regions
    )
    return [found for found, region in zip(now, seal.regions, strict=True) if found.sha256 != region.sha256]
