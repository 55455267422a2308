"""An operator with one project in hand."""

from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

import pytest

from client import Client, Refused
from contracts.ids import uuid7
from contracts.message import Command
from contracts.project_queries import GetProject, ProjectDetails
from contracts.projects import CreateProject
from contracts.recordings import Sequence
from tests.support import Site

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
    async def starting(cls, site: Site, client: Client) -> Self:
        """Open a project and take it in hand."""
        project_id = uuid7()
        await client.send(CreateProject(project_id=project_id, description="A bag was left at gate 4."))
        return cls(site, client, project_id)

    async def project(self) -> ProjectDetails:
        """Read the project."""
        return await self.client.ask(GetProject(project_id=self.project_id))

    async def refusal(self, command: Command[Any]) -> Refused:
        """Send a command that must be refused, and return the refusal."""
        with pytest.raises(Refused) as refused:
            await self.send(command)
        return refused.value


def sequence(camera: str = "Gate 4") -> Sequence:
    """Return a recording of ten minutes."""
    return Sequence(
        sequence_id=uuid7(), camera_id="cam-4", camera_name=camera, start=NOON, end=NOON + timedelta(minutes=10)
    )
