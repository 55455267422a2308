"""The archive of a package: one ZIP that every common program opens, encrypted if there is a password.

It runs in a child process, because compression and encryption take processor time and memory.
"""

import io
from collections.abc import Sequence

import pyzipper

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
            entry = archive.zipinfo_cls(name, date_time=tuple(facts["at"]))
            entry.compress_type = pyzipper.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            if password is not None and name == facts["encrypted_from"]:
                archive.setpassword(password.encode())
                archive.setencryption(pyzipper.WZ_AES, nbits=256)
            archive.writestr(entry, content)
        starts = [entry.header_offset for entry in archive.infolist()]
    return JobResult({"starts": starts, "directory": archive.start_dir}, (target.getvalue(),))
