"""Dumping and loading databases with PostgreSQL's own programs."""

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
    """A database: its URL, and the properties that determine which programs to use."""

    url: str
    major: int = MAJOR
    is_encrypted: bool = False
    tables: int = 0


async def look(url: str, variable: str) -> Database:
    """Connect to a database, and return its properties.

    Raises:
        UnfitError: The server is unreachable, refuses, or is too old, or the database's encoding is not UTF8.
    """
    await preconditions.require(url, variable)
    async with explain_errors(url, variable):
        connection = await psycopg.AsyncConnection.connect(url, connect_timeout=5)
        async with connection:
            [tables] = await (await connection.execute(_TABLES)).fetchone() or [0]
            is_encrypted = bool(connection.pgconn.ssl_in_use)
            return Database(url, connection.info.server_version // 10_000, is_encrypted, int(tables))


async def has_role(url: str, role: str) -> bool:
    """Return whether a server has a role."""
    async with await psycopg.AsyncConnection.connect(url, connect_timeout=5) as connection:
        result = await connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        return await result.fetchone() is not None


def program(name: str, database: Database) -> str:
    """Return the program for a server: the bundled one, unless the server has another version or uses TLS.

    Raises:
        UnfitError: The server needs another program, and none is installed.
    """
    # A dump that the bundled program makes of an older server can be loaded into a newer one only.
    if database.major == MAJOR and not database.is_encrypted:
        return str(binary(name))
    path = shutil.which(name)
    if path is None:
        why = f"The bundled {name} is that of PostgreSQL {MAJOR}, without TLS"
        raise UnfitError(f"{why}. Install the client programs of PostgreSQL {database.major}, and run it again.")
    return path


async def dump(database: Database, file: Path, environment: Mapping[str, str]) -> None:
    """Write a consistent dump of a database into a file.

    Raises:
        DumpError: The program failed; the error has its output.
    """
    await _run("pg_dump", database, ("--format=custom", f"--file={file}"), environment)


async def load(database: Database, file: Path, environment: Mapping[str, str]) -> None:
    """Load a dump into an empty database, in one transaction.

    Raises:
        DumpError: The program failed; the error has its output.
    """
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(file))
    await _run("pg_restore", database, options, environment)


def without_ours() -> dict[str, str]:
    """Return the environment without libpq's variables, for a server that its URL describes completely."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


async def _run(name: str, database: Database, options: tuple[str, ...], environment: Mapping[str, str]) -> None:
    words = {name: str(value) for name, value in conninfo_to_dict(database.url).items()}
    # All users of the machine can see a command line, but only this user the environment.
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
