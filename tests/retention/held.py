"""Somebody who may hold, and projects to be held."""

from typing import Any, Self
from uuid import UUID

from contracts.ids import uuid7
from contracts.message import Command
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.retention import HoldProject, ProjectHeld, ProjectReleased, ReleaseProject
from incidents import Client, Refused
from tests.projects.props import refused
from tests.support import Site


class Keeper:
    """Holds and releases projects as one principal."""

    def __init__(self, site: Site, client: Client) -> None:
        """Keep what every test needs."""
        self.site = site
        self.client = client

    @classmethod
    async def starting(cls, site: Site, *workers: str) -> Self:
        """Start the workers of projects and retention, and others that are named; the administrator holds."""
        await site.workers("projects", "retention", *workers)
        return cls(site, await site.client())

    async def project(self) -> UUID:
        """Open a project."""
        project_id = uuid7()
        await self.client.send(CreateProject(project_id=project_id))
        return project_id

    async def hold(self, project_id: UUID, reason: str = "A lawsuit.") -> ProjectHeld:
        """Place a hold."""
        return await self.client.send(HoldProject(project_id=project_id, reason=reason))

    async def release(self, project_id: UUID, reason: str = "It was settled.") -> ProjectReleased:
        """Release a hold."""
        return await self.client.send(ReleaseProject(project_id=project_id, reason=reason))

    async def held(self) -> UUID:
        """Open a project and hold it."""
        project_id = await self.project()
        await self.hold(project_id)
        return project_id

    async def delete(self, project_id: UUID) -> None:
        """Delete a project."""
        await self.client.send(DeleteProject(project_id=project_id))

    async def refusal(self, command: Command[Any]) -> Refused:
        """Send a command that must be refused, and return the refusal."""
        return await refused(self.client.send(command))


async def colleague(site: Site, principal: str, **levels: str) -> Client:
    """Connect somebody who has these permissions and manages projects."""
    await site.grant(principal, incident_projects="manage", **levels)
    return await site.client(principal)
