"""What people wrote reaches nobody's terminal raw, whichever command prints it: against a real site, on a terminal."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from incidents.cli import build
from tests.client.command_line import incidents
from tests.client.hostile import HOSTILE, Writer, raw_characters, text_fields
from tests.client.interactive import environment, output_on_terminal, run_on_terminal
from tests.support import Site

LISTING: dict[str, list[str]] = {
    "me": [],
    "properties": [],
    "stats": ["--by", "camera"],
    "ask": ["projects.get", '{"project_id": "PROJECT"}'],
    "projects history": ["PROJECT", "--all"],
    "projects list": ["--all"],
    "projects show": ["PROJECT"],
    "projects draft show": [],
    "retention certificates": [],
    "retention due": ["--all"],
    "retention policies": [],
    "retention holds": ["--project", "PROJECT"],
    "retention preserved": ["PROJECT"],
    "retention set-aside": ["--all"],
    "retention preview": [],
    "licence show": [],
    "types list": [],
    "statuses list": [],
    "categories list": [],
    "fields list": [],
    "settings show": [],
    "settings report-design": [],
    "roles list": [],
    "roles show": ["r"],
    "roles of": ["admin"],
    "reports list": ["PROJECT"],
    "reports batches": [],
    "projects exports": [],
    "reports summaries": [],
    "dead list": [],
    "audit activity": ["PROJECT"],
    "audit log": [],
    "disclosures": [],
    "audit definitions": ["type"],
    "privacy find": ["A", "--all"],
    "privacy told": ["PROJECT"],
    "privacy readers": [],
}
"""Every command that shows what is there, as it is typed."""

ENDLESS = {"watch", "projects list --follow"}
OF_OPERATIONS = {"status", "top"}
"""What shows figures, names of our own and reasons of servers, and nothing that people wrote."""

TELLING = {
    "send",
    "import file",
    "import status",
    "report",
    "demo",
    "retention hold",
    "retention change-hold",
    "retention request-release",
    "retention withdraw-release",
    "retention release",
    "retention sweep",
    "retention set-policy",
    "retention delete-policy",
    "licence activate",
    "verify",
}
TELLING |= {f"projects {verb}" for verb in ("create", "update", "comment", "delete", "export", "call", "sequence")}
TELLING |= {f"projects {verb}-{part}" for verb in ("edit", "delete") for part in ("comment", "call")}
TELLING |= {
    "projects delete-sequence",
    "projects cancel-export",
    "outcome",
    "settings set",
    "settings report-logo",
    "settings report-template",
    "statuses close",
    "statuses open",
}
TELLING |= {f"{kind} {verb}" for kind in ("types", "statuses", "categories") for verb in ("add", "rename", "delete")}
TELLING |= {f"{kind} {verb}" for kind in ("categories", "fields") for verb in ("define", "disable")}
TELLING |= {f"roles {verb}" for verb in ("grant", "revoke", "define", "delete")}
TELLING |= {f"reports {verb}" for verb in ("get", "delete", "batch", "delete-batch", "summary", "delete-summary")}
TELLING |= {f"dead {verb}" for verb in ("show", "replay", "discard")}
TELLING |= {"projects redact", "privacy export", "privacy record"}
TELLING |= {"retention restore", "retention restrict", "retention lift-restriction", "retention certificate"}
TELLING |= {f"projects draft {verb}" for verb in ("add", "remove", "clear", "attach")}
OF_THE_LOGS = {"audit verify", "audit prove-text", "audit witness", "audit keys"}
OF_THE_SERVER = {"up", "worker", "migrate", "provision", "backup", "restore", "lanes", "doctor", "access", *OF_THE_LOGS}
OF_THE_SERVER |= {"retention journal", "retention verify-certificate"}
MARKED = {"properties", "stats", "ask", "projects history", "projects list", "projects show", "projects draft show"}
MARKED |= {"privacy find"}
NUMBERED = re.compile(r"U\+00[01][0-9A-F]|\\u00[01][0-9a-f]")
"""A control character as it is shown; one of the many is whole, however a narrow column breaks the text."""

AT_ONCE = 3


def names(group: Any, above: str = "") -> Iterator[str]:
    """Yield every command by its name."""
    for name, command in group.commands.items():
        whole = f"{above} {name}".strip()
        yield from names(command, whole) if hasattr(command, "commands") else iter([whole])


async def fill_site(site: Site) -> Writer:
    """Fill a site with hostile texts."""
    await site.workers()
    writer = Writer(await site.client("admin"))
    await writer.fill_fields()
    return writer


def typed_as(name: str, writer: Writer, *more: str) -> list[str]:
    """Return the line of a command."""
    return [*name.split(), *(word.replace("PROJECT", writer.project) for word in LISTING[name]), *more]


def test_every_command_is_known_here() -> None:
    """A new command is sorted here: it shows what is there, tells what it did, goes on, or is the server's."""
    assert set(names(build())) == LISTING.keys() | {"watch"} | OF_OPERATIONS | TELLING | OF_THE_SERVER


