"""Files as other systems and spreadsheet programs write them: each is imported, or refused in a sentence."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.projects.queries import ListProjects, ProjectFilter
from contracts.properties import AddType
from tests.client.importing import Importing
from tests.support import Site


@pytest.fixture
async def importing(site: Site, tmp_path: Path) -> Importing:
    """Start what an import needs."""
    await site.workers("projects", "administration")
    return Importing(site, tmp_path)


async def test_another_systems_numbers_are_kept(importing: Importing) -> None:
    """Numbers that are texts are kept, shown and found as references, and projects get numbers here (RET-05)."""
    ended = await importing.case("t02.csv", "--json")
    assert ended.status == 0
    assert ended.json["imported"] == 6
    assert ended.json["numbers_are_references"] is True
    projects = await importing.all_projects()
    references = ["2020-001", "21-0829351", "I182070945", "MP202068067", "INC0000060", "22062410"]
    assert [(project.number, project.reference) for project in projects] == list(enumerate(references, 1))
    query = ListProjects(filter=ProjectFilter(references=["inc0000060"]))
    assert [project.number for project in (await (await importing.site.client()).ask(query)).items] == [5]


async def test_date_and_time_are_joined(importing: Importing) -> None:
    """A date and a time in two columns are one time."""
    ended = await importing.case("t03.csv", "--json")
    assert ended.status == 0
    assert ended.json["joined"] == {"created_at": ["date", "time"]}
    assert [project.created_at for project in await importing.all_projects()] == [
        datetime(2021, 5, 10, 5, 59, 14, tzinfo=UTC)
    ]


async def test_files_of_spreadsheets_are_read(importing: Importing) -> None:
    """Line ends, delimiters, titles, empty rows and quotation marks are read as they are meant, in every case."""
    for name in ("t05.csv", "t10.csv", "t11.csv", "t13.csv", "t14.csv", "t14b.csv", "t14c.csv", "t17.csv"):
        ended = await importing.case(name, "--json")
        assert ended.status == 0, (name, ended.json)
        assert ended.json["refused"] == 0, (name, ended.json)
        assert ended.json["empty_rows"] == (6 if name == "t13.csv" else 0)
    projects = await importing.all_projects()
    assert [project.description for project in projects] == [
        *("THEFT   ", "sep line", "mac", "mac two", "one", "two"),
        *("Suspect 6'2\" tall", 'TV 42" stolen', "nothing special", 'pipe 3" broken', "last"),
        *('called "Red" Smith', '5" pipe', "last", "a, b", "plain", "Petty theft"),
    ]
    assert projects[0].created_at == datetime(2020, 3, 13, 23, 33, tzinfo=UTC)


@pytest.mark.parametrize(
    "name, columns", [("t12.csv", ("description",)), ("t12b.csv", ("Short", "Long", "description"))]
)
async def test_two_columns_on_one_field_are_refused(tmp_path: Path, name: str, columns: tuple[str, ...]) -> None:
    """A file in which one column would take another's place is refused before its first row, with their names."""
    for language, quoted in (("en", '"{}"'), ("fr", "«\u00a0{}\u00a0»")):
        ended = await Importing(None, tmp_path).case(name, "--json", "--lang", language)
        assert ended.status == 2
        assert ended.json["error"]["code"] == "usage"
        assert all(quoted.format(column) in ended.json["error"]["message"] for column in columns)


async def test_a_line_break_in_a_header_is_refused(tmp_path: Path) -> None:
    """A column whose name has a line break is named before the first row."""
    text = 'number,created_by,created_at,"descrip\ntion"\n1,a,2025-01-02T03:04:05Z,x\n'
    ended = await Importing(None, tmp_path).text(text, "--json")
    assert ended.status == 2
    assert '"descrip tion"' in ended.json["error"]["message"]


async def test_a_change_of_clocks_is_reported(importing: Importing) -> None:
    """A local time that is two or none is refused with its row until it is decided; the order of two decides, too."""
    ended = await importing.case("t15.csv", "--json")
    errors = [(error["line"], error["field"], error["kind"]) for error in ended.json["errors"]]
    assert ended.status == 1
    assert ended.json["imported"] == 1
    assert errors == [(2, "created_at", "time_skipped"), (3, "created_at", "time_repeated")]
    ended = await importing.case("t15.csv", "--clock-changes", "later", "--json")
    assert ended.status == 0
    assert ended.json["imported"] == 2
    assert ended.json["already_there"] == 1
    projects = await importing.all_projects()
    assert [f"{project.created_at:%m-%d %H:%M}" for project in projects] == [
        "03-30 01:30",
        "10-26 01:30",
        "10-26 02:30",
    ]
    assert f"{projects[2].start_time:%H:%M}" == "00:50"
    assert f"{projects[2].end_time:%H:%M}" == "01:10"


async def test_numbers_that_a_program_changed_are_refused(importing: Importing) -> None:
    """A number that is written like one but is none is refused with its row, and nothing is guessed."""
    ended = await importing.case("t18.csv", "--json")
    assert [project.number for project in await importing.all_projects()] == [18001, 18010]
    assert [(error["line"], error["kind"]) for error in ended.json["errors"]] == [
        (line, "int_type") for line in (*range(3, 11), 12)
    ]


async def test_a_french_spreadsheet_is_one_command(importing: Importing) -> None:
    """Semicolons, Windows-1252, French headers, dates and names of types need no mapping (RET-05)."""
    await (await importing.site.client()).send(AddType(name="Vol à l'étalage"))
    count = int(os.environ.get("IMPORTED_ROWS", "1000"))
    rows = (
        f"{n};Agnès;{n % 28 + 1:02}/11/2025 14:{n % 60:02};Vol à l'étalage;Porte forcée, clé n° {n}\r\n"
        for n in range(1, count + 1)
    )
    text = "Numéro;Créé par;Date de création;Type;Description\r\n" + "".join(rows)
    ended = await importing.text(text.encode("cp1252"), "--timezone", "Europe/Paris", "--lang", "fr")
    assert ended.status == 0, ended
    figure = f"{count:,}".replace(",", "\u202f")
    assert f"importés : {figure}, déjà présents : 0, refusés : 0" in ended.out, ended
    assert "Windows-1252 (cp1252)" in ended.err
    [first] = (await (await importing.site.client()).ask(ListProjects(sort="number", limit=1))).items
    assert first.number == 1
    assert first.type_id == 1
    assert first.created_by == "Agnès"
    assert first.description == "Porte forcée, clé n° 1"
    assert f"{first.created_at:%d %H:%M}" == "02 13:01"


async def test_one_number_that_is_a_text_is_named(importing: Importing) -> None:
    """A slip in one cell turns all numbers into references, so that the cell, its line and the way back are said."""
    rows = "number,created_by,created_at\n101,ann,2025-01-01T00:00:00Z\n10A,ann,2025-01-01T00:00:00Z\n"
    answer = " ".join((await importing.text(rows, "--dry-run")).err.split())
    assert 'the number "10A" in line 3 is a text: so all numbers of the file are references' in answer
    assert "to keep the numbers, such cells have to be corrected before the import" in answer
