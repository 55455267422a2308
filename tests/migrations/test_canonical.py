"""What older versions kept gets the form that is kept now."""

import json
from random import Random
from typing import Any

from sqlalchemy import text

from tests.projects.list_model import insert_projects, project
from tests.support import Site
from workers.migrations.scripts import read_sql, run_script

PAST = (("decimal_1", "1E+2", "-0"), ("decimal_2", None, "7"), ("text_1", "1E+2", None))
_PAST = text(
    """
    INSERT INTO projects.history
    VALUES (:id, 2, :place, now(), 'a', :field, NULL, CAST(:old AS jsonb), CAST(:new AS jsonb))
    """
)


def as_json(value: Any) -> str | None:
    """Write a value as the history keeps it."""
    return None if value is None else json.dumps(value)


async def test_numbers_and_names_get_their_one_form(site: Site) -> None:
    """Decimal numbers lose exponent, zeros and the sign of a zero, names get normal form C; the rest stays."""
    document = project(Random(4), 1)
    await insert_projects(site, [document])
    values = "decimal_1 = 0.10, decimal_2 = 100, imported = true, created_by = :who"
    await site.sql(f"UPDATE projects.project SET {values}", who="Ge\u0301")  # noqa: S608 - written above
    await site.sql("INSERT INTO administration.property VALUES (1, 'type', NULL, :name, '')", name="Vole\u0301")
    async with site.engine.begin() as connection:
        for place, (field, old, new) in enumerate(PAST):
            change = {"id": document.id, "place": place, "field": field, "old": as_json(old), "new": as_json(new)}
            await connection.execute(_PAST, change)
        for _ in range(2):
            await connection.run_sync(run_script, read_sql("*_canonical.sql"))
    rows = await site.sql("SELECT decimal_1::text, decimal_2::text, created_by FROM projects.project")
    assert [tuple(row) for row in rows] == [("0.1", "100", "G\u00e9")]
    history = await site.sql("SELECT old, new FROM projects.history ORDER BY place")
    assert [tuple(row) for row in history] == [("100", "0"), (None, "7"), ("1E+2", None)]
    assert [tuple(row) for row in await site.sql("SELECT name FROM administration.property")] == [("Vol\u00e9",)]
