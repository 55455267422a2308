"""What people did with a project, as its report lists it: whole, in words, and only for those who may see it."""

import io
import json
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from pypdf import PdfReader

from contracts.activity_words import ACTIVITY_WORDS
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject
from contracts.projects.parts import AddComment
from contracts.report_batches import DownloadBatch, GenerateBatch
from contracts.reports import DownloadReport, GenerateReport
from contracts.retention import HoldProject, ReleaseProject
from incidents import Client, Refused
from tests.reports.readers import text_of
from tests.reports.rendering_samples import EDITOR, START, Renderer, document, words
from tests.support import Site, eventually
from workers.reports import domain
from workers.reports.rendering.render_input import Activities, Activity

SECTIONS = (Node.MAIN_DETAILS, Node.CATEGORIES, Node.COMMENTS, Node.CALLS, Node.SEQUENCES)


class Scene(NamedTuple):
    """A site, its administrator, and a project with three activities."""

    site: Site
    admin: Client
    project_id: UUID

    async def report(self, client: Client | None = None, **choices: Any) -> tuple[UUID, bytes]:
        """Generate and download a report with its activity; return its id and its bytes."""
        author, report_id = client or self.admin, uuid7()
        command = GenerateReport(report_id=report_id, project_id=self.project_id, activity=True, **choices)
        await author.send(command)
        return report_id, b"".join([part async for part in author.download(DownloadReport(report_id=report_id))])

    async def member(self, name: str, *viewed: Node) -> Client:
        """Return somebody who may make reports, and see these things of a project."""
        levels: dict[Node, Any] = {**dict.fromkeys((Node.PROJECTS, *viewed), "view"), Node.REPORTS: "manage"}
        await self.site.grant(name, levels)
        return await self.site.client(name)


@pytest.fixture
async def scene(site: Site) -> Scene:
    """A project that was created, commented and held, as is recorded."""
    await site.workers("projects", "reports", "retention", "audit")
    admin, project_id = await site.client(), uuid7()
    await admin.send(CreateProject(project_id=project_id, description="A bag was left at gate 4."))
    await admin.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Nobody came."))
    await admin.send(HoldProject(project_id=project_id, reason="Lawsuit."))

    async def is_recorded() -> bool:
        return await site.count(f"audit.activity WHERE project_id = '{project_id}'") == 3

    await eventually(is_recorded)
    return Scene(site, admin, project_id)


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_report_lists_the_activity_in_words(scene: Scene, language: Any) -> None:
    """The newest activity is the first one, each with its time and its words in the language of the report."""
    text = text_of((await scene.report(language=language, show_user_names=True))[1])
    column = ("en", "fr").index(language)
    log = text[text.index(("Activity log", "Journal des activités")[column]) :]
    places = [log.index(ACTIVITY_WORDS[name][column]) for name in ("retention.held", "projects.created")]
    assert places[0] < log.index(ACTIVITY_WORDS["projects.comment-added"][column]) < places[1]
    assert " admin " in log[: places[1]]


async def test_names_are_shown_where_names_are_shown(scene: Scene) -> None:
    """Without user names the log says what was done, not by whom, on its pages and in its data."""
    _, pdf = await scene.report()
    assert "admin" not in text_of(pdf)
    data = json.loads(PdfReader(io.BytesIO(pdf)).attachments["incident.json"][0])
    assert [(entry["activity"], entry["by"]) for entry in data["activity"]] == [
        ("retention.held", ""),
        ("projects.comment-added", ""),
        ("projects.created", ""),
    ]


async def test_the_log_needs_its_permission(scene: Scene) -> None:
    """Who may not see activities gets no report with them, and cannot fetch one that somebody else made."""
    clerk = await scene.member("clerk", *SECTIONS, Node.RETENTION)
    report_id, _ = await scene.report()
    for message in (
        GenerateReport(report_id=uuid7(), project_id=scene.project_id, activity=True),
        GenerateBatch(report_id=uuid7(), project_ids=[scene.project_id], activity=True),
    ):
        with pytest.raises(Refused) as refusal:
            await clerk.send(message)
        assert refusal.value.code == Code.PERMISSION_DENIED
        assert refusal.value.details["nodes"] == [Node.ACTIVITY_LOGS]
    with pytest.raises(Refused) as refusal:
        await clerk.ask(DownloadReport(report_id=report_id))
    assert refusal.value.details["nodes"] == [Node.ACTIVITY_LOGS]


async def test_holds_are_left_out_of_the_log_of_others(scene: Scene) -> None:
    """Who may see activities but no holds is not told of one by the log, nor can fetch a log that tells."""
    guard = await scene.member("guard", *SECTIONS, Node.ACTIVITY_LOGS)
    report_id, pdf = await scene.report(guard)
    assert "comment added" in text_of(pdf)
    assert "hold placed" not in text_of(pdf)
    assert await scene.admin.ask(DownloadReport(report_id=report_id))
    await scene.admin.send(ReleaseProject(project_id=scene.project_id, reason="Settled."))
    whole, _ = await scene.report()
    with pytest.raises(Refused) as refusal:
        await guard.ask(DownloadReport(report_id=whole))
    assert refusal.value.details["nodes"] == [Node.RETENTION]


async def test_a_batch_lists_the_activity_of_each_project(scene: Scene) -> None:
    """A batch shows it in each report; its author must still be allowed to see activities when fetching it."""
    author, report_id = await scene.member("author", *SECTIONS, Node.ACTIVITY_LOGS), uuid7()
    await author.send(GenerateBatch(report_id=report_id, project_ids=[scene.project_id], activity=True))
    pdf = b"".join([part async for part in author.download(DownloadBatch(report_id=report_id))])
    assert "comment added" in text_of(pdf)
    await scene.site.grant("author", {Node.PROJECTS: "view", Node.REPORTS: "manage"})
    with pytest.raises(Refused) as refusal:
        await author.ask(DownloadBatch(report_id=report_id))
    assert refusal.value.details["nodes"] == [Node.ACTIVITY_LOGS]


async def test_a_report_without_it_says_nothing_of_it(scene: Scene) -> None:
    """The log is in a report only if it was asked for."""
    report_id = uuid7()
    await scene.admin.send(GenerateReport(report_id=report_id, project_id=scene.project_id))
    pdf = b"".join([part async for part in scene.admin.download(DownloadReport(report_id=report_id))])
    assert "Activity log" not in text_of(pdf)
    assert json.loads(PdfReader(io.BytesIO(pdf)).attachments["incident.json"][0])["activity"] is None


def test_a_long_log_is_counted() -> None:
    """The newest activities are listed; the report says how many others there are, or that there is none."""
    log = Activities((Activity(START, EDITOR, "projects.opened"),), 12_345)
    text = words(Renderer().render(document(activities=log, show_user_names=True)))
    assert f"Time By Activity 10/02/2022 09:33:33 +01:00 {EDITOR} project viewed" in text
    assert "Earlier activities that are not listed 12345" in text
    assert domain.ACTIVITIES_MAX == 500
    assert "No activity is recorded." in words(Renderer().render(document(activities=Activities(()))))


async def test_the_newest_are_listed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What exceeds the limit is counted, not read."""
    monkeypatch.setattr(domain, "ACTIVITIES_MAX", 2)
    data = json.loads(PdfReader(io.BytesIO((await scene.report())[1])).attachments["incident.json"][0])
    assert [entry["activity"] for entry in data["activity"]] == ["retention.held", "projects.comment-added"]
    assert data["unlisted_activities"] == 1
