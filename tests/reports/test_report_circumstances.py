"""What a report shows besides the document of its project, from the database to the PDF."""

import io
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from pypdf import PdfReader

from contracts.administration import ChangeSettings
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject
from contracts.projects.exports import ExportProject
from contracts.projects.parts import AddComment, DeleteComment, EditComment
from contracts.properties import AddType
from contracts.reports import DownloadReport, GenerateReport
from contracts.retention import HoldProject
from incidents import Client, Refused
from tests.reports.readers import text_of
from tests.support import Site
from workers.reports import domain

REASON = "The police asked for it."
FIRST, SECOND = "The bag was red.", "The bag was blue."


class Scene(NamedTuple):
    """A site, its administrator, and a project."""

    site: Site
    admin: Client
    project_id: UUID

    async def report(self, client: Client | None = None, **choices: Any) -> tuple[UUID, bytes]:
        """Generate and download a report; return its id and its bytes."""
        author = client or self.admin
        report_id = uuid7()
        await author.send(GenerateReport(report_id=report_id, project_id=self.project_id, **choices))
        return report_id, b"".join([part async for part in author.download(DownloadReport(report_id=report_id))])

    async def add_comment(self, text: str, *wordings: str) -> UUID:
        """Add a comment, and edit it as often as there are other wordings."""
        comment_id = uuid7()
        named: dict[str, Any] = {"project_id": self.project_id, "comment_id": comment_id}
        await self.admin.send(AddComment(**named, text=text))
        for wording in wordings:
            await self.admin.send(EditComment(**named, text=wording))
        return comment_id


@pytest.fixture
async def scene(site: Site) -> Scene:
    """A project at a site whose workers make, hold and export projects."""
    await site.workers("projects", "reports", "retention", "administration")
    admin = await site.client()
    project_id = uuid7()
    added = await admin.send(AddType(name="Lost property"))
    await admin.send(CreateProject(project_id=project_id, description="A bag was left at gate 4.", type_id=added.id))
    return Scene(site, admin, project_id)


async def test_what_comments_said_before_is_in_a_report(scene: Scene) -> None:
    """A report shows the earlier wordings of comments, and that one was deleted, but not what it said."""
    await scene.add_comment(FIRST, SECOND)
    comment_id = await scene.add_comment("Never mind.", "Forget it.")
    await scene.admin.send(DeleteComment(project_id=scene.project_id, comment_id=comment_id))
    text = text_of((await scene.report())[1])
    assert text.index(SECOND) < text.index("Wording until") < text.index(FIRST)
    assert "Deleted comments: 1" in text
    assert not [wording for wording in ("Never mind.", "Forget it.") if wording in text]


async def test_long_wordings_are_counted(scene: Scene) -> None:
    """The newest wordings are in a report as far as there is room; it says how many others there are."""
    await scene.add_comment(*(f"Wording number {number}." for number in range(4)))
    parameters = {"p": scene.project_id, "bytes": len("Wording number 1.") * 2}
    statement = "SELECT text FROM published.comment_changes(:p, 9, :bytes)"
    rows = await scene.site.sql(statement, **parameters)
    assert [row.text for row in rows] == [None, "Wording number 1.", "Wording number 2."]
    assert domain.WORDINGS_MAX == 200
    assert domain.WORDINGS_BYTES_MAX == 200_000


async def test_a_hold_and_other_files_are_in_a_report(scene: Scene) -> None:
    """A report shows the hold of its project, earlier reports and exports, and its own origin."""
    until = datetime(2099, 3, 1, 9, tzinfo=UTC)
    await scene.admin.send(HoldProject(project_id=scene.project_id, reason=REASON, until=until, reference="2026-118"))
    await scene.admin.send(ExportProject(project_id=scene.project_id))
    [(package_id,)] = await scene.site.sql("SELECT package_id FROM projects.package")
    earlier, _ = await scene.report()
    text = text_of((await scene.report(show_user_names=True))[1])
    assert f"Reason {REASON} Reference 2026-118 In force since" in text
    assert "In force until 01/03/2099 09:00:00" in text
    assert "Placed by admin" in text
    assert f"+00:00 by admin {earlier}" in text
    assert f"+00:00 by admin {package_id}" in text
    assert f"Site {scene.site.name} Software Incident Manager " in text


async def test_a_report_shows_no_more_than_its_author_may_see(scene: Scene) -> None:
    """Without their permissions, holds, exports and the names of withheld values are neither printed nor attached."""
    await scene.admin.send(HoldProject(project_id=scene.project_id, reason=REASON))
    await scene.admin.send(ExportProject(project_id=scene.project_id))
    await scene.add_comment(FIRST, SECOND)
    await scene.site.grant("clerk", {Node.PROJECTS: "view", Node.REPORTS: "manage"})
    _, pdf = await scene.report(await scene.site.client("clerk"))
    text = text_of(pdf)
    assert not [secret for secret in (REASON, FIRST, "Legal hold", "Exports") if secret in text]
    data = json.loads(PdfReader(io.BytesIO(pdf)).attachments["incident.json"][0])
    assert data["project"]["labels"] == {}
    assert data["project"]["hold"] is None
    assert data["exports"] == []
    assert data["comment_revisions"] == []


async def test_the_hold_of_a_report_needs_its_permission(scene: Scene) -> None:
    """A report that shows a hold is for those who may see holds; without a hold it is for more."""
    nodes = (Node.REPORTS, Node.MAIN_DETAILS, Node.CATEGORIES, Node.COMMENTS, Node.CALLS, Node.SEQUENCES)
    await scene.site.grant("guard", dict.fromkeys((Node.PROJECTS, *nodes), "view"))
    guard = await scene.site.client("guard")
    before, _ = await scene.report()
    await scene.admin.send(HoldProject(project_id=scene.project_id, reason=REASON))
    after, _ = await scene.report()
    assert (await guard.ask(DownloadReport(report_id=before))).startswith(b"%PDF")
    with pytest.raises(Refused) as refusal:
        await guard.ask(DownloadReport(report_id=after))
    assert refusal.value.code == Code.NOT_AVAILABLE
    assert refusal.value.details["nodes"] == [Node.RETENTION]


async def test_the_organisation_marks_its_reports(scene: Scene) -> None:
    """The settings give each report a line of confidentiality, and lines to sign on."""
    signatories = ["Head of security", "Author"]
    await scene.admin.send(ChangeSettings(report_confidentiality="For the police only", report_signatories=signatories))
    text = text_of((await scene.report())[1])
    assert text.startswith("For the police only")
    assert "Head of security Name Place and date Signature Author Name" in text
