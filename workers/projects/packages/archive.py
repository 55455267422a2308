"""The archive of a package: one ZIP that every common program opens, encrypted if there is a password.

It runs in a child process, because compression and encryption take processor time and memory.
"""

import io
from collections.abc import Sequence

import pyzipper

from workers.common.sandboxed_job_main import Facts, JobResult


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Return a ZIP with these files, encrypted with AES-256 as WinZip and 7-Zip read it, with a salt per file.

    Names, sizes and the time `at` (UTC) are readable without the password; they reveal nothing about the project.
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
