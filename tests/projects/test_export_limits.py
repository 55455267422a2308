"""Packages that are too large for the process that makes them: refused, with the limit and the way out."""

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.projects.exports import ExportProject
from incidents import Refused
from tests.support import Site

pytestmark = pytest.mark.usefixtures("reports")

COMMENTS = """
    INSERT INTO projects.comment (project_id, comment_id, text, created_by, created_at)
    SELECT :project, gen_random_uuid(), repeat('Seen. ', 3000), 'admin', now() FROM generate_series(1, 1000)
"""


async def test_a_package_that_needs_too_much_memory_is_refused(site: Site) -> None:
    """The refusal names the limit; without the large section, the package is made."""
    running = await site.worker("projects", child_memory_bytes=24_000_000)
    client, project_id = await site.client(), uuid7()
    await client.send(CreateProject(project_id=project_id))
    await site.sql(COMMENTS, project=project_id)
    command = ExportProject(project_id=project_id)
    with pytest.raises(Refused) as refusal:
        await client.send(command)
    [field] = refusal.value.error.details["fields"]
    assert refusal.value.error.code == Code.INVALID
    assert refusal.value.error.retryable is False
    assert field["kind"] == "package_too_large"
    assert field["unit"] == "bytes"
    assert field["limit"] == 24_000_000
    response = await client.send(command.model_copy(update={"include": ["calls"]}))
    assert response.package.bytes > 0
    assert running.delivery.counters.dead == 0
