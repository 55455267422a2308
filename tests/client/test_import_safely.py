"""What an import must not lose: its source, what was left out, and what a dry run promises."""

import os
from pathlib import Path

import pytest

from contracts.properties import AddType
from tests.client.command_line import incidents
from tests.client.importing import CASES, Importing
from tests.support import Site

HEADER = "number,created_by,created_at,type_id,description\n"
AT = "2009-05-17T08:30:00Z"


@pytest.fixture
async def importing(site: Site, tmp_path: Path) -> Importing:
    """Start what an import needs."""
    await site.workers("projects", "administration")
    return Importing(site, tmp_path)


@pytest.mark.parametrize("option", ["--errors", "--journal"])
async def test_no_output_replaces_an_input(tmp_path: Path, option: str) -> None:
    """What is read is not written over, under its own name, another path, or a link."""
    importing = Importing(None, tmp_path)
    text = (CASES / "t14.csv").read_text()
    source, mapping = importing.write_file("projects.csv", text), importing.write_file("mapping.json", "{}")
    (tmp_path / "hard.csv").hardlink_to(source)
    (tmp_path / "soft.csv").symlink_to(source)
    for name in ("projects.csv", "../" + tmp_path.name + "/projects.csv", "hard.csv", "soft.csv", "mapping.json"):
        ended = await importing.file("projects.csv", "--mapping", mapping, option, tmp_path / name, "--json")
        assert ended.status == 2, name
        assert "name another file" in ended.json["error"]["message"], name
    assert source.read_text() == text
    assert mapping.read_text() == "{}"


@pytest.mark.parametrize("line", [("report", "12", "-o"), ("projects", "export", "12", "--force", "-o")])
async def test_no_document_replaces_credentials(tmp_path: Path, line: tuple[str, ...]) -> None:
    """The credentials that a command reads are not written over by what it saves."""
    creds = tmp_path / "admin.creds"
    creds.write_text("secret")
    ours = {"INCIDENTS_NATS_URL": "nats://127.0.0.1:1", "INCIDENTS_NATS_CREDS": creds}
    ended = await incidents(*line, "admin.creds", folder=tmp_path, environment=ours)
    assert ended.status == 2
    assert creds.read_text() == "secret"


@pytest.mark.parametrize(
    "line", [("projects", "create", "--description", b"\xe9t\xe9"), ("import", b"caf\xe9.csv"), (b"\xff",)], ids=str
)
async def test_bytes_that_are_no_text_are_told(tmp_path: Path, line: tuple[str | bytes, ...]) -> None:
    """Bytes on the command line that are not UTF-8 are reported in a sentence."""
    ended = await incidents(*(os.fsdecode(word) for word in line), "--json", folder=tmp_path)
    assert ended.status == 2
    assert "UTF-8" in ended.json["error"]["message"]
    assert ended.err == ""


@pytest.mark.parametrize(
    "content",
    [
        *(b'{"description": "\xe9"}', b"\xff\xfe\xff", b"\x80", '{"x": "é"}'.encode("utf-16")),
        *(rb'{"description": "\ud83d"}', b"[" * 100_000, rb'{"\ud83d": 1}'),
    ],
    ids=lambda content: str(content[:20]),
)
async def test_any_bytes_on_stdin_are_told(tmp_path: Path, content: bytes) -> None:
    """Whatever comes on stdin, there is a sentence and no traceback."""
    ended = await incidents("send", "projects.create", "-", "--json", standard_input=content, folder=tmp_path)
    assert ended.status in {1, 2}
    assert ended.err == ""
    assert bool(ended.json["error"]["message"])


async def test_a_dry_run_promises_what_is_kept(importing: Importing) -> None:
    """A dry run says of each row what the import then does, in the same words, and changes nothing (RET-05)."""
    await importing.text(f"{HEADER}1,ann,{AT},,first\n2,ann,{AT},,second\n")
    await (await importing.site.client()).send(AddType(name="Theft"))
    rows = [
        *(f"1,ann,{AT},,first", f"2,bob,{AT},,other", "3,ann,2999-01-01T00:00:00Z,,late", f"4,ann,{AT},999,undefined"),
        *(f"5,ann,{AT},theft,by name", f"6,ann,{AT},Arson,no name", f"7,{'x' * 201},{AT},,long", f"5,ann,{AT},,twice"),
    ]
    text = HEADER + "\n".join(rows)
    dry = await importing.text(text, "--dry-run", "--json")
    assert await importing.site.count("projects.project") == 2
    real = await importing.text(text, "--json")
    assert dry.status == real.status
    assert {**dry.json, "dry_run": False} == real.json
    errors = [(error["line"], error["field"], error["kind"]) for error in real.json["errors"]]
    assert real.json["imported"] == 1
    assert real.json["already_there"] == 1
    assert errors == [
        (3, "created_by", "differs_here"),
        (4, "created_at", "in_future"),
        (5, "type_id", "not_defined"),
        (7, "type_id", "unknown_name"),
        (8, "created_by", "string_too_long"),
        (9, "number", "twice_in_file"),
    ]


async def test_a_dry_run_is_refused_like_the_import(importing: Importing) -> None:
    """Without the permission, a dry run says what the import would say (PERM-13)."""
    await importing.site.sql("DELETE FROM administration.member")
    text = f"{HEADER}1,ann,{AT},,\n"
    dry, real = [await importing.text(text, *line, "--json") for line in (("--dry-run",), ())]
    assert dry.status == real.status
    assert dry.json == real.json
    assert dry.json["error"]["code"] == "permission-denied"


async def test_what_an_import_did_can_be_looked_at(importing: Importing) -> None:
    """A journal says of each row what became of it; what was left out comes in later, and nothing twice (RET-05)."""
    await importing.text(f"{HEADER}1,ann,{AT},,one\nx,ann,{AT},,two\nA-3,ann,{AT},,three\n")
    journal = await incidents("import", "status", "projects.csv", "--rows", "--json", folder=importing.folder)
    [run] = journal.json["runs"]
    assert run["imported"] == 3
    assert run["already_there"] == 0
    assert run["refused"] == 0
    assert bool(run["ended_at"])
    await importing.text(f"{HEADER}1,ann,{AT},,one\n7,ann,then,,seven\n")
    again = await incidents("import", "status", "projects.csv", folder=importing.folder)
    assert "is not a time" in " ".join(again.out.split())
    assert again.status == 0
    last = await importing.text(f"{HEADER}7,ann,{AT},,seven\n1,ann,{AT},,corrected text\n", "--json")
    assert last.json["imported"] == 1
    assert last.json["already_there"] == 1
    assert len(await importing.all_projects()) == 4


async def test_a_row_read_in_another_time_zone_says_so(importing: Importing) -> None:
    """The cell is as it was, so that nothing is there to correct; another source would import the incident twice."""
    times = {"en": ("2024-12-31 15:00:00", "2025-01-01 00:00:00"), "fr": ("31/12/2024 15:00:00", "01/01/2025 00:00:00")}
    await importing.text(f"{HEADER}1,ann,2025-01-01,,first\n")
    for language, reason in (("en", "if the time zone has changed since"), ("fr", "si le fuseau a changé depuis")):
        ended = await importing.text(
            f"{HEADER}1,ann,2025-01-01,,first\n", "--timezone", "Asia/Tokyo", "--lang", language
        )
        assert ended.status == 1
        answer = " ".join(ended.err.split())
        assert reason in answer
        assert "--timezone" in answer
        assert [time for time in times[language] if time not in answer] == []
