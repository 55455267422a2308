"""An operator with a project."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

import pytest

from contracts.ids import uuid7
from contracts.message import Command
from contracts.projects.commands import CreateProject
from contracts.projects.queries import GetProject, ProjectDetails
from contracts.projects.recordings import Sequence
from incidents import Client, Refused
from tests.support import Site, eventually

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Operator:
    """Sends commands about one project and reads it back."""

    def __init__(self, site: Site, client: Client, project_id: UUID) -> None:
        """Keep what every test needs."""
        self.site = site
        self.client = client
        self.project_id = project_id
        self.send = client.send

    @classmethod
    async def start(cls, site: Site, client: Client) -> Self:
        """Create a project, and act on it."""
        project_id = uuid7()
        await client.send(CreateProject(project_id=project_id, description="A bag was left at gate 4."))
        return cls(site, client, project_id)

    async def project(self) -> ProjectDetails:
        """Read the project."""
        return await self.client.ask(GetProject(project_id=self.project_id))

    async def refusal(self, command: Command[Any]) -> Refused:
        """Send a command that must be refused, and return the refusal."""
        return await refusal_of(self.send(command))


def sequence(camera: str = "Gate 4") -> Sequence:
    """Return a recording of ten minutes."""
    return Sequence(
        sequence_id=uuid7(), camera_id="cam-4", camera_name=camera, start=NOON, end=NOON + timedelta(minutes=10)
    )


async def refusal_of(asking: Awaitable[Any]) -> Refused:
    """Return the refusal of a request that must be refused."""
    with pytest.raises(Refused) as refusal:
        await asking
    return refusal.value


async def activities_of(site: Site, activity: str) -> list[tuple[str, UUID]]:
    """Return actor and project of each record of an activity, once there is one."""

    async def recorded() -> list[Any]:
        return await site.sql("SELECT actor, project_id FROM audit.activity WHERE activity = :one", one=activity)

    return [(actor, project_id) for actor, project_id in await eventually(recorded)]
