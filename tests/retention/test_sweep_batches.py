"""A step of a sweep among other commands of one transaction."""

from datetime import UTC, datetime

import pytest

from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.permissions import EVERYTHING
from contracts.projects.commands import ExpireProjects, UpdateProject
from contracts.projects.parts import AddComment
from tests.retention.conftest import Fill
from tests.support import Site
from workers.projects.handlers.comments import add_comment
from workers.projects.handlers.expired_projects import expire_projects
from workers.projects.handlers.projects import update_project
from workers.projects.rows import ProjectRows
from workers.runtime.commands.unit_of_work import Unit


async def test_a_step_deletes_what_its_batch_has_changed(site: Site, fill: Fill) -> None:
    """A project that a batch changes and then expires is gone for the rest of the batch, and leaves nothing."""
    await site.worker("projects")
    (project_id,) = await fill(1, days=8)
    updating = UpdateProject(project_id=project_id, description="Late.")
    commenting = AddComment(project_id=project_id, comment_id=uuid7(), text="Early.")
    late = AddComment(project_id=project_id, comment_id=uuid7(), text="Too late.")
    expiring = ExpireProjects(sweep_id=uuid7(), chain=0, created_before=datetime.now(UTC), limit=10)
    async with site.engine.begin() as connection:
        rows = await ProjectRows.load(connection, [updating, commenting, expiring, late])
        (now,) = await site.sql("SELECT now()")
        unit = Unit(uuid7(), "system", now[0], rows, connection, grants=EVERYTHING)
        await update_project(updating, unit)
        await add_comment(commenting, unit)
        expired = await expire_projects(expiring, unit)
        with pytest.raises(Refusal) as refusal:
            await add_comment(late, unit)
        await rows.save(connection)
    assert (expired.project_ids, expired.numbers, expired.more) == ([project_id], [1], False)
    assert (refusal.value.code, refusal.value.details["expired"]) == (Code.GONE, True)
    tables = ("project", "comment", "search", "history")
    assert {name: await site.count(f"projects.{name}") for name in tables} == dict.fromkeys(tables, 0)
    assert await site.count("projects.tombstone") == 1
