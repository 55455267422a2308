"""Two sites side by side: each with its own keys, servers and projects."""

from typing import Any

import pytest

from contracts.administration import ChangeSettings
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Query
from contracts.projects.commands import CreateProject
from contracts.projects.parts import AddComment
from contracts.projects.queries import GetProject, ListProjects
from incidents import Client, Refused, UnreachableError, connect
from tests.projects.helpers import sequence
from tests.support import Site


async def code(client: Client, asking: Query[Any] | AddComment) -> Code:
    """Return why a command or a query was refused."""
    with pytest.raises(Refused) as refusal:
        await (client.send(asking) if isinstance(asking, AddComment) else client.ask(asking))
    return refusal.value.code


async def test_a_project_is_available_on_its_own_site_alone(site: Site, elsewhere: Site) -> None:
    """A child site neither lists nor opens nor changes its parent's project, though it has its sequence (FED-04)."""
    for each_site in (site, elsewhere):
        await each_site.workers("projects", "administration")
    here, other = await site.client(), await elsewhere.client()
    await here.send(ChangeSettings(child_sites=["elsewhere"]))
    recorded = sequence().model_copy(update={"site": "elsewhere"})
    project_id = (await here.send(CreateProject(project_id=uuid7(), sequences=[recorded]))).project_id
    assert [project.project_id for project in (await here.ask(ListProjects())).items] == [project_id]
    assert (await other.ask(ListProjects())).items == []
    assert await code(other, GetProject(project_id=project_id)) is Code.GONE
    assert await code(other, AddComment(project_id=project_id, comment_id=uuid7(), text="Seen.")) is Code.GONE
    own = await other.send(CreateProject(project_id=uuid7()))
    assert own.number == 1
    assert [project.project_id for project in (await here.ask(ListProjects())).items] == [project_id]


async def test_credentials_count_on_their_own_site_alone(site: Site, elsewhere: Site) -> None:
    """An administrator of one site does not get into the other, nor past the own one by its name (FED-04, FED-05)."""
    await site.worker("projects")
    with pytest.raises(UnreachableError):
        async with connect(site.url, elsewhere.credentials("admin"), site="main"):
            pass
    async with connect(elsewhere.url, elsewhere.credentials("admin"), site="main", seconds=1) as stranger:
        assert await code(stranger, ListProjects()) in {Code.NOT_AVAILABLE, Code.UNAVAILABLE}
