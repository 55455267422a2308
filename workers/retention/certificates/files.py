"""Copies of certificates outside the database: three files each, beside the checkpoints of the activity log."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from contracts.evidence.destruction import read_pem, written_pem

FOLDER: Final = "certificates"
_NAME: Final = "certificate-"
_SUPPLEMENT: Final = "-supplement"


class SignedCertificate(NamedTuple):
    """A certificate as it is signed: its bytes, their signature, and the public key."""

    number: int
    content: bytes
    signature: bytes
    key: bytes


class CertificateFiles:
    """The certificates in a folder outside the database; without one there are none."""

    def __init__(self, checkpoints: Path | None) -> None:
        """Name the folder of the checkpoints; nothing is read or made."""
        self._folder = checkpoints / FOLDER if checkpoints else None
        self._refused: set[int] = set()

    def numbers(self) -> list[int]:
        """Return the numbers of the certificates that are there, in order.

        Raises:
            OSError: The folder cannot be read.
        """
        if self._folder is None or not self._folder.exists():
            return []
        stems = [path.stem.removeprefix(_NAME) for path in self._folder.glob(f"{_NAME}*.json")]
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def ahead_of(self, known: int) -> list[int]:
        """Return the numbers behind a known one whose files were not refused before.

        Raises:
            OSError: The folder cannot be read.
        """
        return [number for number in self.numbers() if number > known and number not in self._refused]

    def free_after(self, known: int) -> Iterator[int]:
        """Yield the numbers behind a known one of which no files were refused."""
        return (number for number in count(known + 1) if number not in self._refused)

    def refuse(self, number: int) -> None:
        """Remember that the files of a certificate do not count, so that this is reported once."""
        self._refused.add(number)

    def read(self, number: int, *, is_supplement: bool = False) -> SignedCertificate:
        """Return a certificate, or its supplement, unverified.

        Raises:
            OSError: A file of it is missing or cannot be read.
            ValueError: Its key is no key.
        """
        paths = self._paths(number, is_supplement=is_supplement)
        key = read_pem(paths[".pem"].read_text("ascii"))
        return SignedCertificate(number, paths[".json"].read_bytes(), paths[".sig"].read_bytes(), key)

    def write(self, signed: SignedCertificate, *, is_supplement: bool = False) -> None:
        """Write a certificate, or a supplement, durably; it counts from the moment that its text has its name.

        Raises:
            OSError: It cannot be written.
        """
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        paths = self._paths(signed.number, is_supplement=is_supplement)
        for suffix, content in (
            (".sig", signed.signature),
            (".pem", written_pem(signed.key).encode()),
            (".json", signed.content),
        ):
            _write(paths[suffix], content)
        _sync(self._folder)

    def _paths(self, number: int, *, is_supplement: bool) -> dict[str, Path]:
        folder, name = self._folder or Path(), f"{_NAME}{number}{_SUPPLEMENT if is_supplement else ''}"
        return {suffix: folder / f"{name}{suffix}" for suffix in (".json", ".sig", ".pem")}


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
