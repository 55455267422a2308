"""Reports from a project to the bytes of a PDF (REP-01 to REP-06, B5)."""

import hashlib
import io

import pytest
from pypdf import PdfReader

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.projects.parts import AddComment
from contracts.reports import DownloadReport, GenerateReport, GetReport, ListReports, RecordPrint
from incidents import Client, Refused
from tests.reports.readers import text_of
from tests.support import Site, eventually

SECRET = "Seen by the guard of the night."


@pytest.fixture
async def documented(site: Site) -> tuple[Client, GenerateReport]:
    """A project with a comment, and the command that asks for its report."""
    await site.workers("projects", "reports")
    client = await site.client()
    command = GenerateReport(report_id=uuid7(), project_id=uuid7())
    await client.send(CreateProject(project_id=command.project_id, description="A bag was left at gate 4."))
    await client.send(AddComment(project_id=command.project_id, comment_id=uuid7(), text=SECRET))
    return client, command


async def downloaded_text(client: Client, command: GenerateReport) -> str:
    """Download a report and return what its pages say."""
    pdf = b"".join([part async for part in client.download(DownloadReport(report_id=command.report_id))])
    return text_of(pdf)


async def test_a_report_is_generated_and_downloaded(documented: tuple[Client, GenerateReport]) -> None:
    """A report holds what the project says, and its bytes are those of the outcome (REP-01)."""
    client, command = documented
    generated = await client.send(command)
    pdf = b"".join([part async for part in client.download(DownloadReport(report_id=command.report_id))])
    assert len(pdf) == generated.bytes
    assert hashlib.sha256(pdf).hexdigest() == generated.sha256
    assert generated.complete is True
    assert generated.pages == 1
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert SECRET in await downloaded_text(client, command)


async def test_asking_again_is_the_same_report(documented: tuple[Client, GenerateReport]) -> None:
    """A report id means one report, however often it is asked for."""
    client, command = documented
    assert await client.send(command) == await client.send(command)
    assert len((await client.ask(ListReports(project_id=command.project_id))).items) == 1


async def test_a_report_id_is_taken_once(documented: tuple[Client, GenerateReport]) -> None:
    """A report of another project under the same id is refused, and not answered with the first one's."""
    client, command = documented
    await client.send(command)
    other = CreateProject(project_id=uuid7())
    await client.send(other)
    with pytest.raises(Refused) as refusal:
        await client.send(command.model_copy(update={"project_id": other.project_id}))
    assert refusal.value.error.code is Code.CONFLICT
    assert refusal.value.error.details["fields"][0]["field"] == "report_id"


async def test_parts_make_the_whole(documented: tuple[Client, GenerateReport]) -> None:
    """Any offset and length return just those bytes, also across the stored parts."""
    client, command = documented
    await client.send(command)
    whole = await client.ask(DownloadReport(report_id=command.report_id))
    middle = await client.ask(DownloadReport(report_id=command.report_id, offset=1_000, length=500))
    beyond = await client.ask(DownloadReport(report_id=command.report_id, offset=10_000_000))
    assert middle == whole[1_000:1_500]
    assert beyond == b""


async def test_a_report_leaves_out_what_the_caller_may_not_see(
    site: Site, documented: tuple[Client, GenerateReport]
) -> None:
    """A section without permission is not in the report, and the outcome and the pages say so (MSG-09, REP-05)."""
    _, command = documented
    await site.grant("clerk", {Node.PROJECTS: "view", Node.REPORTS: "manage"})
    clerk = await site.client("clerk")
    generated = await clerk.send(command)
    assert generated.complete is False
    assert "comments" in generated.missing
    text = await downloaded_text(clerk, command)
    assert SECRET not in text
    assert "The report was generated but does not include all information." in text


async def test_names_need_their_permission(site: Site, documented: tuple[Client, GenerateReport]) -> None:
    """Asking for user names needs a permission of its own (B5)."""
    _, command = documented
    await site.grant("clerk", {Node.PROJECTS: "view", Node.REPORTS: "manage"})
    clerk = await site.client("clerk")
    with pytest.raises(Refused) as refusal:
        await clerk.send(command.model_copy(update={"show_user_names": True}))
    assert refusal.value.error.details["nodes"] == ["incident-projects/user-names"]


async def test_the_bytes_of_a_report_need_what_they_tell(site: Site, documented: tuple[Client, GenerateReport]) -> None:
    """Who may not see what a report of somebody else tells, may know that it is there, and not fetch it (PERM-13)."""
    admin, command = documented
    await admin.send(command.model_copy(update={"show_user_names": True}))
    nodes = (Node.REPORTS, Node.MAIN_DETAILS, Node.CATEGORIES, Node.COMMENTS, Node.CALLS, Node.SEQUENCES)
    permissions = dict.fromkeys((Node.PROJECTS, *nodes), "view")
    await site.grant("clerk", permissions)
    await site.grant("chief", {**permissions, Node.USER_NAMES: "view"})
    clerk, chief = await site.client("clerk"), await site.client("chief")
    with pytest.raises(Refused) as refusal:
        await clerk.ask(DownloadReport(report_id=command.report_id))
    assert refusal.value.error.details["nodes"] == ["incident-projects/user-names"]
    assert (await clerk.ask(GetReport(report_id=command.report_id))).show_user_names
    assert (await chief.ask(DownloadReport(report_id=command.report_id))).startswith(b"%PDF")
    await site.grant("chief", {**permissions, Node.COMMENTS: "none"})
    with pytest.raises(Refused) as refusal:
        await chief.ask(DownloadReport(report_id=command.report_id))
    assert "incident-projects/comments" in refusal.value.error.details["nodes"]


async def test_a_report_of_a_deleted_project_is_refused(documented: tuple[Client, GenerateReport]) -> None:
    """A project that somebody deleted has no report, in the words of MSG-03 (REP-06, MSG-03)."""
    client, command = documented
    await client.send(DeleteProject(project_id=command.project_id))
    with pytest.raises(Refused) as refusal:
        await client.send(command)
    assert refusal.value.error.code is Code.GONE
    assert refusal.value.error.message == "Unable to generate the report. Try again later."


async def test_a_report_dies_with_its_project(site: Site, documented: tuple[Client, GenerateReport]) -> None:
    """No byte of a report is left when its project is deleted (RET-03)."""
    client, command = documented
    await client.send(command)
    await client.send(DeleteProject(project_id=command.project_id))
    assert await site.count("reports.report") == 0
    assert await site.count("reports.chunk") == 0
    with pytest.raises(Refused) as refusal:
        await client.ask(GetReport(report_id=command.report_id))
    assert refusal.value.error.code is Code.GONE


async def test_reports_of_a_deleted_project_are_gone(documented: tuple[Client, GenerateReport]) -> None:
    """The reports of a deleted project are refused with who deleted it, not listed as none."""
    client, command = documented
    await client.send(command)
    await client.send(DeleteProject(project_id=command.project_id))
    for project_id, known in ((command.project_id, True), (uuid7(), False)):
        with pytest.raises(Refused) as refusal:
            await client.ask(ListReports(project_id=project_id))
        assert refusal.value.code == Code.GONE
        assert refusal.value.details.get("deleted_by") == ("admin" if known else None)


async def test_a_print_is_recorded(site: Site, documented: tuple[Client, GenerateReport]) -> None:
    """Printing a report is an activity of its project (REP-04)."""
    client, command = documented
    await client.send(command)
    printed = await client.send(RecordPrint(report_id=command.report_id))
    assert printed.project_id == command.project_id

    async def published() -> bool:
        return not await site.count("runtime.unpublished")

    await eventually(published)
