"""A site whose database is an older copy of another site's, with the same keys: what a restore leaves."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.support import Site


async def copied(site: Site) -> str:
    """Copy the database of a site, in which no worker works, and return the URL of the copy."""
    await site.engine.dispose()
    url = make_url(site.database_url)
    name = f"{url.database}_older"
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
        sql.Identifier(name), sql.Identifier(str(url.database))
    )
    with psycopg.connect(server(site), autocommit=True) as connection:
        # A session that was closed may still be ending, and its database cannot be copied until then.
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database])
        connection.execute(copy)
    return url.set(database=name).render_as_string(hide_password=False)


def server(site: Site) -> str:
    """Return the URL of the server of a site's database."""
    return make_url(site.database_url).set(database="postgres").render_as_string(hide_password=False)


@asynccontextmanager
async def restored(site: Site, older_url: str) -> AsyncIterator[Site]:
    """Open a site on the copy, with another message bus; drop the copy with the block."""
    directory: Path = site.directory / "restored"
    directory.mkdir()
    shutil.copytree(site.directory / "keys", directory / "keys")
    try:
        async with Site(directory, older_url, site.log_database_url).open() as opened:
            yield opened
    finally:
        name = sql.Identifier(str(make_url(older_url).database))
        with psycopg.connect(server(site), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
