"""PostgreSQL's own programs: a database becomes a file, and a file a database."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from workers.local.servers.postgres import MAJOR, binary
from workers.runtime.process import preconditions
from workers.runtime.process.preconditions import UnfitError, explain_errors

_TABLES: Final = """
    SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
"""


class DumpError(RuntimeError):
    """A program of PostgreSQL failed."""


class Database(NamedTuple):
    """A database as a connection found it: where it is, and what its programs must be able to do."""

    url: str
    major: int = MAJOR
    is_encrypted: bool = False
    tables: int = 0


async def look(url: str, variable: str) -> Database:
    """Connect to a database once, and say what it is like.

    Raises:
        UnfitError: It is away, refuses, is too old, or has another encoding than UTF8.
    """
    await preconditions.require(url, variable)
    async with explain_errors(url, variable):
        connection = await psycopg.AsyncConnection.connect(url, connect_timeout=5)
        async with connection:
            [tables] = await (await connection.execute(_TABLES)).fetchone() or [0]
            is_encrypted = bool(connection.pgconn.ssl_in_use)
            return Database(url, connection.info.server_version // 10_000, is_encrypted, int(tables))


async def has_role(url: str, role: str) -> bool:
    """Tell whether a server knows a role."""
    async with await psycopg.AsyncConnection.connect(url, connect_timeout=5) as connection:
        result = await connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        return await result.fetchone() is not None


def program(name: str, database: Database) -> str:
    """Return the program that speaks to a server: ours, unless the server is of another version or wants TLS.

    Raises:
        UnfitError: It needs another one, and none is installed.
    """
    # Ours reads from an older server what only a newer one can take back.
    if database.major == MAJOR and not database.is_encrypted:
        return str(binary(name))
    path = shutil.which(name)
    if path is None:
        why = f"The {name} that is brought along is that of PostgreSQL {MAJOR}, without TLS"
        raise UnfitError(f"{why}. Install the client programs of PostgreSQL {database.major}, and run it again.")
    return path


async def dump(database: Database, file: Path, environment: Mapping[str, str]) -> None:
    """Write a database into a file, as it is at one moment.

    Raises:
        DumpError: The program failed, and what it said.
    """
    await _run("pg_dump", database, ("--format=custom", f"--file={file}"), environment)


async def load(database: Database, file: Path, environment: Mapping[str, str]) -> None:
    """Make what a file holds in an empty database: all of it or nothing.

    Raises:
        DumpError: The program failed, and what it said.
    """
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(file))
    await _run("pg_restore", database, options, environment)


def without_ours() -> dict[str, str]:
    """Return the variables of this process without libpq's, for a server that a URL describes wholly."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


async def _run(name: str, database: Database, options: tuple[str, ...], environment: Mapping[str, str]) -> None:
    words = {name: str(value) for name, value in conninfo_to_dict(database.url).items()}
    # Everybody on the machine may see the words of a line; the variables are seen by this user alone.
    secret = {"PGPASSWORD": words.pop("password")} if "password" in words else {}
    running = await asyncio.create_subprocess_exec(
        program(name, database),
        f"--dbname={make_conninfo(**words)}",
        "--no-password",
        *options,
        env={**environment, **secret},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, errors = await running.communicate()
    if running.returncode:
        raise DumpError(f"{name}: {errors.decode(errors='replace').strip()}")
