"""The file of a backup: private and written atomically."""

import json
import os
import secrets
import tarfile
from pathlib import Path
from typing import Final

_SITE: Final = "site.json"


class NoBackupError(Exception):
    """A file is not a backup, or not a complete one."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} is not a complete file of `incidents backup`: name another file.")


def describe(folder: Path, site: str) -> None:
    """Write the site of the backup."""
    (folder / _SITE).write_text(json.dumps({"site": site}))


def site_of(folder: Path, file: Path) -> str:
    """Return the site of the backup.

    Raises:
        NoBackupError: The file does not name it.
    """
    try:
        return str(json.loads((folder / _SITE).read_text())["site"])
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise NoBackupError(file) from error


def pack(out: Path, files: list[Path], folder: Path) -> None:
    """Write a private archive atomically.

    Raises:
        OSError: It cannot be written; the error names the archive.
    """
    # A name of its own: another backup into the same file may be running.
    draft = out.with_name(f"{out.name}.{secrets.token_hex(4)}.part")
    try:
        draft_file = os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        with draft_file as opened, tarfile.open(fileobj=opened, mode="w") as archive:
            for path in files:
                archive.add(path, str(path.relative_to(folder)))
        draft.replace(out)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(out)) from error
    finally:
        draft.unlink(missing_ok=True)


def unpack(file: Path, folder: Path) -> None:
    """Extract an archive into a folder.

    Raises:
        NoBackupError: It is not an archive, or incomplete.
    """
    try:
        with tarfile.open(file) as opened:
            opened.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise NoBackupError(file) from error
