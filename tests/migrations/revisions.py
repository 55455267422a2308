"""A database at every earlier revision, with rows in all the tables that the revision has, valid as they were then."""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import psycopg
from alembic import command
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from workers.local.servers.postgres import EmbeddedPostgres
from workers.migrations.scripts import run_script
from workers.migrations.upgrade import alembic_config

ROWS = Path(__file__).parent / "rows"
_TABLE = re.compile(r"(?:INSERT INTO|UPDATE) ([a-z]+\.[a-z_]+)")
_TABLES = text(
    """
    SELECT format('%I.%I', relnamespace::regnamespace, relname) FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace::regnamespace::text IN
        ('runtime', 'administration', 'projects', 'reports', 'retention', 'audit')
    ORDER BY 1
    """
)
_MONTHS = text("SELECT runtime.maintain_partitions('runtime.inbox', 2, now())")


@cache
def revisions() -> tuple[str, ...]:
    """Return all revisions, the first one first; alembic imports every script of a directory to tell."""
    scripts = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return tuple(script.revision for script in scripts)[::-1]


def statements(revision: str) -> dict[str, str]:
    """Return, by table, the statement that writes rows valid at a revision: that of the newest file up to it."""
    known: dict[str, str] = {}
    for earlier in revisions()[: revisions().index(revision) + 1]:
        path = ROWS / f"{earlier}.sql"
        written = path.read_text() if path.exists() else ""
        known |= {match[1]: f"{part};" for part in written.split(";\n") if (match := _TABLE.search(part))}
    return known


def rows(connection: Connection) -> dict[str, list[Any]]:
    """Return what is in every table, by its name; texts are in normal form C, which later versions give them."""
    tables = connection.execute(_TABLES).scalars().all()
    return {name: _read(connection, name) for name in tables}


def _read(connection: Connection, table: str) -> list[Any]:
    rows = connection.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t")).scalars()  # noqa: S608 - a catalogue's name
    return [json.loads(unicodedata.normalize("NFC", row)) for row in rows]


def holds(new: Any, old: Any) -> bool:
    """Tell whether a value still has all that it had: an object may have got more fields since."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(name in new and holds(new[name], old[name]) for name in old)
    return bool(new == old)


@dataclass
class Walk:
    """Databases of one server: the first revision's, and each next one's upgraded from a copy of that before it."""

    server: EmbeddedPostgres

    def url(self, revision: str) -> str:
        """Return where the database that stopped at a revision is."""
        return self.server.url(f"walk_{revision}")

    def copy(self, revision: str) -> str:
        """Return where a copy of it is, for one test to change; the original stays as it is for all others."""
        name = f"copy_of_{revision}"
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            names = map(sql.Identifier, (name, f"walk_{revision}"))
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(*names))
        return self.server.url(name)

    def run(self) -> None:
        """Make all of them."""
        before = "template0"
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as server:
            for number, revision in enumerate(revisions(), start=10):
                names = map(sql.Identifier, (f"walk_{revision}", before))
                server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
                self._step(revision, number)
                before = f"walk_{revision}"

    def _step(self, revision: str, number: int) -> None:
        engine = create_engine(make_url(self.url(revision)).set(drivername="postgresql+psycopg"))
        with engine.begin() as connection:
            command.upgrade(alembic_config(connection), revision)
            connection.execute(_MONTHS)
            tables = set(connection.execute(_TABLES).scalars())  # a later revision may have dropped some
            written = Template("\n".join(rows for table, rows in statements(revision).items() if table in tables))
            ids = {
                name: f"0190a000-0000-7000-8000-0000000{kind}{number}"
                for name, kind in {"id": 100, "gone": 200}.items()
            }
            run_script(connection, written.substitute(ids, n=number))
        engine.dispose()
