"""A principal who holds and releases projects."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID

from contracts.ids import uuid7
from contracts.message import Command
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.retention import HoldProject, ProjectHeld, ProjectReleased, ReleaseProject
from incidents import Client, Refused
from tests.projects.helpers import refusal_of
from tests.retention.conftest import EventsByKind
from tests.support import Site, eventually


class Holder:
    """Holds and releases projects as one principal."""

    def __init__(self, site: Site, client: Client) -> None:
        """Keep what every test needs."""
        self.site = site
        self.client = client

    @classmethod
    async def start(cls, site: Site, *workers: str) -> Self:
        """Start projects, retention and the named workers, and act as the administrator."""
        await site.workers("projects", "retention", *workers)
        return cls(site, await site.client())

    async def create_project(self, project_id: UUID | None = None) -> UUID:
        """Create a project."""
        project_id = project_id or uuid7()
        await self.client.send(CreateProject(project_id=project_id))
        return project_id

    async def hold(self, project_id: UUID, reason: str = "A lawsuit.") -> ProjectHeld:
        """Place a hold."""
        return await self.client.send(HoldProject(project_id=project_id, reason=reason))

    async def release(self, project_id: UUID, reason: str = "It was settled.") -> ProjectReleased:
        """Release a hold."""
        return await self.client.send(ReleaseProject(project_id=project_id, reason=reason))

    async def create_held_project(self) -> UUID:
        """Create a project and hold it."""
        project_id = await self.create_project()
        await self.hold(project_id)
        return project_id

    async def delete(self, project_id: UUID) -> None:
        """Delete a project."""
        await self.client.send(DeleteProject(project_id=project_id))

    async def refusal(self, command: Command[Any]) -> Refused:
        """Send a command that must be refused, and return the refusal."""
        return await refusal_of(self.client.send(command))


async def events_of(happened: EventsByKind, subject: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait for so many events of a subject."""

    async def arrived() -> list[dict[str, Any]]:
        events = happened.get(subject, [])
        return events if len(events) >= count else []

    return await eventually(arrived)


async def connect_manager(site: Site, principal: str, permissions: Mapping[Node, str] = MappingProxyType({})) -> Client:
    """Connect a principal with these permissions who manages projects."""
    await site.grant(principal, {Node.PROJECTS: "manage", **permissions})
    return await site.client(principal)