@pytest.mark.timeout(400)
async def test_no_listing_shows_them_raw(site: Site) -> None:
    """With hostile text in every field that takes one, no listing sends a character that commands or deceives."""
    writer, limit = await fill_site(site), asyncio.Semaphore(AT_ONCE)
    assert writer.written_fields == text_fields()
    ours = {**environment(site, "admin"), "COLUMNS": "200"}

    async def show_on_screen(name: str) -> tuple[str, set[str], bool]:
        async with limit:
            result = await output_on_terminal(ours, *typed_as(name, writer))
        return name, raw_characters(result), bool(NUMBERED.search(result))

    results = await asyncio.gather(*map(show_on_screen, LISTING))
    assert [(name, left) for name, left, _ in results if left] == []
    assert {name for name, _, marked in results if marked} >= MARKED


@pytest.mark.timeout(400)
async def test_json_says_the_same_without_them(site: Site) -> None:
    """JSON holds what was written, letter by letter, with every such character escaped."""
    writer, limit = await fill_site(site), asyncio.Semaphore(AT_ONCE)
    ours = environment(site, "admin")

    async def print_as_json(name: str) -> tuple[str, set[str], bool]:
        async with limit:
            result = await incidents(*typed_as(name, writer, "--json"), environment=ours)
        return name, raw_characters(result.out + result.err), json.dumps(HOSTILE) in json.dumps(json.loads(result.out))

    results = await asyncio.gather(*map(print_as_json, LISTING))
    assert [(name, left) for name, left, _ in results if left] == []
    assert {name for name, _, there in results if there} >= MARKED


@pytest.mark.timeout(200)
async def test_a_live_table_is_clean_in_every_frame(site: Site) -> None:
    """A list that is drawn again and again, and what happens line by line, send no such character either."""
    await fill_site(site)
    ours = environment(site, "admin")
    async with run_on_terminal(ours, "projects", "list", "--follow") as terminal:
        await terminal.shows("live", "[U+0001]")
        assert raw_characters(terminal.output) == set()


async def test_refusals_and_mistakes_are_clean(site: Site, tmp_path: Path) -> None:
    """What a refusal, a mistake of typing or an import quotes is clean, on the screen and in the file of errors."""
    await site.workers("projects", "administration")
    ours, one_line = environment(site, "admin"), HOSTILE.replace("\r", "").replace("\n", "")
    source, errors = tmp_path / "given.csv", tmp_path / "refused.csv"
    source.write_text(f'number,created_by,created_at\n1,"{one_line}","{one_line}"\n', newline="")
    lines = (
        ("send", "administration.change-settings", json.dumps({"timezone": HOSTILE})),
        ("projects", "show", one_line),
        ("projects", "list", f"--limit={one_line}"),
        (one_line,),
        ("import", str(source), "--errors", str(errors), "--encoding", "utf-8"),
        ("import", str(source)),
        ("report", "1", "-o", str(tmp_path / one_line.replace("/", "") / "x.pdf")),
    )
    for line in lines:
        result = await output_on_terminal(ours, *line)
        assert (line, raw_characters(result)) == (line, set())
    assert raw_characters(errors.read_text("utf-8-sig")) == set()
