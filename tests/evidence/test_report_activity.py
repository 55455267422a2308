"""The activity in a report is verified entry by entry, offline, by the product and by others."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import metamorphic_log
import pytest

from contracts.evidence.activity_verification import Problem
from contracts.evidence.packaged_activity import ENTRIES, FILE, LOG_KEY, PROOFS, REPORT_PROOFS, shown_entry
from contracts.evidence.tlog_proofs import HEADER
from incidents.evidence.findings import Activity as Proven
from incidents.evidence.pdf_verification import verify
from incidents.evidence.report_activity import verify_attached
from tests.evidence.logged_activity import HASHES, LOG_SIZE, ORIGIN, log_files, log_note, row
from tests.evidence.pdf_sample import signed
from tests.reports.rendering_samples import Renderer, document
from tests.support.pdf_identity import shared
from workers.common.signing_key import SigningKey
from workers.reports.rendering.content.attached_data import DATA, attachments, file_text
from workers.reports.rendering.render_input import Activities, Activity, ReportDocument

KEY, FORGER = SigningKey.generate("incident-manager-main"), SigningKey.generate("somebody")
REPORT = UUID(int=77)
INDEXES = [299, 256, 255, 128, 7, 6]
Files = dict[str, bytes]
Change = Callable[[list[dict[str, Any]]], object]


def items(*, shows_names: bool = True) -> list[dict[str, Any]]:
    """Return some entries as a report has them; the last one has no details in the log."""
    rows = [row(index) for index in INDEXES]
    return [shown_entry(each, {}, shows_names=shows_names) for each in rows]


def report(entries: Sequence[dict[str, Any]], size: int = LOG_SIZE, **changed: Any) -> ReportDocument:
    """Return a report that lists these entries, with their proofs."""
    listed = [Activity(datetime.fromisoformat(each["at"]), each["actor"], each["activity"]) for each in entries]
    log = {**log_files(entries, KEY, REPORT, size, "reports"), FILE: b""}
    texts = {name.removeprefix("data/"): data.decode() for name, data in log.items()}
    texts[FILE] = file_text({"items": [*entries], "withheld": []})
    values = {"activities": Activities(tuple(listed)), "show_user_names": True, "report_id": REPORT, "site": "main"}
    return document(**{**values, "log_files": texts, **changed})


def files(**named: Any) -> Files:
    """Return the files that are attached to a report."""
    return {name: text.encode() for name, text in attachments(report(items(**named))).items()}


def problems(attached: Files) -> list[Problem]:
    """Return what is found in the files of a report."""
    result = verify_attached(attached)
    return result.problems if result else []


async def test_every_entry_of_a_report_is_proven(tmp_path: Path) -> None:
    """The PDF is verified with its entries, and names the key of the log; the same document gives the same bytes."""
    pdf, again = (Renderer().render(report(items())).pdf for _ in range(2))
    assert pdf == again
    result = verify(await signed(tmp_path, pdf=pdf), shared().fingerprint)
    assert result.findings == []
    assert result.activity == Proven(6, 6, 6, ORIGIN, LOG_SIZE)
    assert result.facts["Log-Key"] == KEY.fingerprint


async def test_a_forged_report_is_refused_with_its_entry(tmp_path: Path) -> None:
    """A report that somebody made anew with a changed entry is refused, and the entry is named, whoever signed it."""
    entries = items()
    changed = report(entries)
    forged = json.loads(changed.log_files[FILE])
    forged["items"][2]["activity"] = "projects.deleted"
    texts = {**changed.log_files, FILE: file_text(forged)}
    pdf = Renderer().render(report(entries, log_files=texts)).pdf
    findings = verify(await signed(tmp_path, pdf=pdf), shared().fingerprint).findings
    assert [(each.kind, each.name, each.entry, each.log_index) for each in findings] == [
        ("entry-changed", FILE, 3, 255),
        ("entry-not-listed", FILE, 3, 255),
    ]


CHANGES: dict[str, tuple[Change, list[str]]] = {
    "actor": (lambda entries: entries[2].update(actor="olivia"), ["entry-changed", "entry-not-listed"]),
    "leaf": (lambda entries: entries[2].update(leaf_hash=HASHES[1].hex()), ["entry-changed"]),
    "removed": (lambda entries: entries.pop(2), ["entry-missing", *["entry-not-listed"] * 4]),
    "added": (lambda entries: entries.append({**entries[0], "log_index": 3}), ["entry-added", "entry-not-listed"]),
    "swapped": (lambda entries: entries.reverse(), ["entry-not-listed"] * 6),
}


@pytest.mark.parametrize("change, kinds", CHANGES.values(), ids=list(CHANGES))
def test_a_changed_entry_is_named(change: Change, kinds: list[str]) -> None:
    """An entry that was changed, removed or added is not what the proofs prove, or not what the report lists."""
    attached = files()
    entries = json.loads(attached[FILE])
    change(entries["items"])
    assert [kind for kind, *_ in problems({**attached, FILE: json.dumps(entries).encode()})] == kinds


def test_a_changed_proof_or_checkpoint_is_named() -> None:
    """A hash of a proof, a state of somebody else, another report's files and a foreign key are refused."""
    attached = files()
    proofs = attached[REPORT_PROOFS].decode()
    line = proofs.split("\n")[3]
    other = base64.b64encode(bytes(32)).decode()
    assert problems({**attached, REPORT_PROOFS: proofs.replace(line, other).encode()})[0][0] == "entry-not-logged"
    forged = proofs.replace(log_note(KEY), log_note(FORGER)).encode()
    assert ("checkpoint-not-signed", REPORT_PROOFS, None, None) in problems({**attached, REPORT_PROOFS: forged})
    key = log_files(items(), FORGER, REPORT)[LOG_KEY]
    assert ("checkpoint-not-signed", REPORT_PROOFS, None, None) in problems({**attached, LOG_KEY: key})
    foreign = log_files(items(), KEY, UUID(int=78), kind="reports")[ENTRIES]
    assert problems({**attached, ENTRIES: foreign}) == [("checkpoint-not-signed", ENTRIES, None, None)]
    data = attached[DATA].replace(b'"site": "main"', b'"site": "other"')
    assert ("checkpoint-not-signed", ENTRIES, None, None) in problems({**attached, DATA: data})


