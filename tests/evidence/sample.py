"""A package made here, of a project that has something of everything, by the functions that make all packages."""

import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from uuid import UUID

from contracts.evidence import bag
from contracts.evidence.packaged_activity import ENTRIES, FILE, LOG_KEY, PROOFS
from contracts.permissions import EVERYTHING
from tests.evidence.logged_activity import LOG_SIZE, activity, log_files
from workers.common.sandboxed_job_main import Facts, JobResult
from workers.common.signing_key import SigningKey
from workers.projects.packages import archive, bagging, contents, sealing
from workers.projects.packages.bagging import Contents, Copy
from workers.projects.packages.choice import Choice
from workers.projects.packages.contents import Export

PACKAGE = UUID("0190a000-0000-7000-8000-00000000000a")
PROJECT = UUID("0190a000-0000-7000-8000-000000000001")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSWORD = "correct horse"
NASTY = "</bdi><script>alert(1)</script>&amp; \u202e \x1b[31m 'quoted' \"twice\" =1+1"
EVERY_SECTION: list[Any] = ["comments", "calls", "sequences", "history", "activity", "report", "user-names"]
PDF = b"%PDF-1.7 of a report"

DATA = {f"{kind}_{slot}": None for kind in ("integer", "decimal", "text", "checkbox", "datetime") for slot in (1, 2, 3)}
LABEL = {"set_at": NOON.isoformat(), "label": None, "label_now": None, "value": "Theft", "value_now": "Robbery"}
COMMENT = {
    "comment_id": str(PROJECT),
    "text": f"Seen by the guard.\n{NASTY}",
    "created_by": "olivia",
    "created_at": NOON.isoformat(),
    "edited_by": None,
    "edited_at": None,
}
CALL = {
    **{key: value for key, value in COMMENT.items() if key not in {"text", "comment_id"}},
    "call_id": str(PROJECT),
    "direction": "made",
    "at": NOON.isoformat(),
    "party": "Police",
    "number": "117",
    "duration_seconds": 90,
    "reference": "R-7",
    "notes": NASTY,
}
SEQUENCE: dict[str, Any] = {
    "sequence_id": str(PROJECT),
    "camera_id": "cam-4",
    "camera_name": "Gate 4",
    "site": None,
    "start": NOON.isoformat(),
    "end": NOON.isoformat(),
    "media_expires_at": None,
    "added_by": "olivia",
    "added_at": NOON.isoformat(),
    "media": "available",
    "media_state": "not-configured",
    "media_files": [],
    "media_left_out": [],
}


def project() -> dict[str, Any]:
    """Return a project as the database gives it."""
    return {
        "project_id": str(PROJECT),
        "number": 12,
        "reference": "INC0000060",
        "revision": 7,
        "type_id": 3,
        "status_id": None,
        "description": f"A bag was left at gate 4. {NASTY}",
        "start_time": NOON.isoformat(),
        "end_time": None,
        "created_by": "olivia",
        "created_at": NOON.isoformat(),
        "updated_by": "oscar",
        "updated_at": NOON.isoformat(),
        "imported": False,
        "retention_exempt": False,
        "redactions": [],
        "categories": {"1": 9, "2": None, "3": None, "4": None, "5": None},
        "data": {**DATA, "text_1": "AB 123", "decimal_1": "1.5"},
        "labels": {
            "type_id": LABEL,
            "category_1": {**LABEL, "label": "Location", "label_now": "Place", "value": "Gate"},
        },
        "comments": [COMMENT],
        "calls": [CALL],
        "sequences": [SEQUENCE],
    }


def export(**changed: Any) -> Export:
    """Return what a package is made of."""
    change: Any = {"revision": 7, "at": NOON, "by": "oscar", "field": "type_id", "part_id": None, "old": 2, "new": 3}
    choice = changed.get("choice") or Choice.of(EVERY_SECTION, EVERYTHING)
    values: dict[str, Any] = {
        "package_id": PACKAGE,
        "site": "main",
        "organisation": "Harbour Security",
        "timezone": "Europe/Zurich",
        "project": project(),
        "categories": [{"slot": 1, "name": "Place", "enabled": True}, {"slot": 2, "name": "Harm", "enabled": False}],
        "data_fields": [{"kind": "text", "slot": 1, "name": "Plate", "enabled": True}],
        "history": [{**change, "label": None, "names": {"2": "Fire", "3": "Theft"}}],
        "activity": activity([299, 128, 5], shows_names=choice.shows_names),
        "choice": choice,
        "exported_at": NOON,
        "collected_at": NOON,
        "report_revision": 7,
        "exported_by": "admin",
        "purpose": {"recipient": "Police of the canton", "reference": "PV 4/2026", "legal_basis": "Art. 265 CPP"},
        "language": "en",
    }
    return Export(**{**values, **changed})


