"""Packing and sealing a package: its ZIP is made in a child process, and sealed here, where the key is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.evidence import seal
from workers.common import sandboxed_jobs
from workers.common.sandboxed_jobs import Cause, ChildError
from workers.common.signing_key import SigningKey

_PACKING: Final = "workers.projects.packages.archive:job"
_ENCRYPTING: Final = "workers.projects.packages.archive:encryption_job"
_ENCRYPTED_FOLDER: Final = "encrypted-"


def folder_of(package_id: UUID) -> str:
    """Return the folder that a package unpacks to; its name says nothing about the project."""
    return f"package-{package_id}/"


async def pack(
    contents: Mapping[str, bytes], folder: str, at: datetime, password: str | None, key: SigningKey
) -> bytes:
    """Return the file of a package.

    Raises:
        Refusal: The package is too large for a child.
    """
    names = [folder + name for name in contents]
    facts = {
        "names": names,
        "encrypted_from": names[1],
        "at": at.timetuple()[:6],
        "password": password,
    }
    return await _sealed(_PACKING, facts, contents, key)


async def encrypt(
    contents: Mapping[str, bytes], folder: str, at: datetime, recipients: Sequence[str], key: SigningKey
) -> bytes:
    """Return the file of a package that is encrypted to keys: a page that explains it, and the packed bag.

    Raises:
        Refusal: The package is too large for a child.
    """
    names = [_ENCRYPTED_FOLDER + folder + name for name in contents]
    facts = {"names": names, "at": at.timetuple()[:6], "recipients": [*recipients]}
    return await _sealed(_ENCRYPTING, facts, contents, key)


async def _sealed(job: str, facts: dict[str, Any], contents: Mapping[str, bytes], key: SigningKey) -> bytes:
    try:
        reply = await sandboxed_jobs.call(job, facts, list(contents.values()))
    except ChildError as error:
        if error.cause is Cause.CRASH:
            raise
        limit = error.limits.memory_bytes if error.cause is Cause.MEMORY else error.limits.seconds
        unit = "bytes" if error.cause is Cause.MEMORY else "seconds"
        fields = [{"field": "project_id", "kind": "package_too_large", "unit": unit, "limit": limit}]
        raise Refusal(Code.INVALID, fields=fields) from None
    starts = [*zip(contents, reply.facts["starts"], strict=True), (seal.DIRECTORY, reply.facts["directory"])]
    return with_seal(reply.data[0], starts, key)


def with_seal(archive: bytes, starts: list[tuple[str, int]], key: SigningKey) -> bytes:
    """Return an archive with its seal as its comment; `starts` says where each of its parts begins."""
    length = len(_comment(archive, starts, key))
    announced = seal.with_room(archive, length)
    return announced + _comment(announced, starts, key)


def _comment(archive: bytes, starts: list[tuple[str, int]], key: SigningKey) -> bytes:
    table = seal.table(seal.regions_of(archive, starts))
    return (table + key.sign(seal.NAMESPACE, table.encode())).encode()
