"""Registers of disclosures: who took which copy of a project out of the system, for whom and why, as a PDF."""

import io
import json
import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader
from pyrage import x25519

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import DeleteProject
from contracts.projects.exports import ExportProject
from contracts.register_data import RegisterData
from contracts.report_batches import BatchForm, GenerateBatch
from contracts.report_design import SetLogo
from contracts.report_register import GenerateRegister, RegisterGenerated
from contracts.report_summaries import DownloadSummary, ListSummaries, SummaryContent
from contracts.reports import GenerateReport, RecordPrint
from contracts.values import LATEST
from incidents import Client
from incidents.evidence.pdf_verification import verify
from tests.projects.helpers import NOON, refusal_of
from tests.projects.packages import fetch as fetch_package
from tests.projects.test_export_many import create
from tests.reports.picture_samples import png
from tests.reports.test_accessibility import elements
from tests.support import Site, eventually
from tests.support.pdf_identity import shared
from workers.reports.summaries.disclosures import ENTRIES_MAX

POLICE = {"recipient": "Police", "reference": "PV 4/2026", "legal_basis": "Art. 265 CPP"}
REGISTRAR = {Node.PROJECTS: "view", Node.REPORTS: "manage", Node.AUDIT_LOG: "view"}
COPIES = 6
"""The entries of the copies that `disclose` makes."""

ADD_PRINTS = """
    INSERT INTO audit.activity (event_id, at, actor, activity, project_id, details)
    SELECT gen_random_uuid(), now() - number * interval '1 second', 'olivia', 'reports.printed', :project_id,
        jsonb_build_object('report_id', gen_random_uuid())
    FROM generate_series(1, :count) number
"""


@pytest.fixture
async def client(site: Site) -> Client:
    """Somebody who may do everything, on a site in Zurich."""
    await site.workers("projects", "reports", "audit", "administration")
    await site.sql("UPDATE administration.settings SET timezone = 'Europe/Zurich', report_title = 'Ville de Neuville'")
    return await site.client()


async def disclose(site: Site, client: Client) -> tuple[list[UUID], dict[str, str]]:
    """Take copies of two projects out of the system, and delete the second one; return the digests of the copies."""
    ids = await create(client, 2)
    exported = await client.send(ExportProject.model_validate({"project_id": ids[0], **POLICE}))
    await fetch_package(client, exported.package)
    report = await client.send(GenerateReport(report_id=uuid7(), project_id=ids[1]))
    await client.send(RecordPrint(report_id=report.report_id))
    batch = await client.send(
        GenerateBatch(report_id=uuid7(), project_ids=ids, form=BatchForm.ZIP, recipient="Insurance")
    )
    await client.send(DeleteProject(project_id=ids[1]))

    async def are_recorded() -> bool:
        return await site.count("audit.activity WHERE activity ~ '^(reports|projects.(exported|downloaded))'") >= COPIES

    await eventually(are_recorded)
    return ids, {"package": exported.package.sha256, "report": report.sha256, "batch": batch.sha256}


async def register(client: Client, **fields: Any) -> tuple[RegisterGenerated, bytes]:
    """Make a register, and fetch its file."""
    generated = await client.send(GenerateRegister(report_id=uuid7(), **fields))
    file = b"".join([part async for part in client.download(DownloadSummary(report_id=generated.report_id))])
    assert sha256(file).hexdigest() == generated.sha256
    return generated, file


def data_of(file: bytes) -> RegisterData:
    """Return the data that is attached to a register."""
    [attached] = PdfReader(io.BytesIO(file)).attachments["register.json"]
    return RegisterData.model_validate(json.loads(attached), strict=False)


