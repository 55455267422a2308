"""The erasure journal and redactions: a restored database forgets texts again."""

from functools import partial
from pathlib import Path
from uuid import UUID

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, UpdateProject
from contracts.projects.parts import AddComment
from contracts.projects.queries import GetProject
from contracts.projects.redaction import RedactProject
from incidents import Client
from tests.privacy.restored import copied, restored
from tests.privacy.test_erasure_journal import recorded
from tests.projects.test_redaction import tables_with
from tests.support import Site, eventually
from workers.local.run_worker import slice_of
from workers.runtime.process.assembly import run_here

RIGHT = "Somebody fell."


async def described(client: Client, *descriptions: str) -> UUID:
    """Create a project, and change its description."""
    project_id = uuid7()
    await client.send(CreateProject(project_id=project_id, description="Zorbax fell."))
    for description in descriptions:
        await client.send(UpdateProject(project_id=project_id, description=description))
    return project_id


async def redact_past(client: Client, project_id: UUID) -> None:
    """Redact what a description said before."""
    command = RedactProject(project_id=project_id, field="description", earlier_only=True, reason="wrong person")
    await client.send(command)


async def has_kinds(site: Site, folder: Path) -> bool:
    """Tell whether the journal has the redactions of the test."""
    kinds = [entry.kind for entry in recorded(site, folder)]
    return kinds == ["begun", *["corrected:description"] * 3, "redacted:comment", "corrected:description"]


async def test_a_restored_database_redacts_again(site: Site, tmp_path: Path) -> None:
    """No word comes back; a correction that the backup has stays, and one that it lacks leaves no text."""
    folder, comment_id = tmp_path / "erasures", uuid7()
    async with run_here(slice_of("projects"), site.settings("projects", erasures=folder)):
        client = await site.client()
        noted, corrected, later = (
            await described(client, RIGHT),
            await described(client, RIGHT),
            await described(client),
        )
        await client.send(AddComment(project_id=noted, comment_id=comment_id, text="Zorbax saw it."))
    older = await copied(site)
    async with run_here(slice_of("projects"), site.settings("projects", erasures=folder)):
        await client.send(UpdateProject(project_id=later, description=RIGHT))
        for project_id in (noted, corrected, later):
            await redact_past(client, project_id)
        await client.send(RedactProject(project_id=noted, field="comment", part_id=comment_id, reason="Article 17"))
        await redact_past(client, new := await described(client, RIGHT))
        await eventually(partial(has_kinds, site, folder))
    async with restored(site, older) as back:
        await back.worker("projects", erasures=folder)
        assert await tables_with(back, "zorbax") == []
        client = await back.client()
        texts = {
            each: (await client.ask(GetProject(project_id=each))).description for each in (noted, corrected, later)
        }
        assert texts == {noted: RIGHT, corrected: RIGHT, later: ""}
        [comment] = (await client.ask(GetProject(project_id=noted))).comments or []
        assert comment.text == ""
        assert await back.sql("SELECT FROM projects.project WHERE id = :id", id=new) == []
