"""The logo of reports, from the command of an administrator to the reports that are made later."""

import base64
import io
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.report_batches import DownloadBatch, GenerateBatch
from contracts.report_design import LOGO_BYTES_MAX, GetDesign, RemoveLogo, SetLogo
from contracts.reports import DownloadReport, GenerateReport
from incidents import Client, Refused
from tests.reports import summary_site
from tests.reports.picture_samples import CMYK, png
from tests.support import Site, eventually

ALT = "Coat of arms of Neuville"


@pytest.fixture
async def admin(site: Site) -> Client:
    """An administrator of a site whose workers make reports."""
    await site.workers("projects", "reports")
    return await site.client()


def logo(image: bytes, alt: str = ALT) -> SetLogo:
    """Make the command that sets a logo."""
    return SetLogo(image=base64.b64encode(image).decode(), alt=alt)


async def a_project(admin: Client) -> UUID:
    """Create a project."""
    project_id = uuid7()
    await admin.send(CreateProject(project_id=project_id, description="A bag was left at gate 4."))
    return project_id


async def report(admin: Client, project_id: UUID) -> bytes:
    """Generate and download a report."""
    report_id = uuid7()
    await admin.send(GenerateReport(report_id=report_id, project_id=project_id))
    return b"".join([part async for part in admin.download(DownloadReport(report_id=report_id))])


def pictures(pdf: bytes) -> list[int]:
    """Return how many pictures each page has."""
    return [len(page.images) for page in PdfReader(io.BytesIO(pdf)).pages]


async def test_later_reports_have_the_logo(admin: Client) -> None:
    """A logo is on reports that are made after it was set, until it is removed."""
    project_id = await a_project(admin)
    assert sum(pictures(await report(admin, project_id))) == 0
    event = await admin.send(logo(png(300, 100)))
    assert event.number == 1
    assert event.format == "png"
    assert event.width == 300
    assert event.height == 100
    assert event.alt == ALT
    assert pictures(await report(admin, project_id))[0] == 1
    await admin.send(RemoveLogo())
    assert sum(pictures(await report(admin, project_id))) == 0
    assert (await admin.ask(GetDesign())).logo is None


async def test_a_batch_has_the_logo(admin: Client) -> None:
    """The front page of a bound file has the logo, and so has each report in it."""
    ids = [await a_project(admin) for _ in range(2)]
    await admin.send(logo(png(300, 100, transparent=True)))
    report_id = uuid7()
    await admin.send(GenerateBatch(report_id=report_id, project_ids=ids))
    pdf = b"".join([part async for part in admin.download(DownloadBatch(report_id=report_id))])
    counts = pictures(pdf)
    assert counts[0] == 1
    assert sum(counts) == 3


async def test_the_logo_in_force_can_be_seen(admin: Client, site: Site) -> None:
    """The design says which logo is in force, who set it and when; setting it again changes nothing."""
    first = await admin.send(logo(png(20, 30)))
    again = await admin.send(logo(png(20, 30)))
    other = await admin.send(logo(png(20, 31)))
    assert first.number == 1
    assert again == first
    assert other.number == 2
    current = (await admin.ask(GetDesign())).logo
    assert current is not None
    assert current.sha256 == other.sha256
    assert current.set_by == "admin"
    assert current.number == 2
    assert current.bytes == len(png(20, 31))
    rows = await site.sql("SELECT count(*) FROM runtime.outbox WHERE messages LIKE '%reports.logo-set%'")
    assert rows[0][0] == 2


@pytest.mark.parametrize(
    "image, expected",
    [
        (b"<svg/>", {"kind": "logo_not_picture"}),
        (CMYK, {"kind": "logo_not_drawn"}),
        (png(3_000, 20), {"kind": "logo_size", "width": 3_000, "height": 20}),
        (bytes(LOGO_BYTES_MAX + 1), {"kind": "logo_too_large", "limit": LOGO_BYTES_MAX}),
    ],
    ids=["svg", "cmyk", "wide", "large"],
)
async def test_a_broken_logo_is_refused(admin: Client, image: bytes, expected: dict[str, Any]) -> None:
    """A picture that reports cannot have is refused with the field and the reason, and the former logo stays."""
    former = await admin.send(logo(png(20, 30)))
    with pytest.raises(Refused) as refusal:
        await admin.send(logo(image))
    [field] = refusal.value.details["fields"]
    assert refusal.value.code == Code.INVALID
    assert field["field"] == "image"
    assert expected.items() <= field.items()
    current = (await admin.ask(GetDesign())).logo
    assert current is not None
    assert current.sha256 == former.sha256


async def test_what_is_no_base64_is_refused(admin: Client) -> None:
    """A lane looks at nothing but the letters of a logo."""
    with pytest.raises(Refused) as refusal:
        await admin.send(SetLogo(image="abcde", alt=ALT))
    assert refusal.value.details["fields"][0]["kind"] == "not_base64"


async def test_one_logo_is_tried_at_a_time(admin: Client, site: Site) -> None:
    """While a logo is tried no other one is taken, and none is removed: the last command must be the one in force."""
    await site.sql(
        """
        INSERT INTO reports.design_request
        VALUES (gen_random_uuid(), 'admin', NULL, NULL, now(), 'en', 'logo', '', '{}')
        """
    )
    for command in (logo(png(20, 30)), RemoveLogo()):
        with pytest.raises(Refused) as refusal:
            await admin.send(command)
        assert refusal.value.details["fields"][0]["kind"] == "design_pending"


async def test_a_logo_needs_the_permission_when_it_is_tried(site: Site) -> None:
    """Whoever lost the permission for settings while the logo waited puts none into force."""
    await site.workers("reports")
    await site.sql(
        """
        INSERT INTO reports.design_request
        VALUES (gen_random_uuid(), 'clerk', NULL, NULL, now(), 'en', 'logo',
            decode(:image, 'base64'), '{"alt": "Arms"}')
        """,
        image=base64.b64encode(png(20, 30)).decode(),
    )

    async def is_done() -> bool:
        return not await site.sql("SELECT FROM reports.design_request")

    await eventually(is_done)
    assert await site.sql("SELECT FROM reports.design") == []


async def test_a_summary_has_the_logo(admin: Client, site: Site) -> None:
    """The first page of a summary has the logo, and each page the line of confidentiality."""
    await site.sql("UPDATE administration.settings SET report_confidentiality = 'Confidential: police only'")
    await admin.send(logo(png(300, 100)))
    pdf = await summary_site.fetch(admin, await admin.send(summary_site.march()))
    counts = pictures(pdf)
    assert counts[0] == 1
    assert sum(counts) == 1
    assert all("Confidential: police only" in page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
