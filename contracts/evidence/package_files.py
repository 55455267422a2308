"""Reading the files of a package that may be forged or damaged."""

import hashlib
import io
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple

import pyzipper

from contracts.evidence import bag
from contracts.evidence.bag import FileDigest
from contracts.evidence.seal import Data

_UNPACKED_BYTES_MAX: Final = 100_000_000_000
"""Bytes of all files together: a forged archive may unpack to any size."""

_TAG_BYTES_MAX: Final = 50_000_000
"""Bytes of a file outside the payload, whose content is needed."""

_CONTENT_BYTES_MAX: Final = 200_000_000
"""Bytes of a file of the payload that is read as a whole."""

_LINE_BYTES_MAX: Final = 10_000
_BLOCK_BYTES: Final = 1024 * 1024

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


class PackedFile(NamedTuple):
    """A file of a package: its name in the folder, its size and digest; its content only if it is no payload."""

    name: str
    digest: FileDigest
    content: bytes


class Archive:
    """The files of a package."""

    def __init__(self, data: Data, length: int | None = None) -> None:
        """Read the list of files; with a length, bytes after it are as if they were not there.

        Raises:
            UnreadableError: There is none.
        """
        try:
            self._archive = pyzipper.AESZipFile(_Reader(data, len(data) if length is None else length))
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

    @property
    def names(self) -> list[str]:
        """The names of the files in the folder, in their order."""
        return [_in_folder(entry.filename) for entry in self._entries]

    def files(self, password: str | None) -> Iterator[PackedFile]:
        """Yield the files, which are read in blocks.

        Raises:
            UnreadableError: One of them cannot be read.
            WrongPasswordError: The password does not open one of them.
        """
        if sum(entry.file_size for entry in self._entries) > _UNPACKED_BYTES_MAX:
            raise UnreadableError("")
        self._archive.setpassword(password.encode() if password else None)
        for entry in self._entries:
            yield self._read(entry)

    def extract(self, name: str, target: BinaryIO) -> None:
        """Write the content of a file that is not encrypted by itself into another one.

        Raises:
            UnreadableError: It cannot be read.
        """
        target.writelines(self._blocks(self._entry(name)))

    def content(self, name: str) -> bytes:
        """Return the content of a file, of the first one of this name; the password is that of `files`.

        Raises:
            UnreadableError: It cannot be read, or is too large.
        """
        entry = self._entry(name)
        if entry.file_size > _CONTENT_BYTES_MAX:
            raise UnreadableError(name)
        return b"".join(self._blocks(entry))

    def lines(self, name: str) -> Iterator[str]:
        """Yield the lines of a file as they are read; one that is too long comes in parts, and no byte is refused.

        Raises:
            UnreadableError: It cannot be read.
        """
        try:
            with self._archive.open(self._entry(name)) as opened:
                while line := opened.readline(_LINE_BYTES_MAX):
                    yield line.decode(errors="replace")
        except _DAMAGED as error:
            raise UnreadableError(name) from error

    def _entry(self, name: str) -> Any:
        [entry, *_] = [each for each in self._entries if _in_folder(each.filename) == name]
        return entry

    def _read(self, entry: Any) -> PackedFile:
        name, digest, size, content = _in_folder(entry.filename), hashlib.sha256(), 0, io.BytesIO()
        is_kept = not name.startswith(bag.PAYLOAD)
        if is_kept and entry.file_size > _TAG_BYTES_MAX:
            raise UnreadableError(name)
        for block in self._blocks(entry):
            digest.update(block)
            size += len(block)
            if is_kept:
                content.write(block)
        return PackedFile(name, FileDigest(size, digest.hexdigest()), content.getvalue())

    def _blocks(self, entry: Any) -> Iterator[bytes]:
        try:
            with self._archive.open(entry) as opened:
                while block := opened.read(_BLOCK_BYTES):
                    yield block
        except _DAMAGED as error:
            if isinstance(error, RuntimeError) and "password" in str(error):
                raise WrongPasswordError from error
            raise UnreadableError(_in_folder(entry.filename)) from error


class _Reader(io.RawIOBase):
    """Data that is read like a file, without a copy of it."""

    def __init__(self, data: Data, length: int) -> None:
        self._data = data
        self._length = length
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._length}[whence]
        if start + offset < 0:
            raise OSError
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def read(self, size: int = -1) -> bytes:
        end = self._length if size < 0 else min(self._place + size, self._length)
        data = bytes(self._data[self._place : end])
        self._place += len(data)
        return data


def _in_folder(name: str) -> str:
    return name.partition("/")[2] or name