def text_of(file: bytes) -> str:
    """Return the text of all pages, with single spaces."""
    pages = PdfReader(io.BytesIO(file)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\u200b", "").split())


async def test_every_copy_is_in_the_register(site: Site, client: Client) -> None:
    """Each report, batch, export, download and print is an entry with its digest, also of a deleted project."""
    ids, digests = await disclose(site, client)
    generated, file = await register(client)
    entries = data_of(file).entries
    assert [(each.project_number, each.activity, each.sha256) for each in entries] == [
        (1, "projects.exported", digests["package"]),
        (1, "projects.downloaded", digests["package"]),
        (1, "reports.included", digests["batch"]),
        (2, "reports.generated", digests["report"]),
        (2, "reports.printed", digests["report"]),
        (2, "reports.included", digests["batch"]),
    ]
    assert [each.is_deleted for each in entries] == [False, False, False, True, True, True]
    assert {each.project_id for each in entries} == set(ids)
    named = [(each.recipient, each.reference, each.legal_basis) for each in entries]
    assert named[0] == tuple(POLICE.values())
    assert generated.entries == COPIES
    assert generated.complete
    assert generated.since is None


async def test_the_keys_of_a_package_are_named(site: Site, client: Client) -> None:
    """A package that was encrypted to keys has them in its data, also where it was fetched, and their ends on paper."""
    [project_id] = await create(client, 1)
    keys = [str(x25519.Identity.generate().to_public()) for _ in range(2)]
    exported = await client.send(ExportProject(project_id=project_id, recipients=keys))
    await fetch_package(client, exported.package)
    await eventually(lambda: site.count("audit.activity WHERE activity = 'projects.downloaded'"))
    await client.send(GenerateReport(report_id=uuid7(), project_id=project_id))
    await eventually(lambda: site.count("audit.activity WHERE activity = 'reports.generated'"))
    _, file = await register(client, language="fr")
    assert [each.age_keys for each in data_of(file).entries] == [keys, keys, []]
    shown = ", ".join(f"{key[:12]}…{key[-4:]}" for key in keys)
    assert f"Chiffré pour des clés age : {shown}" in text_of(file).replace("\u00a0", " ")


async def test_recipients_of_an_erased_project_are_named(site: Site, client: Client) -> None:
    """A register of one project has its entries alone, and lists who must be told; its pages say so."""
    ids, _ = await disclose(site, client)
    generated, file = await register(client, project_ids=[ids[1], uuid7()], language="fr")
    data, words = data_of(file), text_of(file)
    assert {each.project_id for each in data.entries} == {ids[1]}
    assert data.project_numbers == [2]
    for words_of_page in ("Registre des communications", "Incidents : 2, inconnus : 1", "Insurance", "(supprimé)"):
        assert words_of_page in words.replace("\u00a0", " ")
    assert "Fuseau horaire : Europe/Zurich" in words.replace("\u00a0", " ")
    assert "1 copie a été faite sans nommer de destinataire." in words
    assert "Police" not in words
    assert generated.project_ids == data.projects


async def test_a_period_is_cut_at_both_ends(site: Site, client: Client) -> None:
    """`since` is included and `until` is not; an empty register says so."""
    await disclose(site, client)
    entries = data_of((await register(client))[1]).entries
    times = sorted(each.at for each in entries)
    generated, file = await register(client, since=times[1], until=times[-1])
    assert sorted(each.at for each in data_of(file).entries) == [at for at in times if times[1] <= at < times[-1]]
    generated, file = await register(client, since=times[-1], project_ids=[uuid7()])
    assert generated.entries == 0
    assert "No copy was made, fetched or printed in this period." in text_of(file)


async def test_a_register_is_for_archives_and_for_everybody(site: Site, client: Client) -> None:
    """It keeps PDF/A-3a and PDF/UA-1, is signed, its tables have heads, and the logo has its alternative text."""
    await disclose(site, client)
    await client.send(SetLogo(image=b64encode(png(300, 100)).decode(), alt="Arms of Neuville"))
    await site.sql("UPDATE administration.settings SET report_confidentiality = 'For the police only'")
    _, file = await register(client, language="fr")
    root: Any = PdfReader(io.BytesIO(file)).root_object
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfuaid:part>1<", xmp)
    assert re.search(r"pdfaid:part>3<.*pdfaid:conformance>A<", xmp, re.DOTALL)
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"].value is True
    parts = list(elements(root["/StructTreeRoot"]))
    assert [part["/Alt"] for part in parts if part["/S"] == "/Figure"] == ["Arms of Neuville"]
    assert len([part for part in parts if part["/S"] == "/THead"]) >= 2
    pages = PdfReader(io.BytesIO(file)).pages
    assert all("For the police only" in page.extract_text() for page in pages)
    assert verify(file, shared().fingerprint).verified


async def test_a_long_register_repeats_its_head_and_numbers_its_pages(site: Site, client: Client) -> None:
    """The heads of the columns are on each page of the table, and so are the number of the page and of all pages."""
    [project_id] = await create(client, 1)
    await site.sql(ADD_PRINTS, project_id=project_id, count=200)
    generated, file = await register(client)
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(file)).pages]
    assert len(pages) == generated.pages > 3
    assert all("For, reference and legal basis" in page for page in pages[:-1])
    assert all(f"Page {number} / {len(pages)}" in page for number, page in enumerate(pages, 1))


