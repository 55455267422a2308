"""The archive of a package: one ZIP that every common program opens, encrypted if there is a password or a key.

It is written in a child process, because compression and encryption take processor time, and into a file that the
child inherits, because a package may be larger than memory.
"""

import json
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pyrage
import pyzipper
from pyrage import x25519

from workers.common.sandboxed_job_main import Facts, JobResult


def job(facts: Facts, pieces: Iterator[bytes]) -> JobResult:
    """Write a ZIP into the file `target`; return where each of its files and the list at the end begin.

    Each file comes as a head in JSON, with its name and its size in bytes, and then its content. With a password,
    files are encrypted with AES-256 as WinZip and 7-Zip read it, with a salt per file, unless they are `open`. Names,
    sizes and the time `at` (UTC) are readable without it; they reveal nothing about the project.
    """
    password = facts["password"]
    with _inherited(facts["target"], "w+b") as target, pyzipper.AESZipFile(target, "w") as archive:
        for head in pieces:
            _write(archive, facts, json.loads(head), pieces, password and password.encode())
    return _result(archive)


def encryption_job(facts: Facts, pieces: Iterator[bytes]) -> JobResult:
    """Write a ZIP with a page that everybody can read, and with the file `source`, encrypted to the keys `recipients`.

    It is encrypted piece by piece as it is written.
    """
    recipients = [x25519.Recipient.from_str(recipient) for recipient in facts["recipients"]]
    with (
        _inherited(facts["source"], "rb") as source,
        _inherited(facts["target"], "w+b") as target,
        pyzipper.AESZipFile(target, "w") as archive,
    ):
        _write(archive, facts, {**json.loads(next(pieces)), "is_stored": True}, pieces, None)
        entry = _entry(archive, facts, facts["encrypted"], os.fstat(source.fileno()).st_size)
        source.seek(0)
        with archive.open(entry, "w") as encrypted:
            pyrage.encrypt_io(source, encrypted, recipients)
    return _result(archive)


def _write(archive: Any, facts: Facts, head: Facts, pieces: Iterator[bytes], password: bytes | None) -> None:
    entry, left = _entry(archive, facts, head["name"], head["bytes"]), head["bytes"]
    entry.compress_type = pyzipper.ZIP_STORED if head["is_stored"] else pyzipper.ZIP_DEFLATED
    if password and not head["is_open"]:
        archive.setpassword(password)
        archive.setencryption(pyzipper.WZ_AES, nbits=256)
    with archive.open(entry, "w") as opened:
        while left > 0:
            left -= opened.write(next(pieces))


def _entry(archive: Any, facts: Facts, name: str, size: int) -> Any:
    entry = archive.zipinfo_cls(facts["folder"] + name, date_time=tuple(facts["at"]))
    entry.external_attr = 0o600 << 16
    entry.file_size = size
    return entry


def _inherited(handle: int, mode: str) -> BinaryIO:
    return cast("BinaryIO", os.fdopen(handle, mode))


def _result(archive: Any) -> JobResult:
    starts = [entry.header_offset for entry in archive.infolist()]
    return JobResult({"starts": starts, "directory": archive.start_dir}, ())
