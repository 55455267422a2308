"""The ZIP of a batch: the reports as single files or in volumes, and a list of them as CSV, written as a stream."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from contracts.sheets import csv_line
from contracts.texts import LANGUAGES
from contracts.values import Language
from workers.reports.batches.bound_files import BoundReports
from workers.reports.batches.entries import Entry

_HEADINGS: Final = {
    "en": ("Number", "Created", "Type", "Status", "Description", "Pages", "File", "First page", "Left out", "Project"),
    "fr": (
        *("Numéro", "Créé le", "Type", "Statut", "Description", "Pages", "Fichier", "Première page"),
        *("Omis", "Projet"),
    ),
}
_REASONS: Final = {
    "unknown": ("does not exist", "n'existe pas"),
    "deleted": ("deleted", "supprimé"),
    "restricted": ("processing restricted", "traitement limité"),
    "hidden": ("not available to the author", "non accessible à l'auteur"),
    "too-large": ("too large for a report", "trop volumineux pour un rapport"),
    "not-typeset": ("could not be typeset", "n'a pas pu être mis en page"),
}
_LIST: Final = {"en": "reports.csv", "fr": "rapports.csv"}
_REPORT: Final = {"en": "report-{}.pdf", "fr": "rapport-{}.pdf"}
_VOLUME: Final = {"en": "reports-volume-{}.pdf", "fr": "rapports-volume-{}.pdf"}
_BOM: Final = "\ufeff"
"""By which spreadsheets recognise UTF-8."""


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken; a ZIP that cannot seek needs nothing else."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override] # the ZIP writes bytes alone
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


class _Place(NamedTuple):
    """Where a report is: a file of the ZIP, and the page of the file at which it begins."""

    file: str
    page: int


class ZipWriter:
    """Writes the ZIP of a batch piece by piece, so that it never stands in memory as a whole."""

    def __init__(self, made_at: datetime, language: Language) -> None:
        """Set the time (UTC) and the language of the names."""
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w")
        self._at = made_at.timetuple()[:6]
        self._language = language
        self._places: dict[str, _Place] = {}

    def report(self, entry: Entry, pdf: bytes) -> bytes:
        """Add the report of a project, and return the bytes so far; a PDF is compressed already."""
        name = _REPORT[self._language].format(entry["number"])
        self._places[entry["project_id"]] = _Place(name, 1)
        self._add(name, pdf, zipfile.ZIP_STORED)
        return self._sink.take()

    def volume(self, number: int, count: int, bound: BoundReports, entries: Iterable[Entry]) -> bytes:
        """Add a volume with the reports of these projects, and return the bytes so far."""
        name = _VOLUME[self._language].format(f"{number:0{len(str(count))}}")
        page = bound.front_pages + 1
        for entry in entries:
            self._places[entry["project_id"]] = _Place(name, page)
            page += entry["pages"]
        self._add(name, bound.pdf, zipfile.ZIP_STORED)
        return self._sink.take()

    def end(self, entries: Iterable[Entry]) -> bytes:
        """Add the list, and return the last bytes."""
        sheet = "".join([_BOM, *self._sheet(entries)])
        self._add(_LIST[self._language], sheet.encode(), zipfile.ZIP_DEFLATED)
        self._archive.close()
        return self._sink.take()

    def _add(self, name: str, content: bytes, compression: int) -> None:
        entry = zipfile.ZipInfo(name, self._at)
        entry.compress_type = compression
        entry.external_attr = 0o600 << 16
        self._archive.writestr(entry, content)

    def _sheet(self, entries: Iterable[Entry]) -> Iterator[str]:
        yield csv_line(_HEADINGS[self._language])
        for entry in entries:
            place = self._places.get(entry["project_id"])
            yield csv_line(
                (
                    entry["number"] or "",
                    entry["created_at"] or "",
                    entry["type"] or "",
                    entry["status"] or "",
                    entry["description"] or "",
                    entry["pages"] if place else "",
                    place.file if place else "",
                    place.page if place else "",
                    "" if place else _REASONS[entry["state"]][LANGUAGES.index(self._language)],
                    entry["project_id"],
                )
            )
