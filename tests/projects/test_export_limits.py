"""Packages that are larger than the memory of the process that packs them."""

import pytest

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.projects.exports import ExportProject
from incidents.evidence.verification import verify
from tests.projects.packages import fetch
from tests.support import Site

pytestmark = pytest.mark.usefixtures("reports")

COMMENTS = """
    INSERT INTO projects.comment (project_id, comment_id, text, created_by, created_at)
    SELECT :project, gen_random_uuid(), repeat('Seen. ', 3000), 'admin', now() FROM generate_series(1, 1000)
"""


async def test_a_package_is_larger_than_the_memory_of_its_child(site: Site) -> None:
    """Files of 36 MB are packed in a child that has 24 MB: it never has all of them."""
    running = await site.worker("projects", child_memory_bytes=24_000_000)
    client, project_id = await site.client(), uuid7()
    await client.send(CreateProject(project_id=project_id))
    await site.sql(COMMENTS, project=project_id)
    package = (await client.send(ExportProject(project_id=project_id))).package
    assert sum(entry.bytes for entry in package.entries) > 36_000_000
    assert verify(await fetch(client, package)).verified
    assert running.delivery.counters.dead == 0
    assert running.children.deaths == 0
