"""Reports of what should not be typeset: each ends as a report or a refusal, and costs only itself."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import psutil
import pytest

from contracts.administration import ChangeSettings
from contracts.errors import Code, Error, Refusal
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject
from contracts.projects.parts import AddComment
from contracts.reports import DownloadReport, GenerateReport, ReportGenerated
from incidents import Client, Refused
from tests.reports.readers import text_of
from tests.reports.rendering_samples import Renderer, squeezed, words
from tests.reports.test_columns import everywhere
from tests.support import Site, eventually
from workers.reports import domain
from workers.reports.row_types import ProjectSizeRow
from workers.runtime.process.running_components import RunningComponents

PANIC = "\u05e9\u20e3\u200d"
"""A Hebrew letter, an enclosing mark, a joiner: the typesetter panics at them."""

COMMENTS = """
    INSERT INTO projects.comment (project_id, comment_id, text, created_by, created_at)
    SELECT :project, gen_random_uuid(), repeat(:text, :times), 'admin', now() FROM generate_series(1, :comments)
"""


async def project(site: Site, client: Client, text: str = "", times: int = 1, comments: int = 0) -> UUID:
    """Make a project with comments, written at once."""
    command = CreateProject(project_id=uuid7(), description="A bag was left at gate 4.")
    await client.send(command)
    await site.sql(COMMENTS, project=command.project_id, text=text, times=times, comments=comments)
    return command.project_id


async def report(client: Client, project_id: UUID) -> ReportGenerated:
    """Ask for a report."""
    return await client.send(GenerateReport(report_id=uuid7(), project_id=project_id))


async def refusal_of(client: Client, project_id: UUID) -> Error:
    """Ask for a report that is not possible, and return what was said."""
    with pytest.raises(Refused) as refusal:
        await report(client, project_id)
    return refusal.value.error


async def report_text(client: Client, generated: ReportGenerated) -> str:
    """Fetch a report and read it."""
    download = DownloadReport(report_id=generated.report_id)
    pdf = b"".join([part async for part in client.download(download)])
    return squeezed(text_of(pdf))


def child(running: RunningComponents) -> psutil.Process:
    """Return the one child process of a worker."""
    [pid] = running.children.pids
    return psutil.Process(pid)


def working(running: RunningComponents) -> Callable[[], Awaitable[bool]]:
    """Return what tells that a child has been given a job."""

    async def works() -> bool:
        return running.children.busy == 1

    return works


@pytest.mark.parametrize("text", [PANIC, f"\u05e9\u05dc {PANIC}", f"e\u20e3\u200d{PANIC * 3}"])
def test_what_breaks_the_typesetter_is_spelled_out_everywhere(text: str) -> None:
    """A title, the name of a type or a camera, a description, a comment: wherever it is, the rest is printed."""
    extracted = words(Renderer().render(everywhere(text)))
    assert extracted.count("U+20E3") >= 15
    assert "Duration" in extracted


@pytest.mark.parametrize("place", ["comment", "report_title"])
async def test_a_text_that_breaks_the_typesetter_is_spelled_out(site: Site, place: str) -> None:
    """The report is made, the sign in question is named, and later reports are made as if nothing had happened."""
    await site.workers("projects", "reports", "administration")
    client = await site.client()
    project_id = await project(site, client)
    if place == "comment":
        await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text=f"\u05e9\u05dc {PANIC}"))
    else:
        await client.send(ChangeSettings(report_title=PANIC))
    outcome = await report_text(client, await report(client, project_id))
    assert "U+20E3" in outcome
    assert "Abagwasleftatgate4." in outcome
    assert (await report(client, await project(site, client))).pages == 1


async def test_a_report_of_too_many_entries_is_refused_unread(site: Site) -> None:
    """The refusal says how many there are, how many may be, and what to do instead; no child is started for it."""
    await site.worker("projects")
    running = await site.worker("reports")
    client = await site.client()
    project_id = await project(site, client, "x", 1, domain.ENTRIES_MAX + 1)
    error = await refusal_of(client, project_id)
    details = {"unit": "entries", "size": domain.ENTRIES_MAX + 1, "limit": domain.ENTRIES_MAX}
    [field] = error.details["fields"]
    assert error.code == Code.INVALID
    assert error.retryable is False
    assert "later" not in error.message
    assert field == {"field": "project_id", "kind": "report_too_large", "reason": field["reason"], **details}
    assert "export" in field["reason"]
    assert running.children.pids == []


def test_the_largest_project_is_not_refused() -> None:
    """Exactly as much as the limit is not too much."""
    size: ProjectSizeRow = {
        "project_id": uuid7(),
        "details_bytes": 0,
        "comments": domain.ENTRIES_MAX,
        "comments_bytes": domain.TEXT_BYTES_MAX,
        "calls": 0,
        "calls_bytes": 0,
        "sequences": 0,
        "sequences_bytes": 0,
    }
    domain.require_report_size(size, [])
    with pytest.raises(Refusal):
        domain.require_report_size({**size, "sequences_bytes": 1}, [])


async def test_fifty_megabytes_are_refused_unread(site: Site) -> None:
    """A project with more text than a report holds costs its reader no memory."""
    await site.worker("projects")
    running = await site.worker("reports")
    client = await site.client("admin", "fr")
    project_id = await project(site, client, "Seen. ", 2_000, 4_200)
    here, before = psutil.Process(), psutil.Process().memory_info().rss
    [field] = (await refusal_of(client, project_id)).details["fields"]
    assert field["unit"] == "bytes"
    assert field["limit"] == domain.TEXT_BYTES_MAX
    assert field["size"] > 50_000_000
    assert here.memory_info().rss - before < 20_000_000
    assert running.children.pids == []


async def test_what_is_withheld_does_not_count(site: Site) -> None:
    """A principal who may not see the comments gets the report of the rest, however many they are."""
    await site.workers("projects", "reports")
    project_id = await project(site, await site.client(), "x", 1, domain.ENTRIES_MAX + 1)
    await site.grant("clerk", {Node.PROJECTS: "view", Node.REPORTS: "manage"})
    generated = await report(await site.client("clerk"), project_id)
    assert "comments" in generated.missing


async def test_a_report_that_needs_too_much_memory_is_refused(site: Site) -> None:
    """The child dies of its limit, the refusal names it, and the next report is made."""
    await site.worker("projects")
    running = await site.worker("reports", child_memory_bytes=80_000_000)
    client = await site.client()
    [field] = (await refusal_of(client, await project(site, client, "\u0001", 1_000, 300))).details["fields"]
    assert field["kind"] == "report_needs_memory"
    assert field["unit"] == "bytes"
    assert field["limit"] == 80_000_000
    assert "export" in field["reason"]
    assert (await report(client, await project(site, client))).pages == 1
    assert running.delivery.counters.dead == 0
    assert running.delivery.counters.retried == 0


async def test_a_report_that_takes_too_long_is_refused(site: Site) -> None:
    """A child that does not answer is taken away, the refusal names the time, and the next report is made."""
    await site.worker("projects")
    running = await site.worker("reports", child_seconds=1)
    client = await site.client()
    project_id = await project(site, client)
    await report(client, project_id)
    child(running).suspend()
    [field] = (await refusal_of(client, project_id)).details["fields"]
    assert field["kind"] == "report_needs_time"
    assert field["unit"] == "seconds"
    assert field["limit"] == 1
    assert (await report(client, project_id)).pages == 1


async def test_a_child_that_is_killed_costs_no_report(site: Site) -> None:
    """Where somebody else takes the child away, the report is made by another one."""
    await site.worker("projects")
    running = await site.worker("reports")
    client = await site.client()
    project_id = await project(site, client)
    await report(client, project_id)
    killed = child(running)
    killed.suspend()
    asking = asyncio.create_task(report(client, project_id))
    await eventually(working(running))
    killed.kill()
    assert (await asking).pages == 1
    assert running.children.deaths == 1
