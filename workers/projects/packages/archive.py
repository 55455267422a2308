"""Sealing a package: one ZIP that every common program opens, encrypted when there is a password."""

import hashlib
import io
from collections.abc import Mapping
from datetime import datetime

import pyzipper

from contracts.project_exports import EntryName


def sealed(files: Mapping[EntryName, bytes], at: datetime, password: str | None) -> bytes:
    """Return a ZIP with these files; AES-256 as WinZip and 7-Zip read it, each file with a salt of its own.

    Names, sizes and `at` (UTC) can be read without the password: they say nothing of the project.
    """
    target = io.BytesIO()
    with pyzipper.AESZipFile(target, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        if password is not None:
            archive.setpassword(password.encode())
            archive.setencryption(pyzipper.WZ_AES, nbits=256)
        for name, data in files.items():
            entry = archive.zipinfo_cls(name, date_time=at.timetuple()[:6])
            entry.compress_type = pyzipper.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return target.getvalue()


def digest(data: bytes) -> str:
    """Return the SHA-256 of a package, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
