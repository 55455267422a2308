"""Real servers for every test: one PostgreSQL per test process, a site of its own per test."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
import structlog
from psycopg import sql

from tests.support import Site
from tests.support.databases import MANY_DATABASES, TEMPLATES, folder_in_memory, prepared
from tests.support.order import deal, is_long, time_limit
from workers.common.logs import without_text
from workers.local.servers.postgres import EmbeddedPostgres

_numbers = count(1)

# Otherwise each of hundreds of processes that tests start would compile all that it imports, and each process of tests
# would rewrite all assertions; images of Python set the variable.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the long tests when several processes share the tests."""
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    if processes > 1:
        long = sorted(filter(is_long, items), key=time_limit, reverse=True)
        items[:] = deal(long, [test for test in items if not is_long(test)], processes)


def pytest_collection_finish() -> None:
    """Collect garbage as a worker process does: by default, one second in fifteen went into looking at what stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def _no_locale() -> Iterator[None]:
    """Speak English wherever the tests run, in the processes that they start, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", "C.UTF-8")
        yield


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """Log as a worker process does; structlog's own form draws every failed batch for seconds."""
    structlog.configure(processors=[structlog.stdlib.add_log_level, without_text, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One PostgreSQL server with migrated template databases."""
    with folder_in_memory() as folder:
        server = EmbeddedPostgres(folder or tmp_path_factory.mktemp("postgres") / "data")
        server.prepare()
        (server.directory / "data" / "postgresql.auto.conf").write_text(MANY_DATABASES)
        server.launch()
        server.wait()
        try:
            asyncio.run(prepared(server, *TEMPLATES))
            yield server
        finally:
            server.stop()


@pytest.fixture
def databases(postgres: EmbeddedPostgres) -> Iterator[tuple[str, str]]:
    """Return fresh databases of the newest schema: incident_manager and log_server."""
    with fresh(postgres) as urls:
        yield urls


@contextmanager
def fresh(postgres: EmbeddedPostgres) -> Iterator[tuple[str, str]]:
    """Make the two databases of one site, and drop them with the block."""
    number = next(_numbers)
    names = {kind: f"{kind}_{number}" for kind in ("incident_manager", "log_server")}
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        for kind, name in names.items():
            creation = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
            connection.execute(creation.format(sql.Identifier(name), sql.Identifier(f"template_{kind}")))
        urls = {kind: postgres.url(name) for kind, name in names.items()}
        with psycopg.connect(urls["incident_manager"]) as site:  # the template may be older than an hour
            site.execute("UPDATE runtime.clock SET believed_at = now()")
        yield urls["incident_manager"], urls["log_server"]
        for name in names.values():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def elsewhere(tmp_path: Path, postgres: EmbeddedPostgres) -> AsyncIterator[Site]:
    """Another site, beside the first."""
    with fresh(postgres) as urls:
        async with Site(tmp_path / "elsewhere", *urls, name="elsewhere").open() as opened:
            yield opened


@pytest.fixture
async def site(tmp_path: Path, databases: tuple[str, str]) -> AsyncIterator[Site]:
    """A site of its own: fresh streams, fresh databases, nobody else."""
    async with Site(tmp_path, *databases).open() as opened:
        yield opened
