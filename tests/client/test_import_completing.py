"""What an import left out is brought in later, and nothing is made twice or replaced."""

from pathlib import Path

import pytest

from contracts.projects.commands import UpdateProject
from contracts.projects.queries import ListProjects, ProjectRow
from incidents import Client
from tests.client.importing import Importing
from tests.support import Site

AT = "2009-05-17T08:30:00Z"
FIRST = f"number,created_by,created_at,Text,Case\n1,ann,{AT},Fell.,A-1\n2,ann,{AT},Slipped.,A-2\n3,ann,{AT},,\n"
MEANING = ("--column", "Text=description", "--column", "Case=reference")


@pytest.fixture
async def importing(site: Site, tmp_path: Path) -> Importing:
    """Import a file of which two columns mean nothing yet."""
    await site.workers("projects", "administration")
    importing = Importing(site, tmp_path)
    ended = await importing.text(FIRST, "--json")
    assert ended.json["ignored_columns"] == ["Case", "Text"]
    return importing


async def rows(client: Client) -> dict[int, ProjectRow]:
    """Return all projects by their numbers."""
    return {row.number: row for row in (await client.ask(ListProjects())).items}


STEPS: tuple[tuple[tuple[str, ...], int, list[int]], ...] = (
    ((), 0, [1, 1, 1]),
    (("--complete", "--dry-run"), 2, [1, 1, 1]),
    (("--complete",), 2, [2, 2, 1]),
    (("--complete",), 0, [2, 2, 1]),
)
"""Options, how many projects they complete, and the revisions of all projects afterwards."""


async def test_a_column_left_out_is_brought_in_later(importing: Importing) -> None:
    """Empty fields are filled, once; the file without the option changes nothing, and a dry run says both (RET-05)."""
    client = await importing.site.client()
    for options, completed, revisions in STEPS:
        ended = await importing.text(FIRST, *MEANING, *options, "--json")
        counted = [ended.json[name] for name in ("imported", "already_there", "completed", "refused")]
        assert ended.status == 0
        assert counted == [0, 3 - completed, completed, 0]
        assert [row.revision for _, row in sorted((await rows(client)).items())] == revisions
    texts = [(row.description, row.reference) for _, row in sorted((await rows(client)).items())]
    assert texts == [("Fell.", "A-1"), ("Slipped.", "A-2"), ("", None)]


async def test_what_has_a_value_keeps_it(importing: Importing) -> None:
    """A field that somebody filled here is not replaced by the file's, and a deleted project stays deleted."""
    client = await importing.site.client()
    first = (await rows(client))[1]
    await client.send(UpdateProject(project_id=first.project_id, description="Ours."))
    ended = await importing.text(FIRST, *MEANING, "--complete", "--json")
    stored_rows = await rows(client)
    assert ended.json["completed"] == 2
    assert stored_rows[1].description == "Ours."
    assert stored_rows[1].reference == "A-1"
    assert stored_rows[2].description == "Slipped."
    assert stored_rows[3].revision == 1
