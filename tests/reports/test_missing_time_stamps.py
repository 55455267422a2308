"""An authority that does not stamp the time of a file: the outcome says so, and the file says it, too."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.ids import uuid7
from contracts.report_batches import BatchForm, GenerateBatch, ListBatches
from contracts.report_register import GenerateRegister
from contracts.report_summaries import ListSummaries
from contracts.reports import GenerateReport, GetReport, ListReports
from incidents import Client
from tests.client.command_line import incidents
from tests.client.interactive import environment
from tests.evidence.pdf_sample import StampingAuthority, listening
from tests.reports import summary_site
from tests.reports.test_batches import projects
from tests.support import Site

NOWHERE = "http://127.0.0.1:9/stamps"


async def outcomes(client: Client) -> list[bool | None]:
    """Make a file of each kind, and return what the outcomes and the lists say of its time stamp."""
    ids = await projects(client, 2)
    report = await client.send(GenerateReport(report_id=uuid7(), project_id=ids[0]))
    batches = [await client.send(GenerateBatch(report_id=uuid7(), project_ids=ids, form=form)) for form in BatchForm]
    summary = await client.send(summary_site.march())
    register = await client.send(GenerateRegister(report_id=uuid7()))
    [listed] = (await client.ask(ListReports())).items
    listed_batches = (await client.ask(ListBatches())).items
    listed_summaries = (await client.ask(ListSummaries())).items
    described = await client.ask(GetReport(report_id=report.report_id))
    files: list[Any] = [report, *batches, summary, register, listed, described, *listed_batches, *listed_summaries]
    return [file.is_stamped for file in files]


async def test_no_authority_is_no_missing_stamp(site: Site) -> None:
    """A site that asks no authority says nothing of time stamps."""
    await site.workers("projects", "reports")
    assert set(await outcomes(await site.client())) == {None}


async def test_a_missing_stamp_is_in_the_outcome(site: Site) -> None:
    """Whatever is made while the authority does not answer says that it has no time stamp."""
    await site.workers("projects")
    await site.worker("reports", timestamp_url=NOWHERE, timestamp_seconds=0.5)
    assert set(await outcomes(await site.client())) == {False}


async def test_a_stamp_is_in_the_outcome(site: Site) -> None:
    """A file whose time was stamped says that it was."""
    await site.workers("projects")
    with listening(StampingAuthority()) as url:
        await site.worker("reports", timestamp_url=url, timestamp_seconds=10.0)
        assert set(await outcomes(await site.client())) == {True}


@pytest.mark.parametrize(
    "language, missing, verified",
    [
        ("en", "has no time stamp", "It has no time stamp"),
        ("fr", "n'a pas d'horodatage", "Il n'a pas d'horodatage"),
    ],
)
async def test_people_are_told(site: Site, tmp_path: Path, language: str, missing: str, verified: str) -> None:
    """The command line says it after each file, and `verify` of a file without a time stamp."""
    await site.workers("projects", "administration", "audit")
    await site.worker("reports", timestamp_url=NOWHERE, timestamp_seconds=0.5)
    await projects(await site.client(), 1)

    async def type_line(*line: str) -> Any:
        return await incidents(*line, "--lang", language, folder=tmp_path, environment=environment(site, "admin"))

    for line in (
        ("report", "1", "-o", "report.pdf"),
        ("reports", "batch", "1", "-o", "batch.pdf"),
        ("reports", "summary", "--last", "month", "-o", "summary.pdf"),
        ("disclosures", "-o", "register.pdf"),
    ):
        ended = await type_line(*line)
        assert (ended.status, missing in ended.out) == (0, True), ended.out + ended.err
    ended = await type_line("verify", "report.pdf")
    assert verified in ended.out
    assert "Stamped-At" not in json.loads((await type_line("verify", "report.pdf", "--json")).out)["facts"]
