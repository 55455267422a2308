"""The files of an import: what is read, and where its results are written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, get_args

from incidents.importing.binary_files import FileKind, is_text, recognise
from incidents.importing.decoding import UnknownEncodingError, detect, named_encoding
from incidents.importing.mapping import Mapping
from incidents.importing.reading import Format, Source
from incidents.terminal.input.reading import file_error
from incidents.terminal.saving import require_ending, require_writable
from incidents.terminal.session import Session, UsageError

_BY_SUFFIX: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
_WAYS_OUT: Final[dict[FileKind, str]] = {
    "archive": "{path} is an archive: unpack it, and import the CSV or NDJSON file in it",
    "database": "{path} is a database: export its table as CSV, and import that file",
    "document": "{path} is a document: save its table as CSV, and import that file",
    "markup": "{path} is HTML or XML: open it in a spreadsheet program, save it as CSV, and import that file",
    "not-text": "{path} is not text: have the other system export its data as CSV, and import that file; "
    "if it is text, name its encoding with --encoding",
    "pdf": "{path} is a PDF: have the other system export its data as CSV, and import that file",
    "picture": "{path} is a picture: have the other system export its data as CSV, and import that file",
    "workbook": "{path} is a workbook: save the sheet as CSV, and import that file",
}
"""What is said of a file that is not text."""

_CSV_ONLY: Final = "{path}: the list of refused rows is CSV: name a file that ends with .csv"


@dataclass(frozen=True)
class Files:
    """The files to read and write."""

    rows: Path
    errors: Path | None
    journal: Path

    def require_writable(self, session: Session, mapping: Path | None, *, dry_run: bool) -> None:
        """Refuse to write over what is read, or where nothing can be written.

        Raises:
            UsageError: The list of refused rows or the journal cannot be written, or the list would not be CSV.
        """
        inputs = (self.rows, *([mapping] if mapping else []))
        if self.errors:
            require_writable(session, self.errors, *inputs, self.journal)
            require_ending(session, self.errors, _CSV_ONLY, ".csv", ".txt")
        if not dry_run:
            require_writable(session, self.journal, *inputs)


def format_of(session: Session, file: Path, name: str | None) -> Format:
    """Return the format of a file, by the name of a format or by that of the file.

    Raises:
        UsageError: Neither shows it.
    """
    form = _BY_SUFFIX.get(f".{name}" if name else file.suffix.lower())
    if form is None:
        known = "|".join(get_args(Format))
        raise UsageError(session.say("say which format {path} has: --format {known}", path=file, known=known))
    return form


@contextmanager
def open_file(session: Session, file: Path) -> Iterator[BinaryIO]:
    """Open the file to import.

    Raises:
        UsageError: It cannot be read, or not twice, or its first bytes are those of another kind of file.
    """
    try:
        opened = file.open("rb")
    except OSError as error:
        raise file_error(session, file, error) from error
    with opened:
        if not opened.seekable():
            raise UsageError(session.say("{path} is read twice: save it as a file first", path=file))
        if kind := recognise(opened):
            raise UsageError(session.say(_WAYS_OUT[kind], path=file))
        yield opened


def source_of(session: Session, opened: BinaryIO, form: Format, encoding: str | None, mapping: Mapping) -> Source:
    """Return what reads the rows of an opened file.

    Raises:
        UsageError: The named encoding is not one, or the file is not text.
    """
    try:
        chosen = named_encoding(encoding, opened) if encoding else detect(opened)
    except UnknownEncodingError as error:
        wrong = "not an encoding: {encoding}; write utf-8, cp1252, utf-16, mac_roman"
        raise UsageError(session.say(wrong, encoding=encoding)) from error
    if not encoding and not is_text(opened, chosen):
        raise UsageError(session.say(_WAYS_OUT["not-text"], path=opened.name))
    return Source(opened, form, chosen, mapping.knows)
