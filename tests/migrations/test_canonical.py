"""What older versions kept gets the form that is kept now."""

import json
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.migrations.revisions import Walk
from workers.migrations.scripts import read_sql, run_script

PAST = (("decimal_1", "1E+2", "-0"), ("decimal_2", None, "7"), ("text_1", "1E+2", None))
VALUES = text("UPDATE projects.project SET decimal_1 = 0.10, decimal_2 = 100, imported = true, created_by = :who")
TYPE = text("UPDATE administration.property SET name = :name")
CHANGE = text(
    """
    INSERT INTO projects.history
    SELECT id, 7, :place, now(), 'a', :field, NULL, CAST(:old AS jsonb), CAST(:new AS jsonb)
    FROM projects.project ORDER BY id LIMIT 1
    """
)


@pytest.fixture
def url(walk: Walk) -> str:
    """Return a copy of the database that stopped before the numbers had one form."""
    return str(make_url(walk.copy("0015")).set(drivername="postgresql+psycopg"))


def as_json(value: Any) -> str | None:
    """Write a value as the history keeps it."""
    return None if value is None else json.dumps(value)


def test_numbers_and_names_get_their_one_form(url: str) -> None:
    """Decimal numbers lose exponent, zeros and the sign of a zero, names get normal form C; the rest stays."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(VALUES, {"who": "Ge\u0301"})
        connection.execute(TYPE, {"name": "Vole\u0301"})
        for place, (field, old, new) in enumerate(PAST):
            connection.execute(CHANGE, {"place": place, "field": field, "old": as_json(old), "new": as_json(new)})
        for _ in range(2):
            run_script(connection, read_sql("*_canonical.sql"))
        values = connection.execute(
            text("SELECT DISTINCT decimal_1::text, decimal_2::text, created_by FROM projects.project")
        )
        history = connection.execute(text("SELECT old, new FROM projects.history WHERE revision = 7 ORDER BY place"))
        names = connection.execute(text("SELECT DISTINCT name FROM administration.property"))
        assert values.all() == [("0.1", "100", "G\u00e9")]
        assert history.all() == [("100", "0"), (None, "7"), ("1E+2", None)]
        assert names.all() == [("Vol\u00e9",)]
    engine.dispose()
