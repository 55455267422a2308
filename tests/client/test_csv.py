"""`--csv`: what the command line gives to spreadsheets and pipes."""

import asyncio
import csv
import io
import json
import shlex
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.client.command_line import ROOT, CommandResult, incidents
from tests.client.conftest import Bus, Peer
from tests.client.test_commands import PROJECT, PROPERTIES, ROW
from tests.support import eventually

RunLine = Callable[..., Awaitable[CommandResult]]
COLUMNS = ["Number", "Reference", "Created", "Type", "Status", "Description", "Start", "End", "By", "Updated", "Id"]
ENDLESS = {"items": [{**ROW, "description": f"=row {number}"} for number in range(200)], "next": "more"}
"""A page behind which there is always another one."""


def environment(bus: Bus, peer: Peer) -> dict[str, Any]:
    """Return what names the peer, who knows projects and what is defined."""
    peer.answers["projects.list"] = json.dumps({"items": [ROW], "next": None, "total": None}).encode()
    peer.answers["administration.properties"] = json.dumps(PROPERTIES).encode()
    return {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}


@pytest.fixture
def run_line(bus: Bus, peer: Peer, tmp_path: Path) -> RunLine:
    """Type a command line as alice, who is connected to the peer."""
    ours = environment(bus, peer)

    async def run(*line: object) -> CommandResult:
        return await incidents(*line, folder=tmp_path, environment=ours)

    return run


def rows(ended: CommandResult) -> list[dict[str, str]]:
    """Read an answer as a spreadsheet does."""
    assert ended.status == 0, ended.err
    return list(csv.DictReader(io.StringIO(ended.out, newline="")))


async def test_a_list_is_a_spreadsheet(run_line: RunLine) -> None:
    """A list has names instead of ids, whole texts and ids, times with their offset, and always the same columns."""
    (row,) = rows(await run_line("projects", "list", "--csv"))
    assert list(row) == COLUMNS
    assert row["Number"] == "12"
    assert row["Type"] == "Injury"
    assert row["Description"] == ROW["description"]
    assert row["Id"] == PROJECT
    assert row["End"] == ""
    assert row["Start"][19:] == "+00:00"


async def test_headings_are_in_the_readers_language(run_line: RunLine) -> None:
    """Headings and words are those of the language that is asked for."""
    (row, *_) = rows(await run_line("properties", "--csv", "--lang", "fr"))
    assert list(row) == ["Genre", "Id", "Nom", "Description"]
    assert row["Genre"] == "Type"
    assert row["Nom"] == "Injury"


async def test_what_stands_beside_a_table_is_told_on_stderr(peer: Peer, run_line: RunLine) -> None:
    """People learn that there are more rows; the note is not a row."""
    peer.answers["projects.list"] = json.dumps({"items": [ROW], "next": "more", "total": 7}).encode()
    ended = await run_line("projects", "list", "--csv", "--count")
    assert len(rows(ended)) == 1
    assert ended.err.split("\n") == ["7 projects in all", "more: --all", ""]


async def test_figures_are_plain(peer: Peer, run_line: RunLine) -> None:
    """Statistics are numbers, times that something took are in seconds, and groups over time are rows."""
    spans = {"median_closing_seconds": 90_000.5, "average_closing_seconds": None}
    spans |= {"median_duration_seconds": None, "average_duration_seconds": None}
    figure = {"group": 1, "starting": "2025-01-31T00:00:00Z", "count": 3, "closed": 1, "ended": 0, **spans}
    figures = {"timezone": "UTC", "total": 3, "items": [figure], "truncated": False}
    peer.answers["projects.statistics"] = json.dumps(figures).encode()
    (row,) = rows(await run_line("stats", "--by", "type", "--interval", "month", "--csv"))
    assert row["Group"] == "Injury"
    assert row["From"][:10] == "2025-01-31"
    assert row["Projects"] == "3"
    assert row["Closed after (s)"] == "90000.5"


