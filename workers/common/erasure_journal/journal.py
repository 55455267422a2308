"""The file of the erasure journal: appended to and synced, read from a place on, and verified."""

import fcntl
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self

from workers.common.erasure_journal.entries import (
    BEGINNING,
    Entry,
    Head,
    Line,
    chained,
    encoded,
    lines_of,
    signed_text,
)
from workers.common.signing_key import SigningKey, is_signature

FILE_NAME: Final = "erasures.journal"
_TAIL_BYTES: Final = 1 << 20
EMPTY: Final = Head(0, BEGINNING, b"")
"""The place before the first line."""

AHEAD: Final = "it has entries that the database does not know"
CUT: Final = "it ends before the place that the database remembers, so lines were removed"
CHANGED: Final = "this line was changed, or one before it was removed or inserted"
DAMAGED: Final = "this is not a line of a journal"
FOREIGN: Final = "the database remembers another line here, so this is the journal of another system"
MISSING: Final = "it is missing, and the database knows one"
UNSIGNED: Final = "no line is signed"
FORGED: Final = "the signature is not one of this line"
OTHER_KEY: Final = "another key than that of this site signed it"
NEWER: Final = "a newer version wrote this line"

PROBLEMS: Final = (AHEAD, CUT, CHANGED, DAMAGED, FOREIGN, MISSING, UNSIGNED, FORGED, OTHER_KEY, NEWER)
"""All of them, for whoever translates them."""


class JournalError(Exception):
    """The erasure journal is not what it should be; `line` is the number of the first line that shows it, from 1."""

    def __init__(self, path: Path | str, problem: str, line: int | None = None) -> None:
        """Say what is wrong with which line."""
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {problem}")
        self.path = path
        self.problem = problem
        self.line = line


class JournalAheadError(JournalError):
    """The journal has entries behind the expected place."""


class Recorded(NamedTuple):
    """An entry of a journal, and the place behind it."""

    entry: Entry
    place: Head


class Reading(NamedTuple):
    """A verified journal: its end, and the entries behind a place."""

    head: Head
    entries: list[Recorded]
    unsigned: int = 0
    """Lines behind the last signature, which a killed process has left: they count for nothing."""


class ErasureJournal:
    """The journal in a folder. Whoever appends must hold the lock of the place in the database, too."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is read or made."""
        self.path = folder / FILE_NAME

    @classmethod
    def at(cls, path: Path) -> Self:
        """Return the journal in a file of any name, or in a folder."""
        journal = cls(path.parent)
        journal.path = path / FILE_NAME if path.is_dir() else path
        return journal

    def head(self) -> Head | None:
        """Return the last signed line without verifying anything; None if there is none.

        Raises:
            JournalError: It is damaged.
            OSError: The file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                return self._head_of(file.fileno())
        except FileNotFoundError:
            return None

    def _head_of(self, file: int) -> Head | None:
        end = os.fstat(file).st_size
        for start in (max(end - _TAIL_BYTES, 0), 0):
            for line in reversed(os.pread(file, end - start, start).split(b"\n")[:-1]):
                if line.count(b"\t") > 1:
                    return self._head_in(line)
        return None

    def _head_in(self, text: bytes) -> Head:
        try:
            line = Line.parse(text)
            return Head(line.number + 1, line.chain, line.key)
        except ValueError as error:
            raise JournalError(self.path, DAMAGED) from error

    def read(self, place: Head | None, keys: Collection[bytes] | None = None) -> Reading:
        """Verify all lines and return the entries behind a place, which has to be one of the lines.

        `keys` are those of which one must have signed the last line; without any, every key counts.

        Raises:
            JournalError: A line was changed, removed or inserted, the place is not in it, or another key signed it.
            OSError: The file cannot be read.
        """
        known = place or EMPTY
        walk = _Walk(self.path, known)
        with self.path.open("rb") as file:
            for text in file:
                if not text.endswith(b"\n"):
                    break
                walk.add(text[:-1])
        return walk.finish(keys)

    def create(self, entry: Entry, key: SigningKey) -> Head:
        """Make the journal with its first entry; return its end.

        Raises:
            JournalAheadError: There is one.
            OSError: It cannot be written.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        return self.append([entry], EMPTY, key)

    def append(self, entries: Sequence[Entry], place: Head, key: SigningKey) -> Head:
        """Append entries behind a place, sign and sync them; return the new end.

        Raises:
            JournalAheadError: It has further entries.
            JournalError: It does not end at this place.
            OSError: It cannot be written; then nothing of it is.
        """
        lines = lines_of(entries, place.size, place.chain)
        size, chain = place.size + len(lines), lines[-1].chain
        signed = lines[-1]._replace(key=key.public_key, signature=key.sign_raw(signed_text(size, chain)))
        with self._locked() as file:
            end = self._require_end(file, place)
            try:
                _write(file, b"".join(map(encoded, [*lines[:-1], signed])))
                os.fsync(file)
            except OSError:
                os.ftruncate(file, end)
                raise
        _sync_folder(self.path.parent)
        return Head(size, chain, key.public_key)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _require_end(self, file: int, place: Head) -> int:
        """Remove what a killed process left behind the last signature, and return the length."""
        head = self._head_of(file) or EMPTY
        if head.size > place.size:
            raise JournalAheadError(self.path, AHEAD)
        if not head.is_at(place):
            raise JournalError(self.path, CUT)
        end = os.fstat(file).st_size
        signed = _signed_length(file, end)
        if signed < end:
            os.ftruncate(file, signed)
        return signed


