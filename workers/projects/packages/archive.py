"""The archive of a package: one ZIP that every common program opens, encrypted if there is a password or a key.

It runs in a child process, because compression and encryption take processor time and memory.
"""

import io
from collections.abc import Sequence
from typing import Any

import pyrage
import pyzipper
from pyrage import x25519

from workers.common.sandboxed_job_main import Facts, JobResult


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Return a ZIP with these files, and where each of them and the list at the end begin.

    With a password, they are encrypted with AES-256 as WinZip and 7-Zip read it, with a salt per file, from the one
    named `encrypted_from` on. Names, sizes and the time `at` (UTC) are readable without it; they reveal nothing about
    the project.
    """
    target, password = io.BytesIO(), facts["password"]
    with pyzipper.AESZipFile(target, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        for name, content in zip(facts["names"], data, strict=True):
            entry = _entry(archive, name, facts)
            entry.compress_type = pyzipper.ZIP_DEFLATED
            if password is not None and name == facts["encrypted_from"]:
                archive.setpassword(password.encode())
                archive.setencryption(pyzipper.WZ_AES, nbits=256)
            archive.writestr(entry, content)
    return _result(archive, target)


def encryption_job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Return a ZIP with a page that everybody can read, and with another ZIP, encrypted to the keys `recipients`.

    It is encrypted piece by piece as it is written.
    """
    page, packed = data
    target, (page_name, packed_name) = io.BytesIO(), facts["names"]
    recipients = [x25519.Recipient.from_str(recipient) for recipient in facts["recipients"]]
    with pyzipper.AESZipFile(target, "w") as archive:
        archive.writestr(_entry(archive, page_name, facts), page)
        with archive.open(_entry(archive, packed_name, facts), "w") as encrypted:
            pyrage.encrypt_io(io.BytesIO(packed), encrypted, recipients)
    return _result(archive, target)


def _entry(archive: Any, name: str, facts: Facts) -> Any:
    entry = archive.zipinfo_cls(name, date_time=tuple(facts["at"]))
    entry.external_attr = 0o600 << 16
    return entry


def _result(archive: Any, target: io.BytesIO) -> JobResult:
    starts = [entry.header_offset for entry in archive.infolist()]
    return JobResult({"starts": starts, "directory": archive.start_dir}, (target.getvalue(),))
