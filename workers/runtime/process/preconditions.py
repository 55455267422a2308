"""Requirements for servers and credentials; each unmet requirement gives a sentence with a remedy."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from workers.common.operators_time import local_minute
from workers.runtime.bus import nats_jwt

POSTGRES_MIN: Final = 16
UNREACHABLE: Final = 3
"""The exit status for a server that is unreachable or refuses connections, and may recover."""

_UNFIT: Final = 1
_CREATE_DATABASE: Final = "CREATE DATABASE {database} OWNER {role} TEMPLATE template0 ENCODING 'UTF8'"

_REMEDIES: Final = {
    "3D000": (UNREACHABLE, f"Create the database: {_CREATE_DATABASE}."),
    "28P01": (UNREACHABLE, "Put the password of {role} into {variable}, into PGPASSWORD or into ~/.pgpass."),
    "28000": (UNREACHABLE, "Create the role ({role} with LOGIN), and allow it from here in the server's pg_hba.conf."),
    "53300": (UNREACHABLE, "Raise max_connections of the server, or end sessions that nobody needs."),
    "57P03": (UNREACHABLE, "Wait until the server has started, and run it again."),
    "25006": (_UNFIT, "This server is read-only: name the primary in {variable}."),
    "42501": (_UNFIT, "Connect as the owner of the database: {variable} names {role}."),
    "42704": (_UNFIT, "Install PostgreSQL 16 or later."),
    "0A000": (_UNFIT, "Install PostgreSQL 16 or later."),
    "53100": (_UNFIT, "Make room on the server's disk, and run it again."),
}
"""By SQLSTATE: the exit status and the remedy."""

_MESSAGES: Final = (
    (r"password authentication failed|no password supplied", "28P01"),
    (r'role ".*" does not exist|no pg_hba.conf entry|not permitted to log in|authentication failed', "28000"),
    (r'database ".*" does not exist', "3D000"),
    (r"too many clients|remaining connection slots|too many connections", "53300"),
    (r"the database system is (starting up|shutting down|in recovery)", "57P03"),
)
"""A refused connection has no SQLSTATE: libpq passes on the text alone."""

_CAUSES: Final = {
    "3D000": "there is no database {database}",
    "28P01": "the password of {role} is missing or incorrect",
    "28000": "the server does not accept {role} from this machine",
    "53300": "all connections of the server are in use",
    "57P03": "the server is starting or shutting down",
    "25006": "the server is read-only",
    "42501": "{role} may not do this",
    "42704": "the server lacks something that the schema needs",
    "0A000": "the server lacks something that the schema needs",
    "53100": "the server's disk is full",
}
"""By SQLSTATE: what is wrong, in our words, because those of the library are in one language."""

_UNREACHED: Final = (
    (r"Connection refused|No such file or directory", "nothing listens there"),
    (r"could not translate|resolve|not known|name resolution", "this host is not known"),
    (r"time(d )?out", "the server does not answer"),
    (r"closed the connection|connection to server was lost|reset by peer", "the server closed the connection"),
    (r"unreachable|No route", "no route to this host"),
    (r"SSL|certificate", "the encrypted connection failed"),
    (r"invalid URI|invalid connection option", "PostgreSQL does not know a part of this address"),
)

_DEFAULT_REMEDY: Final = (UNREACHABLE, "Start it, or set {variable}.")
_UNKNOWN_REMEDY: Final = (_UNFIT, "Report this line, which names the SQLSTATE, with the version of the server.")


class UnfitError(Exception):
    """A server or a credentials file does not meet a requirement."""

    def __init__(self, why: str, status: int = _UNFIT) -> None:
        """Set the sentence, and the exit status of the command."""
        super().__init__(why)
        self.status = status


@asynccontextmanager
async def explain_errors(url: str, variable: str) -> AsyncIterator[None]:
    """Translate each error of the database at a URL into a sentence.

    Raises:
        UnfitError: The error, with a remedy.
    """
    try:
        yield
    except DBAPIError as error:
        cause = error.orig if isinstance(error.orig, psycopg.Error) else psycopg.OperationalError(str(error.orig))
        raise _explain(cause, make_url(url), variable) from error
    except psycopg.Error as error:
        raise _explain(error, make_url(url), variable) from error


async def require(url: str, variable: str) -> None:
    """Check that a database can hold the schema.

    Raises:
        UnfitError: The server is unreachable, refuses, or is too old, or the database's encoding is not UTF8.
    """
    async with explain_errors(url, variable):
        connection = await psycopg.AsyncConnection.connect(url, connect_timeout=5)
        version = connection.info.server_version // 10_000
        encoding = connection.info.parameter_status("server_encoding")
        await connection.close()
    where = make_url(url)
    if version < POSTGRES_MIN:
        why = f"PostgreSQL {version} is too old: install PostgreSQL {POSTGRES_MIN} or later, or name another server"
        raise UnfitError(f"{_without_password(where)}: {why} in {variable}.")
    if encoding != "UTF8":
        statement = _fill(_CREATE_DATABASE, where)
        why = f"the database has the encoding {encoding} and needs UTF8. Create it again: {statement}."
        raise UnfitError(f"{_without_password(where)}: {why}")


def _explain(error: psycopg.Error, url: URL, variable: str) -> UnfitError:
    state = error.sqlstate or next((code for words, code in _MESSAGES if re.search(words, str(error))), None)
    status, remedy = _REMEDIES.get(state or "", _UNKNOWN_REMEDY if error.sqlstate else _DEFAULT_REMEDY)
    cause = _cause(error, state, url)
    return UnfitError(f"{_without_password(url)}: {cause}. {_fill(remedy, url, variable)}", status)


def _cause(error: psycopg.Error, state: str | None, url: URL) -> str:
    """Return what is wrong in our own words; in the library's only where we have none."""
    cause = _fill(_CAUSES.get(state or "", ""), url)
    if not cause and not error.sqlstate:
        cause = next((ours for theirs, ours in _UNREACHED if re.search(theirs, str(error))), "")
    message = cause or str(error).partition("\n")[0].strip().rstrip(".")
    return f"{message} ({state})" if error.sqlstate else message


def _fill(remedy: str, url: URL, variable: str = "") -> str:
    return remedy.format(database=url.database or "incident_manager", role=url.username or "ROLE", variable=variable)


def _without_password(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def require_credentials(path: Path | None, name: str, *, exactly: bool = True) -> str:
    """Return the principal of a credentials file; `exactly` accepts only this name.

    Raises:
        UnfitError: The file is not set, missing, invalid, somebody else's, or expired.
    """
    remedy = f"`incidents access init --out DIR` makes DIR/creds/{name}.creds; name it in INCIDENTS_NATS_CREDS."
    if path is None:
        raise UnfitError(f"INCIDENTS_NATS_CREDS is not set. {remedy}", 2)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not a text file"
        raise UnfitError(f"{path}: {why}. {remedy}", 2) from error
    token = nats_jwt.public_part(text)
    if not token or "BEGIN USER NKEY SEED" not in text:
        raise UnfitError(f"{path} is not a credentials file. {remedy}", 2)
    who, ends = str(token.get("name")), token.get("exp")
    if exactly and who != name:
        raise UnfitError(f"{path} holds the credentials of {who}, not of {name}. {remedy}", 2)
    if isinstance(ends, int) and ends <= time.time():
        raise UnfitError(f"{path} expired at {local_minute(ends)}. {remedy}", 2)
    return who
