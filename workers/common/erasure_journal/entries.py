"""The lines of the erasure journal: an entry, a hash that chains it to all before, and sometimes a signature.

A line is `ENTRY TAB CHAIN`, or `ENTRY TAB CHAIN TAB KEY TAB SIGNATURE`. The entry is JSON in ASCII. The chain is the
SHA-256 of the chain before and of the bytes of the entry, so that one signature covers every line up to its own.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Self
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import to_json
from typing_extensions import TypedDict

BEGINNING: Final = b"\0" * 32
"""The chain before the first line."""

_PURPOSE: Final = b"incident-manager erasure journal\n"
_TAB: Final = b"\t"


class Kind(StrEnum):
    """What an entry records; a new kind needs a function that repeats it in a restored database."""

    BEGUN = "begun"
    """The first line: the journal of a site begins."""

    DELETED = "deleted"
    """A project was deleted by hand."""

    EXPIRED = "expired"
    """A project was deleted by a sweep."""

    REDACTED = "redacted"
    """A text was redacted with all of its past; the kind goes on with `:` and the field."""

    CORRECTED = "corrected"
    """Only the past of a text was redacted; the kind goes on in the same way."""


class Entry(NamedTuple):
    """What was erased: ids and a time, never what anybody wrote.

    `ids` are those of the parts of a project, for kinds that erase parts. `number` is that of the project.
    `revision` is the one that a redaction made.
    """

    kind: str
    erased_at: datetime
    project_id: UUID | None = None
    number: int | None = None
    ids: Sequence[UUID] = ()
    site: str | None = None
    revision: int | None = None


class _EntryForm(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc] # how pydantic configures a TypedDict

    index: int
    kind: str
    erased_at: datetime
    project_id: UUID | None
    number: int | None
    ids: list[UUID]
    site: str | None
    revision: int | None


_FORM: Final = TypeAdapter(_EntryForm)


class Head(NamedTuple):
    """The end of a journal: how many lines it has, the chain of the last one, and the key that signed it."""

    size: int
    chain: bytes
    key: bytes

    def is_at(self, other: "Head | None") -> bool:
        """Tell whether another one is the same place, whoever signed it."""
        return other is not None and (self.size, self.chain) == (other.size, other.chain)


class Line(NamedTuple):
    """A line that is read: its entry as bytes, its chain, and its signature with the key, if it has one."""

    entry: bytes
    chain: bytes
    key: bytes = b""
    signature: bytes = b""

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Return the parts of a line, without its end.

        Raises:
            ValueError: It is no line of a journal.
        """
        entry, chain, *signed = line.split(_TAB)
        key, signature = (base64.b64decode(part, validate=True) for part in signed or (b"", b""))
        return cls(entry, bytes.fromhex(chain.decode("ascii")), key, signature)

    @property
    def number(self) -> int:
        """The number of the line, from 0, as its entry says."""
        return _FORM.validate_json(self.entry)["index"]

    def read(self) -> Entry:
        """Return the entry.

        Raises:
            ValueError: It has not the form of one.
        """
        form = _FORM.validate_json(self.entry)
        return Entry(**{name: form[name] for name in Entry._fields})  # type: ignore[literal-required] # the same names


def chained(before: bytes, entry: bytes) -> bytes:
    """Return the chain of a line."""
    return hashlib.sha256(before + entry).digest()


def signed_text(size: int, chain: bytes) -> bytes:
    """Return what is signed: how many lines there are, and the chain of the last."""
    return b"%b%d\n%b\n" % (_PURPOSE, size, chain.hex().encode())


def lines_of(entries: Sequence[Entry], size: int, chain: bytes) -> list[Line]:
    """Return the lines of new entries behind a journal of this size and chain."""
    lines = []
    for index, entry in enumerate(entries, size):
        encoded = to_json({"index": index, **entry._asdict(), "ids": list(entry.ids)})
        chain = chained(chain, encoded)
        lines.append(Line(encoded, chain))
    return lines


def encoded(line: Line) -> bytes:
    """Return a line as it is written."""
    parts = [line.entry, line.chain.hex().encode()]
    if line.signature:
        parts += [base64.b64encode(line.key), base64.b64encode(line.signature)]
    return _TAB.join(parts) + b"\n"
