"""Reading the files of a package that may be forged or damaged."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any, Final

import pyzipper

from contracts.evidence import bag

_UNPACKED_BYTES_MAX: Final = 1_000_000_000
"""Bytes of all files together: a forged archive may unpack to any size."""

_DAMAGED: Final = (
    pyzipper.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What the library raises for a file that is not as it expects it."""


class UnreadableError(Exception):
    """A file of a package cannot be read."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class WrongPasswordError(Exception):
    """The password does not open the package."""


class WrongIdentityError(Exception):
    """No identity opens the package."""


class Archive:
    """The files of a package."""

    def __init__(self, data: bytes) -> None:
        """Read the list of files.

        Raises:
            UnreadableError: There is none.
        """
        try:
            self._archive = pyzipper.AESZipFile(io.BytesIO(data))
            self._entries: list[Any] = self._archive.infolist()
        except _DAMAGED as error:
            raise UnreadableError("") from error

    @property
    def is_encrypted(self) -> bool:
        """Whether some file needs a password."""
        return any(entry.flag_bits & 1 for entry in self._entries)

    @property
    def has_encrypted_bag(self) -> bool:
        """Whether it is the wrapper of a bag that is encrypted to keys."""
        return any(_in_folder(entry.filename) == bag.ENCRYPTED for entry in self._entries)

    def files(self, password: str | None) -> Iterator[tuple[str, bytes]]:
        """Yield the files by their names in the folder of the package.

        Raises:
            UnreadableError: One of them cannot be read.
            WrongPasswordError: The password does not open one of them.
        """
        if sum(entry.file_size for entry in self._entries) > _UNPACKED_BYTES_MAX:
            raise UnreadableError("")
        self._archive.setpassword(password.encode() if password else None)
        for entry in self._entries:
            yield _in_folder(entry.filename), self._read(entry)

    def _read(self, entry: Any) -> bytes:
        try:
            with self._archive.open(entry) as opened:
                data: bytes = opened.read(entry.file_size + 1)
        except _DAMAGED as error:
            if isinstance(error, RuntimeError) and "password" in str(error):
                raise WrongPasswordError from error
            raise UnreadableError(_in_folder(entry.filename)) from error
        return data


def _in_folder(name: str) -> str:
    return name.partition("/")[2] or name
