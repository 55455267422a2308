"""Upgrades with rows in every table, from every revision that a site may have stopped at."""

import json
import re
import subprocess
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.migrations.revisions import Walk, holds, revisions, rows
from workers.local.servers.postgres import APP_ROLE, EmbeddedPostgres, binary
from workers.migrations.upgrade import migrate
from workers.projects.search import index
from workers.runtime.storage.database import open_engine

_DAY = re.compile(r"20\d\d[-_]?[01]\d[-_]?[0-3]\d")
REVISIONS = revisions()
MADE_ANEW = {
    "projects.search": {"created_at", "words", "grams", "described"},
    "projects.indexing": {"version"},
    "projects.package": {"project_id"},
    "audit.undelivered": {"entries"},
}
"""Columns that an upgrade makes from others, or moves to another table."""

_UNSEARCHED = text(
    """
    SELECT number FROM projects.project p LEFT JOIN projects.search s ON s.project_id = p.id
    WHERE NOT coalesce(s.words LIKE '%valise%' AND s.words LIKE '%remark%' AND s.words LIKE '%party%', false)
    """
)
_FILLED = text(
    """
    SELECT 'comment', revision, place FROM projects.comment
    UNION SELECT 'call', revision, place FROM projects.call
    UNION SELECT 'sequence', revision, place FROM projects.sequence
    UNION SELECT 'status', status_before, CAST(extract(month FROM status_since) AS int) FROM projects.project
    """
)
_SHOWN = text("SELECT permissions FROM administration.role WHERE role_id = 'role-10'")
_EMPTY = text(
    """
    SELECT package_id FROM projects.package p
    WHERE NOT EXISTS (SELECT FROM projects.package_project c WHERE c.package_id = p.package_id)
    """
)
_IMPORTED = text("SELECT count(*) FROM audit.activity WHERE activity = 'projects.imported' AND project_id IS NOT NULL")
DETAILS = ("incident-projects/main-details", "incident-projects/categories")


@pytest.fixture
def url(walk: Walk, revision: str) -> str:
    """Return a copy of the database that stopped at a revision."""
    return walk.copy(revision)


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    """Connect to it."""
    opened = open_engine(url, connections=2)
    yield opened
    await opened.dispose()


async def contents(engine: AsyncEngine) -> dict[str, list[Any]]:
    """Return all rows by table, without what an upgrade makes anew."""
    async with engine.connect() as connection:
        by_table = await connection.run_sync(rows)
    by_table["runtime.outbox"] = [_messages(row) for row in by_table["runtime.outbox"]]
    batches = by_table.pop("audit.undelivered", [])
    by_table["audit.waiting"] = [
        *({"entry": row["entry"]} for row in by_table.get("audit.waiting", ())),
        *({"entry": entry} for row in batches for entry in json.loads(row["entries"])),
    ]
    if "projects.change_set" in by_table:
        change_sets = by_table.pop("projects.change_set")
        by_table["projects.history"] = [change for change_set in change_sets for change in _changes(change_set)]
    return {
        table: [
            {name: value for name, value in row.items() if name not in MADE_ANEW.get(table, ())} for row in table_rows
        ]
        for table, table_rows in by_table.items()
    }


def _changes(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the changes of a change set as rows of their own, which they were in former versions."""
    columns = {name: row[name] for name in ("project_id", "revision", "at", "by")}
    absent = {"part_id": None, "old": None, "new": None}
    places = enumerate(row["changes"], start=row["first_place"])
    return [{**columns, **absent, "place": place, **change} for place, change in places]


def _messages(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a row of the outbox holds: one message in former versions, those of a transaction today."""
    if "messages" in row:
        messages = json.loads(row["messages"])
    else:
        messages = [{name: row[name] for name in ("subject", "headers", "body")}]
    return {"worker": row["worker"], "lane": row["lane"], "messages": messages}


def _digits(day: str) -> str:
    return day.replace("-", "").replace("_", "")


def schema(url: str) -> list[str]:
    """Return the schema of a database as the server writes it, without the token that each dump has of its own.

    Days are numbered, because a database that was made before midnight has the partitions of other days.
    """
    dumped = subprocess.run([binary("pg_dump"), "--schema-only", url], check=True, capture_output=True, text=True)
    days = sorted({_digits(day) for day in _DAY.findall(dumped.stdout)})
    text = _DAY.sub(lambda day: f"day {days.index(_digits(day[0]))}", dumped.stdout)
    return [line for line in text.splitlines() if not line.startswith("\\")]


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_revision_is_upgraded_with_its_rows(
    url: str, engine: AsyncEngine, revision: str, postgres: EmbeddedPostgres
) -> None:
    """From each revision all rows of all its tables reach the newest schema, which is the one of a new site."""
    before = await contents(engine)
    assert [table for table, rows in before.items() if not rows] == [], f"write rows for them into rows/{revision}.sql"
    await migrate(engine, APP_ROLE)
    after = await contents(engine)
    lost = [
        (table, row) for table in before for row in before[table] if not any(holds(new, row) for new in after[table])
    ]
    assert lost == []
    assert schema(url) == schema(postgres.url("template_incident_manager"))
    async with engine.connect() as connection:
        assert (await connection.execute(_UNSEARCHED)).all() == []
        version = (await connection.execute(text("SELECT version FROM projects.indexing"))).scalar_one()
    assert version == index.VERSION


@pytest.mark.parametrize("revision", ["0014"])
async def test_rows_of_before_get_what_later_versions_know(engine: AsyncEngine) -> None:
    """Parts get their order and statuses their date from the history, roles what they showed, imports their entries.

    Packages get their project.
    """
    await migrate(engine, APP_ROLE)
    async with engine.connect() as connection:
        filled = set(map(tuple, await connection.execute(_FILLED)))
        rows = (await connection.execute(_SHOWN)).scalar_one()
        imported = (await connection.execute(_IMPORTED)).scalar_one()
        empty = (await connection.execute(_EMPTY)).all()
    known = {("comment", 2, 1), ("call", 2, 2), ("sequence", 2, 3), ("status", 900, 3)}
    older_than_the_history = {("comment", 0, 0), ("call", 0, 0), ("sequence", 0, 0), ("status", None, None)}
    assert filled == known | older_than_the_history
    assert rows == {"incident-projects": "view", **dict.fromkeys(DETAILS, "view")}
    assert imported == REVISIONS.index("0014") + 1
    assert empty == []