@pytest.mark.parametrize(
    "line", [("projects", "create"), ("watch",), ("me", "--json"), ("projects", "list", "--follow")]
)
async def test_where_there_is_no_table_it_is_refused(peer: Peer, run_line: RunLine, line: tuple[str, ...]) -> None:
    """What shows no table, JSON, and a list that never ends are no spreadsheet: one sentence, and nothing is sent."""
    ended = await run_line(*line, "--csv")
    assert ended.status == 2
    assert peer.commands == []
    assert "--csv" in (ended.out + ended.err)


async def piped(ours: dict[str, Any], line: str, reader: str) -> tuple[list[str], str]:
    """Type a line whose output a program reads; return the status and the lines that came out, and what was said."""
    shell = f"{shlex.quote(sys.executable)} -m incidents {line} | {reader}; echo ${{PIPESTATUS[0]}}"
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", shell),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **{name: str(value) for name, value in ours.items()}},
    )
    out, err = await process.communicate()
    return out.decode().splitlines(), err.decode()


@pytest.mark.parametrize("line", ["--all --csv", "--json", ""])
async def test_a_reader_that_ends_ends_the_command_quietly(bus: Bus, peer: Peer, line: str) -> None:
    """`| head` gets its lines, and the command ends with a status of its own and without a word."""
    ours = environment(bus, peer)
    long = {"items": [{**ROW, "description": "x" * 1_000} for _ in range(300)], "next": None}
    peer.answers["projects.list"] = json.dumps(ENDLESS if line.startswith("--all") else long).encode()
    (*_, status), errors = await piped(ours, f"projects list {line}", "head -c 10")
    assert (status.removeprefix('{"items":['), errors) == ("141", "") or (status[-3:], errors) == ("141", "")


@pytest.mark.parametrize("line", ["--csv", "--json", ""])
async def test_a_reader_that_reads_nothing_ends_the_command_quietly(bus: Bus, peer: Peer, line: str) -> None:
    """What is still to be written at the end of the program goes nowhere, and nothing complains of that."""
    statuses, errors = await piped(environment(bus, peer), f"projects list {line}", "true")
    assert statuses == ["141"]
    assert errors == ""


async def test_a_list_leaves_page_by_page_and_ends_with_a_whole_row(bus: Bus, peer: Peer, tmp_path: Path) -> None:
    """Rows are there before the list has ended, and after Ctrl-C the file ends behind a row."""
    ours = {name: str(value) for name, value in environment(bus, peer).items()}
    peer.answers["projects.list"] = json.dumps(ENDLESS).encode()
    path = tmp_path / "projects.csv"
    with path.open("wb") as file:
        line = (sys.executable, "-m", "incidents", "projects", "list", "--all", "--csv")
        process = await asyncio.create_subprocess_exec(
            *line, stdout=file, cwd=ROOT, env={"PATH": "/usr/bin:/bin", **ours}
        )

        async def has_pages() -> bool:
            return path.stat().st_size > 100_000

        await eventually(has_pages)
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130
    text = path.read_bytes().decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert text.endswith("\r\n")
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert [row for row in rows if row[0] == "Number"] == [COLUMNS]
    assert rows[1][5] == "'=row 0"


@pytest.mark.parametrize("line", ["--csv", "--json", ""])
async def test_an_output_that_takes_no_more_is_told(bus: Bus, peer: Peer, line: str) -> None:
    """On a full disk the command says that its output cannot be written, in one sentence."""
    statuses, errors = await piped(environment(bus, peer), f"projects list {line} > /dev/full", "cat")
    assert statuses == ["2"]
    assert "cannot be written" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("line", ["--help", "projects", "access list --data {data}", "access list --csv --data {data}"])
async def test_help_and_the_servers_commands_end_as_all_others(tmp_path: Path, line: str) -> None:
    """The output of other packages is treated alike: a closed pipe is not an error, and a full disk is one sentence."""
    assert (await incidents("access", "init", "--out", tmp_path)).status == 0
    typed = line.format(data=shlex.quote(str(tmp_path)))
    assert await piped({}, typed, "true") == (["141"], "")
    statuses, errors = await piped({}, f"{typed} > /dev/full", "cat")
    assert statuses == ["2"]
    assert "cannot be written" in errors
    assert "Traceback" not in errors
