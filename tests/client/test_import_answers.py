"""What an import must know before its first row: the columns of the file, and the definitions of the site."""

import json
from pathlib import Path

import pytest

from tests.client.command_line import CommandResult
from tests.client.conftest import Peer
from tests.client.test_commands import RunLine, run_line

__all__ = ["run_line"]

HEADER = "number,created_by,created_at,Kind\n"
ROWS = f"{HEADER}1,ann,2009-05-17 08:30,Injury\n2,ann,2009-05-18 08:30,Injury\n"


@pytest.mark.parametrize("query", ["administration.properties", "administration.settings"])
async def test_a_site_that_does_not_answer_ends_the_import(
    peer: Peer, run_line: RunLine, tmp_path: Path, query: str
) -> None:
    """Without the site's definitions or settings no row is refused for a name or a zone that they may have."""
    (tmp_path / "rows.csv").write_text(ROWS)
    peer.refusals[query] = {"code": "unavailable", "message": "No."}
    ended = await run_line("import", "rows.csv", "--column", "Kind=type_id", "--json")
    assert ended.status == 1
    assert peer.commands == []
    assert ended.json["error"]["code"] == "unavailable"
    assert list(tmp_path.glob("*.ndjson")) == []


async def dry_run(run_line: RunLine, tmp_path: Path, *line: str, rows: str = ROWS) -> CommandResult:
    """Check an import."""
    (tmp_path / "rows.csv").write_text(rows)
    return await run_line("import", "rows.csv", "--dry-run", *line)


async def test_definitions_that_nobody_may_see_are_done_without(peer: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """Without the permission for definitions and settings, ids and times with an offset can be imported."""
    for query in ("properties", "settings"):
        peer.refusals[f"administration.{query}"] = {"code": "not-available", "message": "No."}
    me = {"principal": "alice", "roles": [], "permissions": {}, "may": ["projects.import"]}
    peer.answers["administration.me"] = json.dumps(me).encode()
    peer.answers["projects.check-import"] = json.dumps({"fitting": [0], "already_there": [], "refused": []}).encode()
    rows = f"{HEADER}1,ann,2009-05-17T08:30:00Z,1\n"
    ended = await dry_run(run_line, tmp_path, "--column", "Kind=type_id", "--json", rows=rows)
    assert ended.json["imported"] == 1


@pytest.mark.parametrize(
    "line, why",
    [
        (("--column", "Foo=description"), 'no such column in the file: "Foo"; the file has "Kind", "created_at"'),
        (("--column", "Foo=reference", "--column", "number=description"), 'no such column in the file: "Foo"'),
        (("--column", "number=description"), 'no column fills "number or reference": name one'),
    ],
    ids=["mistyped", "mistyped and required", "no number"],
)
async def test_a_column_must_be_there(
    peer: Peer, run_line: RunLine, tmp_path: Path, line: tuple[str, ...], why: str
) -> None:
    """A column that the file does not have is refused before its field stays empty in every project."""
    ended = await dry_run(run_line, tmp_path, *line, "--json")
    assert ended.status == 2
    assert peer.queries == []
    assert why in ended.json["error"]["message"]


@pytest.mark.parametrize("option, expired", [((), 2), (("--default", "retention_exempt=true"), 0)])
async def test_projects_that_the_next_sweep_deletes_are_counted(
    peer: Peer, run_line: RunLine, tmp_path: Path, option: tuple[str, ...], expired: int
) -> None:
    """Projects that are older than the site keeps any are counted, with the option that keeps them (RET-05)."""
    peer.answers["projects.check-import"] = json.dumps({"fitting": [0, 1], "already_there": [], "refused": []}).encode()
    ended = await dry_run(run_line, tmp_path, *option)
    assert ended.status == 0
    assert ("because of their age: 2; to keep them: --default retention_exempt=true" in ended.err) is bool(expired)
    assert "2 would be imported, 0 already there" in ended.out
    assert (await dry_run(run_line, tmp_path, *option, "--json")).json["expired"] == expired


async def test_unknown_names_lead_to_what_defines_them(peer: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """A row with an unknown type says which name is similar; the end says how to define or map all of them."""
    peer.answers["projects.check-import"] = json.dumps({"fitting": [], "already_there": [], "refused": []}).encode()
    rows = f"{HEADER}1,ann,2009-05-17,Injry\n2,ann,2009-05-18,Vandalism\n"
    ended = await dry_run(run_line, tmp_path, "--column", "Kind=type_id", rows=rows)
    lines = " ".join(ended.err.split())
    assert 'line 2 (1): type "Injry" in the column "Kind" has a name' in lines
    assert "did you mean Injury?" in lines
    assert "define it here, or map it to an id" in lines
    assert "unknown types: Injry, Vandalism. To define one: incidents types add NAME;" in lines
    assert '(--mapping): {"types": {"NAME": ID}}' in lines
    french = await dry_run(run_line, tmp_path, "--column", "Kind=type_id", "--lang", "fr", rows=rows)
    assert "vouliez-vous dire «\u00a0Injury\u00a0»" in " ".join(french.err.split(" "))


async def test_a_number_that_occurs_twice_leads_to_the_first(peer: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """The refusal of a second row names the line of the first one, for people and for programs."""
    peer.answers["projects.check-import"] = json.dumps({"fitting": [0, 1], "already_there": [], "refused": []}).encode()
    rows = f"{ROWS}1,ann,2009-05-17 08:30,Injury\n"
    assert "occurs in line 2 already" in (await dry_run(run_line, tmp_path, rows=rows)).err
    ended = await dry_run(run_line, tmp_path, "--json", rows=rows)
    assert [(error["line"], error["earlier"]) for error in ended.json["errors"]] == [(4, 2)]
