"""What servers and credentials must be like before anything runs, and each lack as a sentence with a way out."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from workers.runtime.bus import jwt

POSTGRES_MIN: Final = 16
AWAY: Final = 3
"""The status of what is not there, or lets nobody in, and may be there later."""

_LACKING: Final = 1
_MAKING: Final = "CREATE DATABASE {database} OWNER {role} TEMPLATE template0 ENCODING 'UTF8'"

_REMEDIES: Final = {
    "3D000": (AWAY, f"Make the database: {_MAKING}."),
    "28P01": (AWAY, "Put the password of {role} into {variable}, into PGPASSWORD or into ~/.pgpass."),
    "28000": (AWAY, "Make the role ({role} with LOGIN), and let it in from here in the server's pg_hba.conf."),
    "53300": (AWAY, "Raise max_connections of the server, or end sessions that nobody needs."),
    "57P03": (AWAY, "Wait until the server has started, and run it again."),
    "25006": (_LACKING, "This server only reads: name the primary in {variable}."),
    "42501": (_LACKING, "Connect as the owner of the database: {variable} names {role}."),
    "42704": (_LACKING, "This server lacks a collation: install a PostgreSQL that was built with ICU."),
    "0A000": (_LACKING, "This server lacks a feature: install PostgreSQL 16 or later, built with ICU."),
    "53100": (_LACKING, "Make room on the server's disk, and run it again."),
}
"""By SQLSTATE: the exit status, and the way out."""

_SAID: Final = (
    (r"password authentication failed|no password supplied", "28P01"),
    (r'role ".*" does not exist|no pg_hba.conf entry|not permitted to log in|authentication failed', "28000"),
    (r'database ".*" does not exist', "3D000"),
    (r"too many clients|remaining connection slots|too many connections", "53300"),
    (r"the database system is (starting up|shutting down|in recovery)", "57P03"),
)
"""A refused connection has no SQLSTATE: libpq passes on the words alone."""

_ELSE: Final = (AWAY, "Start it, or set {variable}.")
_FAULT: Final = (_LACKING, "Report this line, which names the SQLSTATE, with the version of the server.")


class UnfitError(Exception):
    """A server or a credentials file is not as it must be."""

    def __init__(self, why: str, status: int = _LACKING) -> None:
        """Keep the sentence, and the status with which a command ends."""
        super().__init__(why)
        self.status = status


@asynccontextmanager
async def explained(url: str, variable: str) -> AsyncIterator[None]:
    """Raise each error of the database that a URL names as a sentence.

    Raises:
        UnfitError: What is lacking, and the way out.
    """
    try:
        yield
    except DBAPIError as error:
        cause = error.orig if isinstance(error.orig, psycopg.Error) else psycopg.OperationalError(str(error.orig))
        raise _explained(cause, make_url(url), variable) from error
    except psycopg.Error as error:
        raise _explained(error, make_url(url), variable) from error


async def require(url: str, variable: str) -> None:
    """See that a database is one that the schema can live in.

    Raises:
        UnfitError: The server is away, refuses, is too old, or the database has another encoding than UTF8.
    """
    async with explained(url, variable):
        connection = await psycopg.AsyncConnection.connect(url, connect_timeout=5)
        version = connection.info.server_version // 10_000
        encoding = connection.info.parameter_status("server_encoding")
        await connection.close()
    where = make_url(url)
    if version < POSTGRES_MIN:
        why = f"PostgreSQL {version} is too old: install PostgreSQL {POSTGRES_MIN} or later, or name another server"
        raise UnfitError(f"{_shown(where)}: {why} in {variable}.")
    if encoding != "UTF8":
        why = f"the database has the encoding {encoding} and needs UTF8. Make it anew: {_filled(_MAKING, where)}."
        raise UnfitError(f"{_shown(where)}: {why}")


def _explained(error: psycopg.Error, url: URL, variable: str) -> UnfitError:
    said = str(error).partition("\n")[0].strip().rstrip(".")
    state = error.sqlstate or next((code for words, code in _SAID if re.search(words, str(error))), None)
    status, remedy = _REMEDIES.get(state or "", _FAULT if error.sqlstate else _ELSE)
    told = f"{said} ({state})" if error.sqlstate else said
    return UnfitError(f"{_shown(url)}: {told}. {_filled(remedy, url, variable)}", status)


def _filled(remedy: str, url: URL, variable: str = "") -> str:
    return remedy.format(database=url.database or "incident_manager", role=url.username or "ROLE", variable=variable)


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def require_credentials(path: Path | None, name: str, *, exactly: bool = True) -> str:
    """Return whom a credentials file names; `exactly` asks for that name alone.

    Raises:
        UnfitError: It is not named, not there, none, somebody else's, or has ended.
    """
    remedy = f"`incidents access init --out DIR` makes DIR/creds/{name}.creds; name it in INCIDENTS_NATS_CREDS."
    if path is None:
        raise UnfitError(f"INCIDENTS_NATS_CREDS is not set. {remedy}", 2)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise UnfitError(f"{path}: {why}. {remedy}", 2) from error
    token = jwt.public_part(text)
    if not token or "BEGIN USER NKEY SEED" not in text:
        raise UnfitError(f"{path} is not a credentials file. {remedy}", 2)
    who, ends = str(token.get("name")), token.get("exp")
    if exactly and who != name:
        raise UnfitError(f"{path} holds the credentials of {who}, not of {name}. {remedy}", 2)
    if isinstance(ends, int) and ends <= time.time():
        raise UnfitError(f"{path} ended at {datetime.fromtimestamp(ends, UTC):%Y-%m-%dT%H:%M:%SZ}. {remedy}", 2)
    return who