class _Walk:
    """Verifies line after line."""

    def __init__(self, path: Path, place: Head) -> None:
        self._path = path
        self._place = place
        self._number = 0
        self._chain = BEGINNING
        self._last: tuple[int, Line] | None = None
        self._behind: list[Line] = []

    def add(self, text: bytes) -> None:
        """Verify that a line follows those before."""
        self._number += 1
        entry, *rest = text.split(b"\t")
        if len(rest) not in {1, 3}:
            raise self._error(DAMAGED)
        self._chain = chained(self._chain, entry)
        if rest[0] != self._chain.hex().encode():
            raise self._error(CHANGED)
        if self._number == self._place.size and self._chain != self._place.chain:
            raise self._error(FOREIGN)
        if self._number > self._place.size:
            self._behind.append(Line(entry, self._chain))
        if len(rest) > 1:
            self._last = (self._number, self._parsed(text))

    def _parsed(self, text: bytes) -> Line:
        try:
            return Line.parse(text)
        except ValueError as error:
            raise self._error(DAMAGED) from error

    def finish(self, keys: Collection[bytes] | None) -> Reading:
        """Verify the last signature, and return the entries behind the place."""
        if self._last is None:
            raise JournalError(self._path, UNSIGNED)
        size, line = self._last
        if size < self._place.size:
            raise JournalError(self._path, CUT)
        if not is_signature(line.key, line.signature, signed_text(size, line.chain)):
            raise JournalError(self._path, FORGED, size)
        if keys is not None and line.key not in keys:
            raise JournalError(self._path, OTHER_KEY, size)
        unsigned = self._number - size
        signed = self._behind[: len(self._behind) - unsigned] if unsigned else self._behind
        return Reading(Head(size, line.chain, line.key), self._entries(signed, line.key), unsigned)

    def _entries(self, lines: Sequence[Line], key: bytes) -> list[Recorded]:
        entries = []
        for number, line in enumerate(lines, self._place.size + 1):
            try:
                entries.append(Recorded(line.read(), Head(number, line.chain, key)))
            except ValueError as error:
                raise JournalError(self._path, NEWER, number) from error
        return entries

    def _error(self, problem: str) -> JournalError:
        return JournalError(self._path, problem, self._number)


def _signed_length(file: int, end: int) -> int:
    """Return the length of a journal up to its last signed line."""
    for start in (max(end - _TAIL_BYTES, 0), 0):
        length = end
        lines = os.pread(file, end - start, start).split(b"\n")
        length -= len(lines.pop())
        for line in reversed(lines):
            if line.count(b"\t") > 1:
                return length
            length -= len(line) + 1
    return 0


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
