"""The seal of a package: a signed table of all its bytes, in the comment at the end of the ZIP.

Readers of ZIP files ignore many bytes: repeated headers, gaps, whatever is behind the end. The seal covers each of
them. It also covers the encrypted files as they are, so it can be verified without the password.
"""

import base64
import hashlib
import os
import re
import struct
from collections.abc import Iterable
from mmap import mmap
from typing import BinaryIO, Final, NamedTuple

Data = bytes | mmap
"""The bytes of a file, in memory or mapped into it."""

NAMESPACE: Final = "incident-manager-package-seal"
"""What the signature of the table is for."""

DIRECTORY: Final = "central-directory"
"""The name of the last part: the list of the files with which a ZIP ends."""

_TITLE: Final = "Seal of an Incident Manager package, version "
_COMMENT_BYTES_MAX: Final = 65_535
_TABLE_BYTES_MAX: Final = 64_000
"""Bytes of a table, which leave room for its signature."""

_BLOCK_BYTES: Final = 1024 * 1024
_LINE: Final = re.compile(r"(\d{1,12}) (\d{1,12}) ([A-Za-z0-9+/]{43,64}) (\S+)")
_HEX_DIGITS: Final = 64
_ARMOR: Final = "-----BEGIN"
_ARMOR_END: Final = b"-----END SSH SIGNATURE-----\n"


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
    """A seal as it is found: where it begins and ends, its parts, and its signature with what it signs."""

    start: int
    end: int
    regions: list[Region]
    signed: str
    signature: str


def regions_of(file: BinaryIO, starts: Iterable[tuple[str, int]]) -> list[Region]:
    """Return the parts of an archive without a comment; each reaches to the next one."""
    places = list(starts)
    ends = [start for _, start in places[1:]] + [file.seek(0, os.SEEK_END)]
    return [
        Region(name, start, end - start, digest_of(file, start, end - start))
        for (name, start), end in zip(places, ends, strict=True)
    ]


def digest_of(file: BinaryIO, start: int, length: int) -> str:
    """Return the SHA-256 of a part of a file."""
    digest = hashlib.sha256()
    file.seek(start)
    for left in range(length, 0, -_BLOCK_BYTES):
        digest.update(file.read(min(left, _BLOCK_BYTES)))
    return digest.hexdigest()


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


def make_room(file: BinaryIO, comment_bytes: int) -> None:
    """Let the last record of an archive announce a comment of this length."""
    file.seek(-2, os.SEEK_END)
    file.write(struct.pack("<H", comment_bytes))


def read(data: Data) -> Seal:
    """Return the last seal of a file, by its own words and not by those of the ZIP; bytes may follow it.

    Raises:
        NoSealError: There is none, or one of another form.
    """
    start, end = _place(data)
    try:
        comment = bytes(data[start:end]).decode("ascii")
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
    return Seal(start, end, regions, signed, armor + rest)


def _place(data: Data) -> tuple[int, int]:
    """Return where the last seal begins and ends; one whose last line is damaged ends with the file.

    Raises:
        NoSealError: There is none.
    """
    armor_end = data.rfind(_ARMOR_END)
    ends = [armor_end + len(_ARMOR_END)] if armor_end >= 0 else []
    for end in (*ends, len(data)):
        start = data.rfind(_TITLE.encode(), max(0, end - _COMMENT_BYTES_MAX), end)
        if start >= 0:
            return start, end
    raise NoSealError


def is_whole(seal: Seal) -> bool:
    """Tell whether the parts follow each other from the first byte to the seal."""
    ends = [0, *(region.start + region.length for region in seal.regions)]
    return [region.start for region in seal.regions] == ends[:-1] and ends[-1] == seal.start


def changed_regions(data: Data, seal: Seal) -> list[Region]:
    """Return the parts whose bytes are not those that were sealed, each with its digest of now."""
    with memoryview(data) as view:
        now = [region._replace(sha256=_sha256_of(view, region)) for region in seal.regions]
    return [found for found, region in zip(now, seal.regions, strict=True) if found.sha256 != region.sha256]


def _sha256_of(view: memoryview, region: Region) -> str:
    with view[region.start : region.start + region.length] as part:
        return hashlib.sha256(part).hexdigest()