@pytest.mark.parametrize("name", [REPORT_PROOFS, ENTRIES, LOG_KEY, FILE, DATA])
def test_a_missing_or_unreadable_file_is_noticed(name: str) -> None:
    """None of the files can be taken away or replaced without being missed."""
    attached = files()
    assert problems({**attached, name: b"\xff{"})
    assert problems({other: data for other, data in attached.items() if other != name})


def test_what_is_younger_than_the_checkpoint_is_counted() -> None:
    """Entries after the last signed state have no proof, and that is no change; other reports have none."""
    attached = {name: text.encode() for name, text in attachments(report(items(), 200)).items()}
    result = verify_attached(attached)
    assert result is not None
    assert result.entries == 6
    assert result.proven == 3
    assert result.log_size == 200
    assert result.problems == []
    assert verify_attached({DATA: attached[DATA]}) is None


@pytest.mark.parametrize("shows_names", [True, False])
def test_what_is_left_out_cannot_be_guessed(shows_names: bool) -> None:
    """An entry with details has its hash in place of ids; names are there only if the report names users."""
    entries = json.loads(files(shows_names=shows_names)[FILE])["items"]
    assert {(each["actor"], "event_id" in each, len(each["leaf_hash"])) for each in entries} == {
        ("oscar" if shows_names else "", False, 64)
    }
    assert all(each["details"] == {} for each in entries)


def test_an_entry_of_which_nothing_is_left_out_is_whole() -> None:
    """An entry without details, or with the salted hash of values alone, is a leaf that everybody can make."""
    for details in ({}, {"values_hash": "a" * 64}):
        recorded = {**row(5), "details": details}
        shown = shown_entry(recorded, {}, shows_names=True)
        assert shown["details"] == details
        assert "leaf_hash" not in shown
        assert "values" not in shown
        assert "event_id" not in shown_entry(recorded, {}, shows_names=False)


def test_a_library_of_others_verifies_each_proof() -> None:
    """Proofs and key are as an implementation in another language expects them, for every entry."""
    attached = files()
    places = set()
    for block in attached[REPORT_PROOFS].decode().split(f"{HEADER}\n")[1:]:
        head, _, note = block.partition("\n\n")
        index, *hashes = (line for line in head.split("\n") if not line.startswith("extra "))
        place = int(index.removeprefix("index "))
        key = attached[LOG_KEY].decode().strip()
        proof = [base64.b64decode(line) for line in hashes]
        metamorphic_log.checkpoint_verify_inclusion(note, [key], place, HASHES[place], proof)
        with pytest.raises(metamorphic_log.VerifyError):
            metamorphic_log.checkpoint_verify_inclusion(note, [key], place, HASHES[0], proof)
        places.add(place)
    assert places == {*INDEXES}
    assert f"data/{REPORT_PROOFS}" == PROOFS
