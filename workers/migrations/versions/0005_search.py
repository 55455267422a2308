"""Searches that look only where their caller may."""

from typing import Any

from alembic import op
from sqlalchemy import Connection, text

from workers.migrations.upgrade import read_sql, run_script
from workers.projects.finding import TEXTS, searched
from workers.projects.tables import Search
from workers.runtime.database import as_json, insertion

revision = "0005"
down_revision = "0004"

_AT_ONCE = 1_000
_NEXT = text("SELECT id FROM projects.project WHERE id > :after ORDER BY id LIMIT :at_once")


def upgrade() -> None:
    """Make the table anew, and fill it."""
    run_script(op.get_bind(), read_sql("*_search.sql"))
    fill(op.get_bind())


def fill(connection: Connection) -> None:
    """Write the words of every project there is: of a million in some minutes."""
    after: Any = "00000000-0000-0000-0000-000000000000"
    while ids := connection.execute(_NEXT, {"after": after, "at_once": _AT_ONCE}).scalars().all():
        rows = [searched(row) for row in connection.execute(TEXTS, {"ids": list(ids)}).mappings()]
        connection.execute(text(insertion(Search, tuple(rows[0]))), {"rows": as_json(rows)})
        after = ids[-1]
