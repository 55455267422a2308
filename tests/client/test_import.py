"""`incidents import`, typed against a whole site."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from contracts.projects.queries import ListProjects
from contracts.properties import AddType
from tests.client.command_line import CommandResult, incidents
from tests.support import Site

HEADER = "number,created_by,created_at,type_id,description\n"
AT = "2009-05-17T08:30:00Z"

Import = Callable[..., Awaitable[CommandResult]]


@pytest.fixture
async def imported(site: Site, tmp_path: Path) -> Import:
    """Type `incidents import` as the administrator."""
    await site.workers("projects", "administration")
    environment = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}

    async def run(text: str, *line: object, name: str = "projects.csv") -> CommandResult:
        (tmp_path / name).write_text(text)
        return await incidents("import", tmp_path / name, *line, folder=tmp_path, environment=environment)

    return run


async def test_a_file_is_taken_over_and_bad_rows_are_reported(site: Site, tmp_path: Path, imported: Import) -> None:
    """Every good row of a file is taken over, and every bad one told with its line and reason (RET-05)."""
    theft = (await (await site.client()).send(AddType(name="Theft"))).id
    rows = [f"1,ann,{AT},Theft,first", f"2,ann,{AT},Arson,", "3,ann,then,,", f"1,ann,{AT},,", f"5,ann,{AT},999,"]
    (tmp_path / "mapping.json").write_text(json.dumps({"types": {"Theft": theft}}))
    line = ("--mapping", tmp_path / "mapping.json", "--errors", tmp_path / "errors.csv")
    ended = await imported(HEADER + "\n".join([*rows, f"6,bob,{AT},,last"]), *line)
    assert ended.status == 1
    assert "2 imported, 0 already there, 4 refused" in ended.out
    text = (tmp_path / "errors.csv").read_text().splitlines()[1:]
    assert [row.split(",")[:6] for row in text] == [
        ["3", "2", "", "type", "type_id", "Arson"],
        ["4", "3", "", "creation time", "created_at", "then"],
        ["5", "1", "", "number", "number", "1"],
        ["6", "5", "", "type", "type_id", "999"],
    ]
    items = (await (await site.client()).ask(ListProjects())).items
    assert {(project.number, project.created_by, project.type_id, project.imported) for project in items} == {
        (1, "ann", theft, True),
        (6, "bob", None, True),
    }


async def test_a_file_again_changes_nothing(imported: Import) -> None:
    """Importing again finds every project there, also after more rows were added (RET-05)."""
    lines = [json.dumps({"number": n, "created_by": "ann", "created_at": AT}) + "\n" for n in range(1, 701)]
    results = [await imported("".join(chunk), "--json", name="p.ndjson") for chunk in (lines[:650], lines[:650], lines)]
    assert [(result.status, result.json["imported"], result.json["already_there"]) for result in results] == [
        (0, 650, 0),
        (0, 0, 650),
        (0, 50, 650),
    ]


async def test_a_mended_row_is_taken_over_the_next_time(site: Site, imported: Import) -> None:
    """A row that was refused is judged anew when the file is imported again."""
    before = await imported(f"{HEADER}1,ann,{AT},1,", "--json")
    added = await (await site.client()).send(AddType(name="Theft"))
    after = await imported(f"{HEADER}1,ann,{AT},{added.id},", "--json")
    assert before.json["refused"] == 1
    assert added.id == 1
    assert after.json["imported"] == 1


async def test_a_dry_run_sends_nothing(site: Site, imported: Import) -> None:
    """A dry run checks every row and leaves the site as it is."""
    ended = await imported(f"{HEADER}1,ann,{AT},,\nx,ann,{AT},,\n", "--dry-run", "--json")
    assert ended.status == 1
    assert ended.json["imported"] == 1
    assert ended.json["refused"] == 1
    assert await site.count("projects.project") == 0


async def test_who_may_not_create_imports_nothing(site: Site, imported: Import, tmp_path: Path) -> None:
    """An import without the permission ends with the site's own refusal (PERM-13)."""
    await site.sql("DELETE FROM administration.member")
    ended = await imported(f"{HEADER}1,ann,{AT},,", "--json")
    assert ended.status == 1
    assert ended.json["error"]["code"] == "permission-denied"


@pytest.mark.parametrize("name, line", [("p.txt", ()), ("gone.csv", ("--mapping", "none.json"))])
async def test_what_cannot_be_read_is_told_first(tmp_path: Path, name: str, line: tuple[str, ...]) -> None:
    """A format that is not known and a file that is not there are the caller's mistakes."""
    ended = await incidents("import", tmp_path / name, *line, folder=tmp_path)
    assert ended.status == 2
    assert (name in ended.err or "none.json" in ended.err) is True
