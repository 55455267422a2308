"""The schema: what the SQL files make is what the mapped classes expect."""

import asyncio
import json
from importlib import import_module
from random import Random

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, text

from contracts.subjects import WORKERS
from tests.projects.list_model import insert_projects, project
from tests.support import Site
from workers.migrations.scripts import read_sql, run_script
from workers.migrations.upgrade import migrate
from workers.projects.search import index
from workers.runtime.admission import inbox
from workers.runtime.bus import outbox
from workers.runtime.storage.database import Base

MAIN, CATEGORIES = "incident-projects/main-details", "incident-projects/categories"


def differences(connection: Connection) -> list[str]:
    """Compare the database with every mapped class."""
    assert inbox.Inbox.metadata is outbox.Outbox.metadata
    for name in WORKERS:
        import_module(f"workers.{name}.rows")
    schemas = {table.schema for table in Base.metadata.tables.values()}
    parts = {name for (name,) in connection.execute(text("SELECT relname FROM pg_class WHERE relispartition"))}

    def ours(name: str | None, kind: str, parents: object) -> bool:
        return name in schemas if kind == "schema" else name not in parts

    def is_table(schema: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        return not (isinstance(schema, Table) and schema.info.get("is_view"))

    options = {"include_schemas": True, "include_name": ours, "include_object": is_table}
    context = MigrationContext.configure(connection, opts=options)
    return [str(difference) for difference in compare_metadata(context, Base.metadata)]


async def test_the_mapped_classes_are_the_schema(site: Site) -> None:
    """Every table, column, type and index of the SQL files is in a mapped class, and the other way round."""
    async with site.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_changes_nothing(site: Site) -> None:
    """Migrations may run several times and from several places at once."""
    await asyncio.gather(migrate(site.engine), migrate(site.engine))
    assert await site.count("administration.settings") == 1


@pytest.mark.parametrize("statement", ["DELETE FROM projects.project", "TRUNCATE projects.project CASCADE"])
async def test_what_is_derived_goes_with_the_projects(site: Site, statement: str) -> None:
    """However projects are deleted, no word of them stays in the search index or the history."""
    chance = Random(4)
    await insert_projects(site, [project(chance, number) for number in range(1, 4)])
    columns, values = (
        "project_id, revision, first_place, at, by, fields, changes",
        "id, 2, 1, now(), 'ann', '{}', '[{}]'",
    )
    await site.sql(f"INSERT INTO projects.change_set ({columns}) SELECT {values} FROM projects.project")  # noqa: S608 - names of columns
    derived = ("projects.search", "projects.history")
    assert [await site.count(table) for table in derived] == [3, 3]
    await site.sql(statement)
    assert [await site.count(table) for table in derived] == [0, 0]


async def test_what_was_written_before_is_searched_afterwards(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration finds every project that was there by all its texts, and goes on where another one ended (PRJ-07)."""
    chance, statement = Random(4), "SELECT * FROM projects.search ORDER BY project_id"
    await insert_projects(site, [project(chance, number) for number in range(1, 26)])
    before = await site.sql(statement)
    await site.sql("DELETE FROM projects.search")
    monkeypatch.setattr(index, "VERSION", index.VERSION + 1)
    async with site.engine.begin() as connection:
        assert await index.reindex(connection, at_once=10)
    assert await site.sql(statement) == before[:10]
    await site.sql("DELETE FROM projects.search WHERE project_id = :id", id=before[0].project_id)
    await migrate(site.engine)
    assert await site.sql(statement) == before[1:]
    await migrate(site.engine)
    assert (await site.sql("SELECT version FROM projects.indexing"))[0].version == index.VERSION


async def test_roles_keep_what_they_showed_without_a_word(site: Site) -> None:
    """The upgrade gives view on main details and categories where projects were seen and nothing was said of them."""
    silent, explicit = (
        {"incident-projects": "view"},
        {"incident-projects": "manage", MAIN: "none", CATEGORIES: "manage"},
    )
    roles = {"silent": silent, "told": explicit, "blind": {"incident-projects": "none"}, "other": {"settings": "view"}}
    for role_id, levels in roles.items():
        statement = "INSERT INTO administration.role VALUES (:id, :id, CAST(:levels AS jsonb))"
        await site.sql(statement, id=role_id, levels=json.dumps(levels))
    async with site.engine.begin() as connection:
        await connection.run_sync(run_script, read_sql("*_details_in_view.sql"))
    rows = {row.role_id: row.permissions for row in await site.sql("SELECT * FROM administration.role")}
    visible = {**silent, MAIN: "view", CATEGORIES: "view"}
    assert rows == {**roles, "silent": visible, "administrators": {}}
