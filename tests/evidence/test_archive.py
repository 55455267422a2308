"""The ZIP of a package: the same bytes, whatever pieces its files come in."""

import io
import json
import os
import random
from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from tests.evidence.sample import NOON, PASSWORD
from tests.projects.packages import unzip
from workers.projects.packages import archive

CHANCE = random.Random(4)
WORDS = [CHANCE.randbytes(CHANCE.randrange(1, 12)).hex().encode() for _ in range(300)]
FILES = {
    "README.txt": b"Open data/index.html.",
    "data/index.html": b" ".join(CHANCE.choice(WORDS) for _ in range(200_000)),
    "data/empty.txt": b"",
    "data/media/1.mkv": CHANCE.randbytes(300_000),
}
MEDIA = "data/media/1.mkv"


def cut(data: bytes, size: int) -> Iterator[bytes]:
    """Yield the pieces of a file."""
    return (data[start : start + size] for start in range(0, len(data), size))


def frames(files: Mapping[str, bytes], size: int) -> Iterator[bytes]:
    """Yield files as a child process gets them, in pieces of this size."""
    for place, (name, data) in enumerate(files.items()):
        head: dict[str, Any] = {"name": name, "bytes": len(data), "is_stored": name == MEDIA, "is_open": place == 0}
        yield json.dumps(head).encode()
        yield from cut(data, size)


def zipped(size: int, password: str | None = None) -> bytes:
    """Return the archive of the files."""
    with TemporaryFile() as target:
        facts = {"folder": "p/", "at": NOON.timetuple()[:6], "target": os.dup(target.fileno()), "password": password}
        archive.job(facts, frames(FILES, size))
        target.seek(0)
        return target.read()


def stock() -> bytes:
    """Return the archive that the standard library makes of whole files."""
    target = io.BytesIO()
    with ZipFile(target, "w") as opened:
        for name, data in FILES.items():
            entry = ZipInfo(f"p/{name}", NOON.timetuple()[:6])
            entry.external_attr = 0o600 << 16
            entry.compress_type = ZIP_STORED if name == MEDIA else ZIP_DEFLATED
            opened.writestr(entry, data)
    return target.getvalue()


@pytest.mark.parametrize("size", [1, 700, 65_536, 10_000_000])
def test_pieces_make_no_difference(size: int) -> None:
    """The same files give the same bytes, in pieces of any size, and those of any other program for ZIP."""
    assert zipped(size) == stock()


@pytest.mark.parametrize("size", [1_000, 10_000_000])
def test_all_but_the_first_are_encrypted(size: int) -> None:
    """With a password every file comes out as it went in, and only the first one without the password."""
    data = zipped(size, PASSWORD)
    assert unzip(data, PASSWORD) == FILES
    with ZipFile(io.BytesIO(data)) as opened:
        assert [entry.flag_bits & 1 for entry in opened.infolist()] == [0, 1, 1, 1]