async def test_a_register_has_a_limit(site: Site, client: Client) -> None:
    """More entries than fit are refused with the limit, and a shorter period is possible."""
    [project_id] = await create(client, 1)
    await site.sql(ADD_PRINTS, project_id=project_id, count=ENTRIES_MAX + 1)
    refused = await refusal_of(client.send(GenerateRegister(report_id=uuid7())))
    [field] = refused.details["fields"]
    assert refused.code == Code.INVALID
    assert field["kind"] == "too_many_entries"
    assert field["limit"] == ENTRIES_MAX
    [(at,)] = await site.sql("SELECT max(at) FROM audit.activity WHERE activity = 'reports.printed'")
    generated, _ = await register(client, until=at)
    assert generated.entries == ENTRIES_MAX


async def test_without_the_activity_exports_are_missing(site: Site, client: Client) -> None:
    """Whoever may not see what is done with projects gets the reports alone, and the register says what is missing."""
    await disclose(site, client)
    await site.grant("olivia", REGISTRAR)
    olivia = await site.client("olivia")
    generated, file = await register(olivia)
    assert not generated.complete
    assert generated.missing == ["activity-logs"]
    assert {each.activity.partition(".")[0] for each in data_of(file).entries} == {"reports"}
    assert "Exports and what was done with their packages are not included" in text_of(file)
    await site.grant("olivia", {**REGISTRAR, Node.AUDIT_LOG: "none"})
    for asking in (register(olivia), olivia.ask(DownloadSummary(report_id=generated.report_id))):
        assert (await refusal_of(asking)).code in {Code.PERMISSION_DENIED, Code.NOT_AVAILABLE}


async def test_a_register_needs_its_permissions_until_it_is_fetched(site: Site, client: Client) -> None:
    """Whoever may no longer see exports does not get a file that lists them."""
    await disclose(site, client)
    await site.grant("olivia", {**REGISTRAR, Node.ACTIVITY_LOGS: "view"})
    olivia = await site.client("olivia")
    generated, _ = await register(olivia)
    await site.grant("olivia", REGISTRAR)
    refused = await refusal_of(olivia.ask(DownloadSummary(report_id=generated.report_id)))
    assert refused.code == Code.NOT_AVAILABLE
    assert refused.details["nodes"] == [Node.ACTIVITY_LOGS]


async def test_registers_are_listed_with_summaries(site: Site, client: Client) -> None:
    """The list says which is which, and has the figures of both."""
    ids, _ = await disclose(site, client)
    generated, _ = await register(client, project_ids=ids[:1])
    [listed] = (await client.ask(ListSummaries())).items
    assert listed.content == SummaryContent.DISCLOSURES
    assert listed.entries == generated.entries
    assert listed.created is None
    assert listed.project_ids == ids[:1]


@pytest.mark.parametrize(
    "fields, kind",
    [
        ({"since": LATEST - timedelta(days=1)}, "period_to_come"),
        ({"since": NOON, "until": NOON}, "period_empty"),
        ({"timezone": "Europe/Nowhere"}, "unknown_timezone"),
    ],
)
async def test_a_register_of_no_period_is_refused(client: Client, fields: dict[str, Any], kind: str) -> None:
    """The refusal names the field and what is wrong with it."""
    refused = await refusal_of(client.send(GenerateRegister(report_id=uuid7(), **fields)))
    assert refused.details["fields"][0]["kind"] == kind
