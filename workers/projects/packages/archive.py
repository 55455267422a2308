"""Sealing a package: one ZIP that every common program opens, encrypted when there is a password.

It runs in a child process: compressing and encrypting take processor time, and memory by what people wrote.
"""

import io
from collections.abc import Sequence

import pyzipper

from workers.common.child_process import Facts, JobResult


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Return a ZIP with these files; AES-256 as WinZip and 7-Zip read it, each file with a salt of its own.

    Names, sizes and the time `at` (UTC) can be read without the password: they say nothing of the project.
    """
    target, password = io.BytesIO(), facts["password"]
    with pyzipper.AESZipFile(target, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        if password is not None:
            archive.setpassword(password.encode())
            archive.setencryption(pyzipper.WZ_AES, nbits=256)
        for name, content in zip(facts["names"], data, strict=True):
            entry = archive.zipinfo_cls(name, date_time=tuple(facts["at"]))
            entry.compress_type = pyzipper.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return JobResult({}, (target.getvalue(),))
