"""Pages, searches and counts at ten thousand projects and at many: python -m benchmarks.lists."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
import uvloop

from benchmarks.lists.asking import ListDatabase, measure
from benchmarks.lists.filling import fill
from workers.local.servers.postgres import EmbeddedPostgres
from workers.migrations.upgrade import migrate
from workers.runtime.storage.database import open_engine

FEW_PROJECTS = 10_000


async def _migrate(url: str) -> None:
    engine = open_engine(url, connections=1)
    await migrate(engine)
    await engine.dispose()


def prepare_database(server: EmbeddedPostgres, count: int) -> str:
    """Return the URL of a database with so many projects, creating it if it does not exist."""
    name = f"lists_{count}"
    url = server.url(name)
    with psycopg.connect(server.url("postgres"), autocommit=True) as database:
        if database.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            return url
    server.ensure_database(name)
    asyncio.run(_migrate(url))
    since = time.perf_counter()
    fill(url, count)
    print(f"{count} projects in {time.perf_counter() - since:.0f} s", file=sys.stderr)
    return url


async def _measure(urls: dict[int, str], options: argparse.Namespace) -> dict[str, list[dict[str, float]]]:
    libraries = [ListDatabase(open_engine(url, connections=1), count) for count, url in urls.items()]
    try:
        return await measure(libraries, options.times, options.only, is_warm=not options.cold)
    finally:
        for library in libraries:
            await library.engine.dispose()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both sizes with the same queries, and print the growth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lists", description=__doc__)
    parser.add_argument("--projects", type=int, default=200_000, help="how many are many; 1000000 takes minutes")
    parser.add_argument("--times", type=int, default=200, help="questions of each kind")
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--cold", action="store_true", help="do not read the tables and indexes into the cache first")
    parser.add_argument("--keep", type=Path, help="keep the server's files here, and use them again")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="incidents-lists-") as directory:
        server = EmbeddedPostgres((options.keep or Path(directory)) / "postgres")
        server.start()
        try:
            urls = {count: prepare_database(server, count) for count in (FEW_PROJECTS, options.projects)}
            figures = uvloop.run(_measure(urls, options))
        finally:
            server.stop()
    print(json.dumps(figures) if options.json else table(figures))


def table(figures: dict[str, list[dict[str, float]]]) -> str:
    """Return the figures as a table of waiting time and of the server's processor time."""
    kinds = ("p50", "p99", "longest", "processor p50", "processor p99")
    head = f"| milliseconds, few / many | growth | {' | '.join(kinds)} |\n|{' --- |' * (len(kinds) + 2)}"
    rows = []
    for name, (few, many) in figures.items():
        cells = " | ".join(f"{few[kind]:.1f} / {many[kind]:.1f}" for kind in kinds)
        rows.append(f"| {name} | {many['processor p50'] / few['processor p50']:.2f} | {cells} |")
    return "\n".join((head, *rows))


if __name__ == "__main__":
    main()
