"""`incidents import`, typed against a whole site."""

from pathlib import Path
from typing import Any

from contracts.projects.queries import GetProject, ListProjects, ProjectDetails
from tests.client.command_line import CommandResult, incidents
from tests.support import Site

CASES = Path(__file__).parent / "cases"


class Importing:
    """Types imports of files in a folder of its own, and reads what came of them."""

    def __init__(self, site: Site | None, folder: Path) -> None:
        """Act as the administrator; without a site, where none is to be asked."""
        self.folder = folder
        self.environment: dict[str, Any] = {"INCIDENTS_DATA": folder / "none"}
        if site:
            self.site = site
            creds = site.credentials("admin")
            self.environment = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": creds}

    def write_file(self, name: str, content: str | bytes) -> Path:
        """Write a file."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    async def file(self, name: str, *line: object) -> CommandResult:
        """Import a file of the folder."""
        return await incidents("import", self.folder / name, *line, folder=self.folder, environment=self.environment)

    async def case(self, name: str, *line: object) -> CommandResult:
        """Import a case with its mapping, if it has one."""
        copy = self.write_file(name, (CASES / name).read_bytes())
        mapping = (CASES / name).with_suffix(".json")
        data = ("--mapping", self.write_file(mapping.name, mapping.read_bytes())) if mapping.exists() else ()
        return await self.file(copy.name, *data, *line)

    async def text(self, text: str | bytes, *line: object) -> CommandResult:
        """Import a text as CSV."""
        return await self.file(self.write_file("projects.csv", text).name, *line)

    async def all_projects(self) -> list[ProjectDetails]:
        """Return all projects, by number."""
        client = await self.site.client()
        rows = (await client.ask(ListProjects(sort="number", limit=500))).items
        return [await client.ask(GetProject(project_id=row.project_id)) for row in rows]
