"""Packing and sealing a package: its ZIP is written by a child process, and sealed here, where the key is."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final, NamedTuple, cast
from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.evidence import bag, seal
from contracts.evidence.bag import FileDigest
from contracts.evidence.seal import Region
from workers.common import sandboxed_jobs
from workers.common.sandboxed_job_requests import Stream
from workers.common.sandboxed_jobs import Cause, ChildError
from workers.common.signing_key import SigningKey

_PACKING: Final = "workers.projects.packages.archive:job"
_ENCRYPTING: Final = "workers.projects.packages.archive:encryption_job"
_ENCRYPTED_FOLDER: Final = "encrypted-"
_MEDIA: Final = "/media/"
_LINE_BYTES: Final = 72
"""Bytes of a line of the seal beside the name, at most; the places of a large package have ten digits."""

_TABLE_BYTES_MAX: Final = 62_000
_BYTES_PER_SECOND: Final = 10_000_000
"""What a child packs and encrypts at least in a second of processor time."""

_LARGE_FILES: Final = "/var/tmp"  # noqa: S108 - files there have no names
_HASHED_HERE_BYTES_MAX: Final = 64 * 1024
"""A longer piece is hashed in a thread, because the other work of this process would wait."""


class Item(NamedTuple):
    """A file on its way into a package: its size in bytes, and its content in pieces."""

    name: str
    size: int
    pieces: AsyncIterable[bytes]
    is_stored: bool = False
    """Whether it is not compressed, because it is already."""


class SealedFile(NamedTuple):
    """The size and the SHA-256 of a finished package."""

    bytes: int
    sha256: str


class NoSpaceError(OSError):
    """The disk of temporary files has no room for a package: it is made when there is some."""


def temporary_file() -> BinaryIO:
    """Return a new file without a name, which nobody else can open.

    The system frees it with the last process that has it open, whatever ends that. It is in TMPDIR, otherwise in
    /var/tmp, because /tmp is often memory.
    """
    is_usable = os.access(_LARGE_FILES, os.W_OK)
    return cast("BinaryIO", TemporaryFile(dir=os.environ.get("TMPDIR") or (_LARGE_FILES if is_usable else None)))


def item_of(name: str, data: bytes) -> Item:
    """Return a file that is in memory."""

    async def pieces() -> AsyncIterator[bytes]:
        yield data

    return Item(name, len(data), pieces())


def folder_of(package_id: UUID) -> str:
    """Return the folder that a package unpacks to; its name says nothing about the project."""
    return f"package-{package_id}/"


class Packing(NamedTuple):
    """A package that is packed: into which folder, at what time (UTC), by whose key, and its size in bytes."""

    package_id: UUID
    at: datetime
    key: SigningKey
    size: int

    async def pack(
        self, items: AsyncIterable[Item], digests: dict[str, FileDigest], password: str | None, target: BinaryIO
    ) -> SealedFile:
        """Write a package into a file; the digest of each item is there before the next one is taken.

        Raises:
            Refusal: A child needs too long for it.
        """
        facts = {"password": password, **self._facts(folder_of(self.package_id), target)}
        starts = await self._call(_PACKING, facts, _framed(items, digests), [target.fileno()])
        return await asyncio.to_thread(add_seal, target, [*zip(digests, starts, strict=False)], starts[-1], self.key)

    async def encrypt(self, page: bytes, source: BinaryIO, recipients: Sequence[str], target: BinaryIO) -> SealedFile:
        """Write a package that is encrypted to keys into a file: a page that explains it, and the packed bag.

        Raises:
            Refusal: A child needs too long for it.
        """
        facts = self._facts(_ENCRYPTED_FOLDER + folder_of(self.package_id), target)
        facts |= {"source": source.fileno(), "encrypted": bag.ENCRYPTED, "recipients": [*recipients]}
        handles = [target.fileno(), source.fileno()]
        starts = await self._call(_ENCRYPTING, facts, _framed(_only(item_of(bag.README, page)), {}), handles)
        places = [*zip((bag.README, bag.ENCRYPTED), starts, strict=False)]
        return await asyncio.to_thread(add_seal, target, places, starts[-1], self.key)

    def _facts(self, folder: str, target: BinaryIO) -> dict[str, Any]:
        return {"folder": folder, "at": self.at.timetuple()[:6], "target": target.fileno()}

    async def _call(
        self, job: str, facts: dict[str, Any], pieces: AsyncIterable[bytes], handles: Sequence[int]
    ) -> list[int]:
        """Return where the files of the archive begin, and where its list does.

        Raises:
            NoSpaceError: The disk is full.
        """
        try:
            source = Stream(pieces, handles, self.size // _BYTES_PER_SECOND)
            reply = await sandboxed_jobs.stream(job, facts, source)
        except ChildError as error:
            if error.cause is Cause.DISK:
                raise NoSpaceError from None
            if error.cause is Cause.CRASH:
                raise
            limit = error.limits.memory_bytes if error.cause is Cause.MEMORY else error.limits.seconds
            unit = "bytes" if error.cause is Cause.MEMORY else "seconds"
            fields = [{"field": "project_id", "kind": "package_too_large", "unit": unit, "limit": limit}]
            raise Refusal(Code.INVALID, fields=fields) from None
        return [*reply.facts["starts"], reply.facts["directory"]]


async def _only(item: Item) -> AsyncIterator[Item]:
    yield item


async def _framed(items: AsyncIterable[Item], digests: dict[str, FileDigest]) -> AsyncIterator[bytes]:
    """Yield each file as the child reads it, and note its digest."""
    async for item in items:
        # The page that explains a package is the first file, and is read without the password.
        head = {"name": item.name, "bytes": item.size, "is_stored": item.is_stored, "is_open": not digests}
        yield json.dumps(head).encode()
        digest = hashlib.sha256()
        async for piece in item.pieces:
            if len(piece) > _HASHED_HERE_BYTES_MAX:
                await asyncio.to_thread(digest.update, piece)
            else:
                digest.update(piece)
            yield piece
        digests[item.name] = FileDigest(item.size, digest.hexdigest())


def add_seal(file: BinaryIO, starts: Sequence[tuple[str, int]], directory: int, key: SigningKey) -> SealedFile:
    """Append the seal to an archive as its comment; `starts` says where its files begin, `directory` where its list."""
    end = [(seal.DIRECTORY, directory)]
    regions = seal.regions_of(file, [*fitting(starts), *end])
    seal.make_room(file, len(_comment(regions, key)))
    regions[-1:] = seal.regions_of(file, end)
    file.seek(0, os.SEEK_END)
    file.write(_comment(regions, key))
    file.flush()
    size = file.tell()
    return SealedFile(size, seal.digest_of(file, 0, size))


def fitting(starts: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the parts of an archive as a seal has them: if they are too many, one for all recordings of a project."""
    parts = list(starts)
    if sum(_LINE_BYTES + len(name) for name, _ in parts) <= _TABLE_BYTES_MAX:
        return parts
    named = [(name[: name.index(_MEDIA) + len(_MEDIA)] if _MEDIA in name else name, start) for name, start in parts]
    return [part for place, part in enumerate(named) if place == 0 or part[0] != named[place - 1][0]]


def _comment(regions: Sequence[Region], key: SigningKey) -> bytes:
    table = seal.table(regions)
    return (table + key.sign(seal.NAMESPACE, table.encode())).encode()
