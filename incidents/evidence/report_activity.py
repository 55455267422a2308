"""Verifying the activity in a report: its entries against the proofs that are attached to the PDF.

The signature of the PDF covers the key of the log, which is attached, too. What that key signed is not trusted further.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey
from pyhanko.pdf_utils.reader import PdfFileReader

from contracts.evidence.activity_verification import ActivityResult, PackagedLog, Problem, Trust, verify_activity
from contracts.evidence.checkpoints import verifier_line
from contracts.evidence.packaged_activity import (
    ENTRIES,
    FILE,
    LOG_KEY,
    PROOFS,
    REPORT_PROOFS,
    activity_origin,
    read_entries,
    report_origin,
)

_DATA: Final = "incident.json"
_MALFORMED: Final = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
_KEY_BYTES: Final = 32
_FILES_MAX: Final = 20


def attached_files(reader: PdfFileReader) -> dict[str, bytes]:
    """Return the files that are attached to a PDF, by their names.

    Raises:
        ValueError: Two have one name, or there are too many.
        PdfError: The file cannot be read, or KeyError, TypeError or AttributeError.
    """
    files = dict[str, bytes]()
    for number, specification in enumerate(reader.root.get("/AF", ())):
        described = specification.get_object()
        name = str(described["/UF"])
        if name in files or number >= _FILES_MAX:
            raise ValueError(name)
        files[name] = described["/EF"]["/F"].data
    return files


def verify_attached(files: Mapping[str, bytes]) -> ActivityResult | None:
    """Verify the activity among the files of a report; None if it has none, or none with places in the log."""
    if not {FILE, REPORT_PROOFS, ENTRIES} & files.keys():
        return None
    try:
        entries = read_entries(FILE, files.get(FILE, b""))
    except ValueError:
        return ActivityResult(problems=[Problem("activity-unreadable", FILE)])
    if all(entry.log_index is None for entry in entries) and not {REPORT_PROOFS, ENTRIES} & files.keys():
        return ActivityResult(entries=len(entries))

    def text(name: str) -> str:
        return files.get(name, b"").decode(errors="replace")

    key = log_key(files) or b""
    trust = _trust(files.get(_DATA, b""), key)
    log = PackagedLog(text(ENTRIES), text(LOG_KEY))
    result = verify_activity(entries, log, text(REPORT_PROOFS).splitlines(keepends=True), trust)
    result.problems = [*map(_named, result.problems), *_unlisted(files)]
    return result


def _unlisted(files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Yield the entries that are not those of the list in the data, which is that of the pages."""
    try:
        listed, entries = json.loads(files[_DATA])["activity"], json.loads(files[FILE])["items"]
        lines = [(datetime.fromisoformat(each["at"]), each["by"], each["activity"]) for each in listed]
    except _MALFORMED:
        yield Problem("activity-unreadable", _DATA)
        return
    for number, (entry, line) in enumerate(zip_longest(entries, lines), 1):
        if entry is None or line != (datetime.fromisoformat(entry["at"]), entry["actor"], entry["activity"]):
            yield Problem("entry-not-listed", FILE, number, entry and entry["log_index"])


def log_key(files: Mapping[str, bytes]) -> bytes | None:
    """Return the public key of the log that is attached to a report, if there is a usable one."""
    line = files.get(LOG_KEY, b"").decode(errors="replace").strip()
    name, _, encoded = line.partition("+")
    try:
        key = base64.b64decode(encoded.partition("+")[2], validate=True)[1:]
    except binascii.Error:
        return None
    return key if len(key) == _KEY_BYTES and verifier_line(name, key) == line else None


def _trust(data: bytes, key: bytes) -> Trust:
    """Return what is trusted: the key, for the log of the site and for the report that the data name."""
    try:
        report: dict[str, Any] = json.loads(data)
        site, report_id = str(report["site"]), str(report["report_id"])
    except _MALFORMED:
        site = report_id = ""
    return Trust(key, _is_signed, activity_origin(site), report_origin(site, report_id))


def _is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        VerifyKey(key).verify(message, signature)
    except (CryptoError, ValueError):
        return False
    return True


def _named(problem: Problem) -> Problem:
    """Return a problem with the name that the file has in a report."""
    return problem._replace(name=REPORT_PROOFS) if problem.name == PROOFS else problem
