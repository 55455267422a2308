"""`incidents privacy record --pdf`: the record of processing as a file, and as Markdown with the same words."""

import hashlib
import json
import re
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from contracts.ids import uuid7
from contracts.properties import AddType, DefineDataField
from contracts.retention_policies import SetPolicy
from incidents.evidence.pdf_verification import verify
from tests.client.command_line import CommandResult, incidents
from tests.client.conftest import Bus, Peer
from tests.client.interactive import environment, run_command
from tests.client.test_commands import RunLine, run_line
from tests.client.test_csv import rows
from tests.client.test_report_batches import of_alice
from tests.support import Site, eventually
from tests.support.pdf_identity import shared

__all__ = ["run_line"]

FILE = b"%PDF-1.7 a record"
REPORT = str(uuid7())


@pytest.fixture
def making(peer: Peer) -> Peer:
    """A worker that has made a record."""
    peer.answers["reports.download-summary"] = FILE
    digest = hashlib.sha256(FILE).hexdigest()
    facts: dict[str, Any] = {"complete": False, "missing": ["roles"], "pages": 3, "bytes": len(FILE), "sha256": digest}
    peer.results = {"generate-record": {"report_id": REPORT, **facts}, "delete-summary": {"report_id": REPORT}}
    return peer


async def test_the_record_is_a_pdf(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """What is typed becomes a command; what the file lacks is said, in the language of the reader."""
    line = ("--pdf", "record.pdf", "--timezone", "Europe/Paris", "--lang", "fr")
    ended = await run_line("privacy", "record", *line)
    assert ended.status == 0, ended.err
    assert (tmp_path / "record.pdf").read_bytes() == FILE
    body = {**json.loads(making.commands[-1].data), "report_id": REPORT}
    assert body == {"report_id": REPORT, "timezone": "Europe/Paris", "language": "fr"}
    assert "3 pages" in ended.out
    assert "Masqué faute de permission\u00a0: rôles" in ended.out


@pytest.mark.parametrize(
    "line, words",
    [
        (("--pdf", "record.md"), "name a file that ends with .pdf"),
        (("--timezone", "Europe/Paris"), "--timezone belongs to a file"),
        (("--force",), "--force belongs to a file"),
        (("--resume", REPORT, "--timezone", "Europe/Paris", "--pdf", "a.pdf"), "leave the rest out"),
    ],
)
async def test_a_record_that_cannot_be_meant_is_explained(
    making: Peer, run_line: RunLine, line: tuple[str, ...], words: str
) -> None:
    """Nothing is sent, and the words say what to type."""
    ended = await run_line("privacy", "record", *line)
    assert ended.status == 2
    assert making.commands == []
    assert words in " ".join(ended.err.split())


async def test_ctrl_c_cancels_the_record(making: Peer, bus: Bus, tmp_path: Path) -> None:
    """The record is cancelled, and nothing is saved."""
    making.progress = repeat((0, 1))
    async with run_command(of_alice(bus), "privacy", "record", "--pdf", "a.pdf", folder=tmp_path) as running:
        assert "making the record" in await running.line("stderr")

        async def is_sent() -> bool:
            return bool(making.commands)

        await eventually(is_sent)
        status, err = await running.interrupt()
    assert status == 130
    assert "The record was cancelled; nothing was saved." in err
    assert making.commands[-1].subject.endswith(".delete-summary")


@pytest.fixture
async def defined(site: Site) -> Site:
    """A site with a data field, and with policies of every kind."""
    await site.workers("projects", "reports", "administration", "audit", "retention")
    admin = await site.client()
    await admin.send(DefineDataField(kind="text", slot=1, enabled=True, name="The witness"))
    terms: list[dict[str, Any]] = [{"years": 5, "days": 10, "counted_from": "year-end"}, {"days": 90}, {"exempt": True}]
    for number, each in enumerate(terms):
        added = await admin.send(AddType(name=f"Type {number}"))
        await admin.send(SetPolicy(policy_id=f"policy-{number}", property_id=added.id, **each))
    return site


async def successful(site: Site, folder: Path, *line: object) -> CommandResult:
    """Type a line, which succeeds."""
    ended = await incidents(*line, folder=folder, environment=environment(site, "admin"))
    assert ended.status == 0, ended.err
    return ended


async def test_a_record_is_made_and_resumed(defined: Site, tmp_path: Path) -> None:
    """On a real site the file is made, listed with the summaries, and fetched again; others do not take its id."""
    ended = await successful(defined, tmp_path, "privacy", "record", "--pdf", "record.pdf", "--json")
    report_id = ended.json["report_id"]
    await successful(defined, tmp_path, "privacy", "record", "--resume", report_id, "--pdf", "again.pdf")
    pdf = (tmp_path / "again.pdf").read_bytes()
    assert pdf == (tmp_path / "record.pdf").read_bytes()
    assert verify(pdf, shared().fingerprint).verified
    for line in (("reports", "summary"), ("disclosures",)):
        words = (*line, "--resume", report_id, "-o", "other.pdf")
        ended = await incidents(*words, folder=tmp_path, environment=environment(defined, "admin"))
        assert ended.status == 2
        assert "incidents privacy record --resume" in ended.err
    (row,) = rows(await successful(defined, tmp_path, "reports", "summaries", "--csv"))
    assert row["Content"] == "record"


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_both_forms_say_the_same(defined: Site, tmp_path: Path, language: str) -> None:
    """The PDF has the headings and lines of the Markdown; only the names of permissions are written as words."""
    page = (await successful(defined, tmp_path, "privacy", "record", "--lang", language)).out
    await successful(defined, tmp_path, "privacy", "record", "--pdf", "record.pdf", "--lang", language)
    attached = PdfReader(tmp_path / "record.pdf").attachments["record.json"][0]
    sections = json.loads(attached)["sections"]
    written = {section["heading"]: section["lines"] for section in sections}
    parts = re.split(r"^## (.*)$", page, flags=re.MULTILINE)[1:]
    printed = {
        heading: [line.removeprefix("- ") for line in body.splitlines() if line.startswith("- ")]
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    }
    roles = {"en": "Who may see what", "fr": "Catégories de destinataires, et leurs accès"}[language]
    assert [*printed] == [*written]
    shown, filed = printed.pop(roles), written.pop(roles)
    assert (len(shown), shown == filed) == (len(filed), language == "fr")
    assert shown[0].startswith({"en": "Administrators: ", "fr": "Administrateurs\u00a0: "}[language])
    assert printed == written
    assert {"en": "5 years + 10 days from the end", "fr": "5 ans + 10 jours à compter de la fin"}[language] in page
