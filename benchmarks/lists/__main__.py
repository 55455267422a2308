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

from benchmarks.lists.asking import measure
from benchmarks.lists.filling import fill
from workers.local.postgres import EmbeddedPostgres
from workers.migrations.upgrade import migrate
from workers.runtime.database import open_engine

FEW = 10_000


async def _migrated(url: str) -> None:
    engine = open_engine(url, connections=1)
    await migrate(engine)
    await engine.dispose()


def filled(server: EmbeddedPostgres, count: int) -> str:
    """Return the address of a database with so many projects, made if it is not there."""
    name = f"lists_{count}"
    url = server.url(name)
    with psycopg.connect(server.url("postgres"), autocommit=True) as database:
        if database.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone():
            return url
    server.ensure_database(name)
    asyncio.run(_migrated(url))
    since = time.perf_counter()
    fill(url, count)
    print(f"{count} projects in {time.perf_counter() - since:.0f} s", file=sys.stderr)
    return url


async def _measured(url: str, count: int, times: int, only: str) -> dict[str, dict[str, float]]:
    engine = open_engine(url, connections=1)
    try:
        return await measure(engine, count, times, only)
    finally:
        await engine.dispose()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both sizes by the same questions, and print the growth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lists", description=__doc__)
    parser.add_argument("--projects", type=int, default=200_000, help="how many are many; 1000000 takes minutes")
    parser.add_argument("--times", type=int, default=200, help="questions of each kind")
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--keep", type=Path, help="keep the server's files here, and use them again")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="incidents-lists-") as directory:
        server = EmbeddedPostgres((options.keep or Path(directory)) / "postgres")
        server.start()
        try:
            told = {
                count: uvloop.run(_measured(filled(server, count), count, options.times, options.only))
                for count in (FEW, options.projects)
            }
        finally:
            server.stop()
    print(json.dumps(told) if options.json else table(told[FEW], told[options.projects]))


def table(few: dict[str, dict[str, float]], many: dict[str, dict[str, float]]) -> str:
    """Return the figures as a table."""
    head = "| milliseconds | p50, few | p50, many | growth | p99, few | p99, many | longest |\n|" + " --- |" * 7
    rows = [
        f"| {name} | {small['p50']:.2f} | {large['p50']:.2f} | {large['p50'] / small['p50']:.2f} "
        f"| {small['p99']:.1f} | {large['p99']:.1f} | {large['max']:.1f} |"
        for name, small in few.items()
        for large in (many[name],)
    ]
    return "\n".join((head, *rows))


if __name__ == "__main__":
    main()
