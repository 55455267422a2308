"""Files that are no rows at all, and lines and mappings that are not JSON: said with what they are, and the way out."""

import io
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest

from incidents.importing.binary_files import is_text, recognise
from incidents.importing.decoding import detect
from tests.client.importing import Importing
from tests.client.test_commands import RunLine, run_line
from tests.client.test_import_surveying import FRENCH

__all__ = ["run_line"]


def zipped(*names: str, **texts: str) -> bytes:
    """Return a ZIP with these files."""
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
        for name, text in texts.items():
            archive.writestr(name, text)
    return content.getvalue()


NOISE = Random(7).randbytes(5_000)
CASES = [
    ("a.xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), "is a workbook", "est un classeur"),
    ("a.ods", zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "is a workbook", "est un classeur"),
    ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + NOISE, "is a workbook", "est un classeur"),
    ("a.docx", zipped("[Content_Types].xml", "word/document.xml"), "is a document", "est un document"),
    ("a.zip", zipped("projects.csv"), "is an archive: unpack it", "est une archive"),
    ("a.csv.gz", b"\x1f\x8b" + NOISE, "is an archive: unpack it", "est une archive"),
    ("a.pdf", b"%PDF-1.7\n" + NOISE, "is a PDF", "est un PDF"),
    ("a.png", b"\x89PNG\r\n\x1a\n" + NOISE, "is a picture", "est une image"),
    ("a.db", b"SQLite format 3\x00" + NOISE, "is a database", "est une base de données"),
    ("a.htm", b"\xef\xbb\xbf <!DOCTYPE html><table>", "is HTML or XML", "est du HTML ou du XML"),
    ("a.bin", b"\x02" + NOISE, "is not text", "n'est pas du texte"),
]


@pytest.mark.parametrize("name, content, english, french", CASES, ids=[case[0] for case in CASES])
async def test_a_file_that_is_not_text_is_named(
    tmp_path: Path, name: str, content: bytes, english: str, french: str
) -> None:
    """A file of another kind is refused by what it is, also under the name or with the option of CSV."""
    imports = Importing(None, tmp_path)
    imports.write_file(name, content)
    imports.write_file("named.csv", content)
    for language, words in (("en", english), ("fr", french)):
        lines = [("named.csv",), (name, "--format", "csv"), (name, "--format", "ndjson")]
        for line in [*lines, *([(name,)] if english != "is not text" else [])]:
            ended = await imports.file(*line, "--lang", language, "--json")
            message = ended.json["error"]["message"]
            assert ended.status == 2
            assert f"{line[0]} {words}" in message
            assert message.replace("\u00a0", " ").isprintable()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252", "cp850"])
def test_text_is_no_other_file(encoding: str) -> None:
    """Text in any encoding that is detected is text; so is a damaged cell, and a heading such as PK."""
    for text in (FRENCH, "PK;Créé par\n1;é\n"):
        file = io.BytesIO(text.encode(encoding))
        assert recognise(file) is None
        assert is_text(file, detect(file))
    file = io.BytesIO(FRENCH.encode() + b"\x00\xff")
    assert is_text(file, detect(file))


async def test_broken_json_in_a_mapping_is_located(tmp_path: Path) -> None:
    """A mapping that is not JSON is refused with its line and column; nothing is said of sending."""
    imports = Importing(None, tmp_path)
    mapping = imports.write_file("map.json", '{"columns": {\n  "Nr" "number"}}')
    for language, words in (
        ("en", "map.json is not JSON from line 2, column 8 on: correct it there"),
        ("fr", "map.json n'est plus du JSON à partir de la ligne 2, colonne 8\u00a0: corrigez-le à cet endroit"),
    ):
        ended = await imports.text("number\n1\n", "--mapping", mapping, "--lang", language, "--json")
        assert ended.status == 2
        assert ended.json["error"]["message"] == f"{tmp_path}/{words}"


LINES = [
    ('{"number": 3,}', "is not JSON from column 14 on: correct it", "n'est plus du JSON à partir de la colonne 14"),
    ('{"number": 3, "number": 4}', 'the field "number" occurs more than', "le champ « number » figure plus"),
    ('{"number": NaN}', 'the value "NaN" is NaN or Infinity', "la valeur « NaN » est NaN ou Infinity"),
    ('{"number": %s}' % ("1" * 5_000), "the row is not JSON", "la ligne n'est pas du JSON"),
    ("[" * 100_000, "is nested too deeply: leave only its own fields", "a trop de niveaux imbriqués"),
]


@pytest.mark.parametrize("line, english, french", LINES, ids=lambda each: each[:20])
async def test_a_line_that_is_not_json_says_where(
    run_line: RunLine, tmp_path: Path, line: str, english: str, french: str
) -> None:
    """A line of NDJSON is refused with the column or the key, and nothing is said of sending or of messages."""
    (tmp_path / "p.ndjson").write_text(f"\n{line}\n")
    for language, words in (("en", english), ("fr", french)):
        shown = (await run_line("import", "p.ndjson", "--lang", language)).err
        assert words in " ".join(shown.replace("\u00a0", " ").split())
        assert not any(word in shown for word in ("send", "envoy", "message"))


async def test_a_file_in_a_directory_that_is_missing_is_named_itself(tmp_path: Path, run_line: RunLine) -> None:
    """The slip is in the path of the file: what the import would write beside it is not the matter."""
    absent = tmp_path / "nowhere" / "projects.csv"
    ended = await run_line("import", str(absent), "--json")
    assert ended.status == 2
    assert ended.json["error"]["message"] == f"there is no file {absent}"
