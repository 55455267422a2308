"""Whatever is shown fits its place: every listing, with long names in every field, on 60 and on 80 columns."""

import asyncio
import csv
import io
from collections.abc import Mapping

import pytest
from rich.text import Text

from tests.client.command_line import CommandResult, incidents
from tests.client.hostile import Writer
from tests.client.interactive import environment
from tests.client.test_hostile_texts import AT_ONCE, LISTING, typed_as
from tests.support import Site, eventually

LONG = "Sicherheitsüberwachungsanlage 可疑包裹在北门 👩‍👩‍👧‍👦 🚒 at the far end of the northern platform, second floor"
HEADINGS = {
    "projects list": ("Number", "Created", "By"),
    "projects history": ("Revision", "Time", "By"),
    "retention holds": ("Number", "Held", "By"),
    "audit log": ("Time", "By", "Activity", "Details"),
    "audit activity": ("Time", "By", "Revision", "Activity"),
    "stats": ("Projects", "Closed", "Ended"),
    "status": ("Worker", "Ready", "Lanes", "Outbox", "Refusals"),
}
"""Headings that are seen whole, wherever they stand."""

WITHOUT_A_TABLE = {"ask", "licence show", "retention preview"}
SAYING = {"properties", "projects list", "projects show", "projects history", "projects draft show", "types list"}
SAYING |= {"statuses list", "categories list", "fields list", "retention holds", "settings show", "roles list"}
SAYING |= {"stats", "retention due", "audit definitions"}
"""Listings that show the names and texts that people wrote."""


async def run_until_answered(line: list[str], ours: Mapping[str, object]) -> CommandResult:
    """Type a line, again where nobody had the time to answer it."""

    async def run_line() -> CommandResult:
        ended = await incidents(*line, environment=ours)
        assert ended.status == 0, (line, ended.err)
        return ended

    return await eventually(run_line, within=120.0)


@pytest.mark.timeout(600)
async def test_every_listing_fits_its_place(site: Site) -> None:
    """No line is wider than its place and no heading is cut, however long names are and in whatever script."""
    await site.workers()
    writer, limit = Writer(await site.client("admin"), LONG), asyncio.Semaphore(AT_ONCE)
    await writer.fill_fields()
    ours = {"admin": environment(site, "admin"), "ops": environment(site, "ops", "ops")}

    async def misfits(name: str, width: int) -> list[str]:
        line = typed_as(name, writer) if name in LISTING else [name]
        principal = "ops" if name == "status" else "admin"
        async with limit:
            ended = await run_until_answered(line, {**ours[principal], "COLUMNS": width})
        lines = ended.out.splitlines()
        wide = [line for line in lines if Text(line).cell_len > width]
        cut = [text for text in HEADINGS.get(name, ()) if text not in ended.out]
        return [f"{name} {width}: {text}" for text in (*wide, *cut, *([] if lines else [ended.err]))]

    results = await asyncio.gather(*(misfits(name, width) for name in [*LISTING, "status"] for width in (60, 80)))
    assert [text for each in results for text in each] == []


@pytest.mark.timeout(600)
async def test_every_listing_is_a_spreadsheet(site: Site) -> None:
    """Each listing with a table has a heading for every cell, says what was written, and shows nothing raw."""
    await site.workers()
    writer, limit = Writer(await site.client("admin"), LONG), asyncio.Semaphore(AT_ONCE)
    await writer.fill_fields()
    ours = environment(site, "admin")

    async def read(name: str) -> tuple[str, set[int], bool]:
        async with limit:
            ended = await run_until_answered(typed_as(name, writer, "--csv"), ours)
        rows = list(csv.reader(io.StringIO(ended.out, newline="")))
        return name, {len(row) for row in rows}, any(LONG in cell for row in rows for cell in row)

    results = await asyncio.gather(*(read(name) for name in LISTING if name not in WITHOUT_A_TABLE))
    assert [(name, lengths) for name, lengths, _ in results if len(lengths) != 1] == []
    assert {name for name, _, there in results if there} >= SAYING
