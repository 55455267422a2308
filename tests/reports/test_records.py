"""The record of processing as a PDF: what the configuration says, in both languages, with room for the rest."""

import io
import json
from hashlib import sha256
from typing import Any

import pytest
from pypdf import PdfReader

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.record_data import RecordData
from contracts.report_record import GenerateRecord, RecordGenerated
from contracts.report_summaries import DeleteSummary, DownloadSummary, ListSummaries, SummaryContent
from incidents import Client
from incidents.evidence.pdf_verification import verify
from tests.projects.helpers import refusal_of
from tests.reports.record_samples import BARE, RecordPrinter, record
from tests.reports.test_accessibility import elements
from tests.support import Site
from tests.support.pdf_identity import shared


@pytest.fixture
async def client(site: Site) -> Client:
    """Somebody who may do everything, on a site with a title."""
    await site.workers("projects", "reports", "audit", "administration", "retention")
    await site.sql("UPDATE administration.settings SET report_title = 'Ville de Neuville'")
    return await site.client()


async def generated_record(client: Client, **fields: Any) -> tuple[RecordGenerated, bytes]:
    """Make a record, and fetch its file."""
    generated = await client.send(GenerateRecord(report_id=uuid7(), **fields))
    file = b"".join([part async for part in client.download(DownloadSummary(report_id=generated.report_id))])
    assert sha256(file).hexdigest() == generated.sha256
    return generated, file


def data_of(file: bytes) -> RecordData:
    """Return the data that is attached to a record."""
    [attached] = PdfReader(io.BytesIO(file)).attachments["record.json"]
    return RecordData.model_validate(json.loads(attached), strict=False)


def text_of(file: bytes) -> str:
    """Return the text of all pages, with single spaces."""
    pages = PdfReader(io.BytesIO(file)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\u200b", "").split())


async def test_a_record_is_made_of_the_configuration(client: Client) -> None:
    """It is signed, has the names and times of the site, and is listed, fetched and deleted like a summary."""
    generated, file = await generated_record(client)
    assert verify(file, shared().fingerprint).verified
    assert generated.complete
    assert generated.missing == []
    assert "Projects: 7 days" in text_of(file)
    assert [section.is_blank for section in data_of(file).sections].count(True) == 7
    [listed] = (await client.ask(ListSummaries(report_id=generated.report_id))).items
    assert listed.content == SummaryContent.RECORD
    assert listed.pages == generated.pages
    assert listed.created is None
    await client.send(DeleteSummary(report_id=generated.report_id))
    assert (await client.ask(ListSummaries())).items == []


@pytest.mark.usefixtures("client")
async def test_a_record_lacks_what_its_author_may_not_see(site: Site) -> None:
    """Parts of the configuration that are hidden from its author are not in it, and it says so."""
    await site.grant("clerk", {Node.PROJECTS: "view", Node.REPORTS: "manage"})
    generated, file = await generated_record(await site.client("clerk"))
    assert not generated.complete
    assert generated.missing == ["settings", "policies", "roles"]
    assert "Not shown to the person who generated the record: settings, policies, roles" in text_of(file)
    assert "7 days" not in text_of(file)


@pytest.mark.usefixtures("client")
async def test_a_record_is_fetched_with_the_permissions_of_now(site: Site) -> None:
    """Whoever lost the right to see the roles cannot fetch a record that shows them."""
    rights: dict[Node, Any] = {Node.PROJECTS: "view", Node.REPORTS: "manage"}
    await site.grant("clerk", {**rights, Node.ROLES: "view"})
    clerk = await site.client("clerk")
    generated, _ = await generated_record(clerk)
    assert generated.missing == ["settings", "policies"]
    await site.grant("clerk", rights)
    refused = await refusal_of(clerk.ask(DownloadSummary(report_id=generated.report_id)))
    assert refused.code == Code.NOT_AVAILABLE
    assert refused.details["nodes"] == [Node.ROLES]


async def test_a_record_is_refused_with_the_field(client: Client) -> None:
    """An id that is in use and an unknown time zone are named."""
    generated, _ = await generated_record(client)
    again = GenerateRecord(report_id=generated.report_id)
    assert (await refusal_of(client.send(again))).details["fields"][0]["kind"] == "id_taken"
    elsewhere = GenerateRecord(report_id=uuid7(), timezone="Europe/Atlantis")
    assert (await refusal_of(client.send(elsewhere))).details["fields"][0]["field"] == "timezone"


@pytest.mark.parametrize("language, title", [("en", "Record of processing"), ("fr", "Registre des activités")])
def test_the_pages_say_what_the_data_say(language: str, title: str) -> None:
    """Every section is on the pages, in its language, as a heading with a list; the bytes are the same."""
    data, printer = record(language), RecordPrinter()
    printed = printer.print(data)
    text = "".join(text_of(printed.pdf).split())
    lines = [line for section in data.sections for line in (section.heading, *section.lines)]
    assert [line for line in lines if "".join(line.split()) not in text] == []
    assert title in text_of(printed.pdf)
    assert printer.print(record(language)).pdf == printed.pdf
    root: Any = PdfReader(io.BytesIO(printed.pdf)).root_object
    kinds = [element["/S"] for element in elements(root["/StructTreeRoot"]["/K"])]
    assert kinds.count("/H1") == len(data.sections) + 1
    assert kinds.count("/L") == 4


def test_a_bare_record_has_its_blanks() -> None:
    """A record of which its author may see nothing still has each heading, and names what is missing."""
    text = text_of(RecordPrinter().print(record("fr", BARE)).pdf)
    missing = "Non communiqué à la personne qui a établi le registre, faute de permission"
    assert f"{missing} : paramètres, règles, définitions, rôles" in text
    assert text.count("à compléter par l'organisme") == 7
