"""A report with an activity log proves what it lists: each entry is in the log of the site, at a signed state."""

import io
import json
from typing import Any

import metamorphic_log
import psycopg
import pytest
from pypdf import PdfReader

from contracts.evidence.checkpoints import Checkpoint, signed_note
from contracts.evidence.merkle_tree import Edge, split
from contracts.evidence.packaged_activity import ENTRIES, FILE, LOG_KEY, REPORT_PROOFS
from contracts.evidence.tlog_proofs import read_proofs
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.projects.exports import ExportProject
from contracts.projects.parts import AddComment
from contracts.report_batches import BatchForm, DownloadBatch, GenerateBatch
from contracts.reports import DownloadReport, GenerateReport
from incidents import Client
from incidents.evidence.findings import Activity, Verification
from incidents.evidence.pdf_verification import verify
from tests.projects import packages
from tests.support import Site, eventually
from tests.support.pdf_identity import shared
from workers.common.signing_key import FILE_NAME, SigningKey
from workers.runtime.storage import log_proofs

LOG_FILES = {FILE, REPORT_PROOFS, ENTRIES, LOG_KEY}


async def projects(site: Site, admin: Client, comments: int = 1) -> Any:
    """Create a project with comments, and return its id when all of that is recorded."""
    project_id, before = uuid7(), await site.count("audit.activity")
    await admin.send(CreateProject(project_id=project_id, description="A bag was left."))
    for _ in range(comments):
        await admin.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Nobody came."))

    async def are_recorded() -> bool:
        return await site.count("audit.activity") == before + 1 + comments

    await eventually(are_recorded)
    return project_id


async def report_of(admin: Client, project_id: Any, **choices: Any) -> bytes:
    """Return a report with the activity of a project."""
    command = GenerateReport(report_id=uuid7(), project_id=project_id, activity=True, **choices)
    report_id = (await admin.send(command)).report_id
    return b"".join([part async for part in admin.download(DownloadReport(report_id=report_id))])


async def sign(site: Site) -> None:
    """Sign the state of the log as audit does, which cannot here."""
    [(size, edge)] = await site.sql("SELECT size, edge FROM audit.tree WHERE store = 'incident_manager'")
    root = Edge(size, [split(hashes) for hashes in edge]).root()
    key = SigningKey.read(site.directory / "keys" / FILE_NAME)
    note = signed_note(Checkpoint("incidents/main/incident_manager", size, root), key.public_key, key.sign_raw)
    with psycopg.connect(site.database_url, autocommit=True) as owner:
        statement = "INSERT INTO audit.checkpoint (store, size, at, note) VALUES ('incident_manager', %s, now(), %s)"
        owner.execute(statement, (size, note))


def attached(pdf: bytes) -> dict[str, bytes]:
    """Return the files that are attached to a PDF."""
    return {name: data[0] for name, data in PdfReader(io.BytesIO(pdf)).attachments.items()}


def verified(pdf: bytes) -> Verification:
    """Verify a PDF with the certificate of the site."""
    return verify(pdf, shared().fingerprint)


@pytest.mark.parametrize("shows_names", [True, False])
async def test_each_entry_of_a_report_is_proven(site: Site, shows_names: bool) -> None:
    """The report waits for a signed state that has all its entries, which others verify, too, without the site."""
    await site.workers("projects", "reports", "audit")
    admin = await site.client()
    project_id = await projects(site, admin)
    pdf = await report_of(admin, project_id, show_user_names=shows_names)
    result, files = verified(pdf), attached(pdf)
    assert result.findings == []
    assert (result.activity and result.activity.entries) == 2
    assert result.activity is not None
    assert result.activity.proven == 2
    assert result.activity.log_origin == "incidents/main/incident_manager"
    key = files[LOG_KEY].decode().strip()
    hashes = dict(await site.sql("SELECT log_index, hash FROM audit.activity"))
    for proof in read_proofs(files[REPORT_PROOFS].decode().splitlines(keepends=True)):
        leaf = hashes[proof.place]
        metamorphic_log.checkpoint_verify_inclusion(proof.note, [key], proof.place, leaf, list(proof.hashes))
    assert (b"admin" in files[FILE]) == shows_names
    assert b"left" not in files[FILE]


async def test_only_a_single_report_with_an_activity_has_proofs(site: Site) -> None:
    """A report without the activity, those of batches, and the one in a package have none."""
    await site.workers("projects", "reports", "audit")
    admin = await site.client()
    project_id = await projects(site, admin)
    plain = GenerateReport(report_id=uuid7(), project_id=project_id)
    await admin.send(plain)
    pdfs = [await admin.ask(DownloadReport(report_id=plain.report_id))]
    batch = GenerateBatch(report_id=uuid7(), project_ids=[project_id], activity=True, form=BatchForm.PDF)
    await admin.send(batch)
    pdfs.append(b"".join([part async for part in admin.download(DownloadBatch(report_id=batch.report_id))]))
    exported = await admin.send(ExportProject(project_id=project_id, include=["activity", "report"]))
    pdfs.append(packages.unzip(await packages.fetch(admin, exported.package))["data/report.pdf"])
    assert [LOG_FILES & {*attached(pdf)} for pdf in pdfs] == [set()] * 3
    assert [verified(pdf).activity for pdf in pdfs] == [None] * 3


async def test_without_a_signed_state_the_report_says_so(
    site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """If audit signs nothing, the report is made all the same: its entries have no proof, which is no change."""
    monkeypatch.setattr(log_proofs, "CHECKPOINT_SECONDS_MAX", 0.0)
    await site.workers("projects", "reports")
    await site.worker("audit", signing_key=site.directory / "none")
    admin = await site.client()
    pdf = await report_of(admin, await projects(site, admin))
    assert verified(pdf).findings == []
    assert verified(pdf).activity == Activity(2, 0, 0, None, None)
    assert LOG_FILES & {*attached(pdf)} == LOG_FILES - {REPORT_PROOFS}
    assert "report_entries_not_proven" in capfd.readouterr().out


async def test_a_report_waits_for_a_signed_state_and_holds_up_nobody(site: Site) -> None:
    """A report that waits leaves the turn to others of its author, and is made when the log is signed."""
    await site.workers("projects", "reports")
    await site.worker("audit", signing_key=site.directory / "none")
    admin = await site.client()
    project_id = await projects(site, admin)
    waiting = await admin.submit(GenerateReport(report_id=uuid7(), project_id=project_id, activity=True))

    async def is_waiting() -> bool:
        return await site.sql("SELECT log_size FROM reports.request WHERE log_awaited_until IS NOT NULL") == [(2,)]

    await eventually(is_waiting)
    await admin.send(GenerateReport(report_id=uuid7(), project_id=project_id))
    assert await site.count("reports.request") == 1
    await sign(site)
    assert (await waiting.outcome()).status == "applied"
    assert await site.count("reports.request") == 0


async def test_an_entry_that_was_changed_in_the_database_is_found_outside(site: Site) -> None:
    """Whoever changes the log before a report is made makes one whose recipients see it."""
    await site.workers("projects", "reports", "audit")
    admin = await site.client()
    project_id = await projects(site, admin)
    with psycopg.connect(site.database_url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE audit.activity SET at = at + interval '1 microsecond' WHERE log_index = 0")
    pdf = await report_of(admin, project_id)
    [finding] = verified(pdf).findings
    assert finding.kind == "entry-not-logged"
    assert finding.name == FILE
    assert finding.entry == 2
    assert finding.log_index == 0
    assert len(json.loads(attached(pdf)[FILE])["items"]) == 2
