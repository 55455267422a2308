"""Props of the tests of retention."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from nats.aio.msg import Msg

from contracts import subjects
from contracts.ids import uuid7
from contracts.projects.imports import ImportedProject, ImportProjects
from tests.support import Site

Fill = Callable[..., Awaitable[list[UUID]]]
EventsByKind = dict[str, list[dict[str, Any]]]


@pytest.fixture
async def happened(site: Site) -> EventsByKind:
    """Every event from now on, once, as it travels, with its actor, by subject."""
    results: EventsByKind = {}
    known: set[str] = set()

    async def on_event(message: Msg) -> None:
        headers = message.headers or {}
        if headers["ce-id"] in known:
            return
        known.add(headers["ce-id"])
        kind = headers["ce-type"].removeprefix("im.").removesuffix(".v1")
        results.setdefault(kind, []).append({**json.loads(message.data), "actor": headers["ce-actor"]})

    ops = await site.overseer()
    await ops.subscribe(subjects.event(site.name, "*.*", "*"), cb=on_event)
    await ops.flush()
    return results


@pytest.fixture
def fill(site: Site) -> Fill:
    """Take over projects that were created so many days ago; the projects worker must run."""
    numbers = iter(range(1, 1_000_000))

    async def created(count: int, *, days: float, exempt: bool = False) -> list[UUID]:
        created_at = datetime.now(UTC) - timedelta(days=days)
        projects = [
            ImportedProject(
                project_id=uuid7(),
                number=next(numbers),
                created_by="before",
                created_at=created_at,
                retention_exempt=exempt,
            )
            for _ in range(count)
        ]
        client = await site.client()
        for first in range(0, count, 200):
            await client.send(ImportProjects(projects=projects[first : first + 200]))
        return [project.project_id for project in projects]

    return created
