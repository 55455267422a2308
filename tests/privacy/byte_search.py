"""Finding words in files, in whatever form a store may have written them."""

import base64
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.privacy.markers import LENGTH, PREFIX

_KEY: Final = 9
"""So many first characters of a marker identify it: an index may have shortened it."""

_PLAIN: Final = re.compile(rb"q[\x00-\xff]?x")
_WIDE: Final = re.compile(rb"q\x00x\x00(?:[a-z0-9]\x00){%d}" % (LENGTH - 3))
_HEX: Final = re.compile(rb"7178[0-9a-fA-F]{%d}" % (2 * (LENGTH - 2)))
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{%d,}" % (4 * LENGTH // 3))
_STREAMS: Final = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|PK\x03\x04")
_ZEROS: Final = re.compile(rb"\x00{64,}")
_PGLZ_GROUP: Final = 9
"""In PostgreSQL's compression, eight bytes follow each control byte."""

_PIECE: Final = 512
_DEPTH_MAX: Final = 3
_UNPACKED_MAX: Final = 8_000_000


class Hit(NamedTuple):
    """A marker in a file, and the form that it has there."""

    marker: str
    path: Path
    form: str


class ByteSearch:
    """Searches files for markers."""

    def __init__(self, markers: Iterable[str]) -> None:
        """Prepare to find these markers."""
        self._by_key = {marker[:_KEY].encode(): marker for marker in markers}
        self._searched: dict[bytes, set[tuple[str, str]]] = {}

    def in_folders(self, folders: Iterable[Path]) -> set[Hit]:
        """Return every hit in every file below these folders."""
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        return {Hit(marker, path, form) for path in paths for marker, form in self._in_file(_read(path))}

    def _in_file(self, data: bytes) -> set[tuple[str, str]]:
        """Search a file once, however many copies of it there are: each database begins as one."""
        digest = hashlib.sha1(data, usedforsecurity=False).digest()
        if digest not in self._searched:
            self._searched[digest] = self.in_bytes(_ZEROS.sub(b"\0" * LENGTH, data))
        return self._searched[digest]

    def in_bytes(self, data: bytes, depth: int = 0) -> set[tuple[str, str]]:
        """Return the markers in some bytes, each with its form."""
        hits = {(marker, form) for marker, form in self._direct(data)}
        for run in _BASE64.findall(data):
            hits |= {(marker, "base64") for piece in _decoded(run) for marker, _ in self._direct(piece)}
        if depth < _DEPTH_MAX:
            for match in _STREAMS.finditer(data):
                unpacked = _unpacked(data, match.start())
                if len(unpacked) >= LENGTH:
                    hits |= {(marker, f"compressed {form}") for marker, form in self.in_bytes(unpacked, depth + 1)}
        return hits

    def _direct(self, data: bytes) -> Iterator[tuple[str, str]]:
        for match in _PLAIN.finditer(data):
            window = data[match.start() : match.start() + LENGTH + 3]
            if marker := self._by_key.get(window[:_KEY]):
                yield marker, "plain"
            elif marker := next(filter(None, map(self._by_key.get, _without_controls(window))), None):
                yield marker, "pglz"
        for match in _WIDE.finditer(data):
            if marker := self._by_key.get(match[0].replace(b"\0", b"")[:_KEY]):
                yield marker, "UTF-16"
        for match in _HEX.finditer(data):
            if marker := self._by_key.get(bytes.fromhex(match[0].decode())[:_KEY]):
                yield marker, "hex"


def _without_controls(window: bytes) -> Iterator[bytes]:
    """Return a window without one or two control bytes, wherever they may be."""
    for first in range(1, _PGLZ_GROUP):
        yield (window[:first] + window[first + 1 : first + _PGLZ_GROUP] + window[first + _PGLZ_GROUP + 1 :])[:_KEY]


def _decoded(run: bytes) -> Iterator[bytes]:
    run = run.replace(b"-", b"+").replace(b"_", b"/")
    for offset in range(4):
        part = run[offset:]
        yield base64.b64decode(part[: len(part) // 4 * 4])


def _unpacked(data: bytes, start: int) -> bytes:
    """Return what can be decompressed from a place on, also if the stream is cut off."""
    kind, at = 15 + 32, start
    if data[start : start + 2] == b"PK":
        names = int.from_bytes(data[start + 26 : start + 28], "little")
        kind, at = -15, start + 30 + names + int.from_bytes(data[start + 28 : start + 30], "little")
    unpacking, pieces, size = zlib.decompressobj(kind), [], 0
    try:
        while size < _UNPACKED_MAX and not unpacking.eof and at < len(data):
            piece = unpacking.decompress(data[at : at + _PIECE], _UNPACKED_MAX)
            pieces.append(piece)
            size, at = size + len(piece), at + _PIECE
    except zlib.error:
        pass
    return b"".join(pieces)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # it was removed meanwhile
        return b""


assert PREFIX == "qx", "the patterns of this file look for it"