def copy(exported: Export, folder: str = "") -> tuple[Copy, dict[str, bytes]]:
    """Return a project in a package, and its files, with its report if it is to have one."""
    report = {"report.pdf": PDF} if "report" in exported.choice.includes else {}
    facts = {
        **{name: exported.project[name] for name in ("number", "revision", "created_at")},
        "description": "A bag.",
        "type_id": "Theft",
        "status_id": None,
        "collected_at": exported.collected_at,
        "report_revision": exported.report_revision if report else None,
        "no_report": None,
    }
    return Copy(folder=folder, facts=facts), {**contents.project_files(exported), **report}


def files(exported: Export, key: SigningKey, *, encrypted: bool, **changed: Any) -> dict[str, bytes]:
    """Return the files of a package; it has one project, unless `copies` are given.

    Of the log, `log_size` entries are signed.
    """
    copies = changed.pop("copies", [copy(exported)])
    entries = [entry for _, of_project in copies for entry in _entries(of_project)]
    of_log = log_files(entries, key, PACKAGE, changed.pop("log_size", LOG_SIZE))
    changed |= {"log_files": {name: of_log[name] for name in (ENTRIES, LOG_KEY) if name in of_log}}
    described = _contents(exported, has_password=encrypted, copies=[each for each, _ in copies], **changed)
    bagged = bagging.opening_files(described, key)
    for each, of_project in copies:
        bagged |= {f"{bag.PAYLOAD}{each.folder}{name}": data for name, data in of_project.items()}
    bagged |= {name: of_log[name] for name in (PROOFS,) if name in of_log}
    return bagged | bagging.closing_files(described, key, bag.digests(bagged))


def _entries(of_project: Mapping[str, bytes]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(of_project.get(FILE, b'{"items": []}'))["items"]
    return items


def _contents(exported: Export, **changed: Any) -> Contents:
    names = ("package_id", "site", "organisation", "timezone", "language", "exported_at", "exported_by", "purpose")
    values: dict[str, Any] = {name: getattr(exported, name) for name in (*names, "choice")}
    return Contents(**{**values, "copies": [copy(exported)[0]], **changed})


def package(key: SigningKey, password: str | None = None, **changed: Any) -> bytes:
    """Return the file of a package."""
    return packed(files(export(**changed), key, encrypted=password is not None), key, password)


def packed(files: Mapping[str, bytes], key: SigningKey, password: str | None = None) -> bytes:
    """Pack and seal files as the child process and the worker do."""
    with TemporaryFile() as target:
        facts = {**_facts(sealing.folder_of(PACKAGE), target), "password": password}
        return _sealed(archive.job(facts, framed(files)), files, key, target)


def encrypted_to(recipients: Sequence[str], key: SigningKey, data: bytes | None = None) -> bytes:
    """Return the file of a package that is encrypted to keys, or of something else that is encrypted as one."""
    page = {bag.README: bagging.wrapper_page(_contents(export()), key)}
    with TemporaryFile() as source, TemporaryFile() as target:
        source.write(package(key) if data is None else data)
        source.flush()
        facts = _facts(f"encrypted-{sealing.folder_of(PACKAGE)}", target) | {"recipients": recipients}
        facts |= {"source": os.dup(source.fileno()), "encrypted": bag.ENCRYPTED}
        return _sealed(archive.encryption_job(facts, framed(page)), (*page, bag.ENCRYPTED), key, target)


def framed(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield files as a child process gets them; the first one is never encrypted."""
    for place, (name, data) in enumerate(files.items()):
        yield json.dumps({"name": name, "bytes": len(data), "is_stored": False, "is_open": place == 0}).encode()
        yield from filter(None, [data])


def _facts(folder: str, target: BinaryIO) -> Facts:
    return {"folder": folder, "at": NOON.timetuple()[:6], "target": os.dup(target.fileno())}


def _sealed(reply: JobResult, names: Iterable[str], key: SigningKey, target: BinaryIO) -> bytes:
    starts = [*zip(names, reply.facts["starts"], strict=True)]
    sealing.add_seal(target, starts, reply.facts["directory"], key)
    target.seek(0)
    return target.read()


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the files of a package that is not encrypted, by their names in its folder."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {name.partition("/")[2]: opened.read(name) for name in opened.namelist()}
