"""The search of the canary finds a word in every form in which a store may have written it."""

import base64
import gzip
import io
import random
import zipfile
import zlib
from pathlib import Path

import pytest
from psycopg import Connection, connect

from tests.privacy.byte_search import ByteSearch
from tests.privacy.markers import Markers
from workers.local.servers.postgres import EmbeddedPostgres

MARKER = Markers().new("a test", "a place")
NOISE = random.Random(7).randbytes(1_001)
SENTENCE = f'{{"text": "Seen: {MARKER} at gate 4"}}'.encode()


def zipped() -> bytes:
    """Return a package with a file that has the marker."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/project.json", SENTENCE * 3)
    return file.getvalue()


FORMS = {
    "UTF-8": SENTENCE,
    "UTF-16, little end first": SENTENCE.decode().encode("utf-16-le"),
    "UTF-16, big end first": SENTENCE.decode().encode("utf-16-be"),
    "base64": base64.b64encode(SENTENCE),
    "base64, one byte later": base64.b64encode(b"1" + SENTENCE),
    "base64, two bytes later": base64.b64encode(b"12" + SENTENCE),
    "hexadecimal": SENTENCE.hex().encode(),
    "hexadecimal, upper case": SENTENCE.hex().upper().encode(),
    "zlib": zlib.compress(SENTENCE),
    "gzip": gzip.compress(SENTENCE),
    "a ZIP": zipped(),
    "a compressed file in a ZIP in base64 in gzip": gzip.compress(base64.b64encode(SENTENCE)),
    "a beginning alone": MARKER[:10].encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_word_is_found_in_every_form(tmp_path: Path, form: str) -> None:
    """Whatever is around it, a marker is found in a file and named."""
    (tmp_path / "file").write_bytes(NOISE + FORMS[form] + NOISE)
    assert {hit.marker for hit in ByteSearch([MARKER]).in_folders([tmp_path])} == {MARKER}


def test_another_word_is_not_found(tmp_path: Path) -> None:
    """What was not written is not found."""
    (tmp_path / "file").write_bytes(NOISE + b"qx" + SENTENCE.replace(MARKER.encode(), b"qxbcdfghjkmn") + NOISE)
    assert ByteSearch([MARKER]).in_folders([tmp_path]) == set()


def test_a_word_is_found_in_what_the_database_compressed(postgres: EmbeddedPostgres) -> None:
    """A long text that PostgreSQL compressed in its row is found in the file of its table."""
    with connect(postgres.url("postgres"), autocommit=True) as connection:
        try:
            path = _compressed_file(connection, postgres)
            assert {hit.form for hit in ByteSearch([MARKER]).in_folders([path.parent]) if hit.path == path} == {"pglz"}
        finally:
            connection.execute("DROP TABLE IF EXISTS public.compressed")


def _compressed_file(connection: Connection, postgres: EmbeddedPostgres) -> Path:
    connection.execute("CREATE TABLE public.compressed (text text)")
    connection.execute("INSERT INTO public.compressed VALUES (repeat('A bag. ', 900) || %s)", [SENTENCE.decode()])
    connection.execute("CHECKPOINT")
    row = connection.execute("SELECT pg_relation_filepath('public.compressed')").fetchone()
    assert row
    return postgres.directory / "data" / str(row[0])
