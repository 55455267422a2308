"""An `incidents up` in a directory of its own, whose every file can be searched."""

import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import nats
import psycopg

from contracts import subjects
from tests.privacy.byte_search import Hit
from tests.support import Caller, eventually

ROOT: Final = Path(__file__).resolve().parents[2]
_START_SECONDS: Final = 90
_RELATIONS: Final = """
    SELECT pg_relation_filepath(c.oid), c.oid::regclass::text FROM pg_class c WHERE pg_relation_filepath(c.oid) <> ''
"""


class Installation:
    """A running system, its folders, and the names of its database's files."""

    def __init__(self, directory: Path, **environment: object) -> None:
        """Choose the folder; `environment` sets further variables of the system."""
        self.directory = directory / "data"
        self._temporary = directory / "tmp"
        self._temporary.mkdir(parents=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("INCIDENTS_")}
        more = {"PYTHONPATH": str(ROOT), "TMPDIR": str(self._temporary)}
        self._environment = {**clean, **more, **{name: str(value) for name, value in environment.items()}}
        self._process: subprocess.Popen[bytes] | None = None
        self._names: dict[str, str] = {}

    @property
    def folders(self) -> tuple[Path, Path]:
        """The data directory with the logs, and the folder of temporary files."""
        return self.directory, self._temporary

    @property
    def runtime(self) -> Mapping[str, Any]:
        """How to reach it."""
        document: dict[str, Any] = json.loads((self.directory / "runtime.json").read_text())
        return document

    async def start(self) -> None:
        """Start it, and wait until it serves."""
        self._launch()

        async def is_ready() -> bool:
            assert self._process
            assert self._process.poll() is None, (self._temporary / "up.out").read_text()
            return (self.directory / "runtime.json").exists()

        await eventually(is_ready, within=_START_SECONDS)

    def _launch(self) -> None:
        line = [sys.executable, "-m", "incidents", "up", "--data", str(self.directory), "--json"]
        with (self._temporary / "up.out").open("ab") as output:
            self._process = subprocess.Popen(line, cwd=ROOT, env=self._environment, stdout=output, stderr=output)

    def incidents(self, *line: object) -> str:
        """Run a command of `incidents` to its end, and return what it printed."""
        words = [sys.executable, "-m", "incidents", *map(str, line)]
        done = subprocess.run(words, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self) -> None:
        """Stop it, as Ctrl-C does."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
            self._process = None

    @asynccontextmanager
    async def caller(self) -> AsyncIterator[Caller]:
        """Connect as the administrator."""
        runtime, credentials = self.runtime, self.directory / "creds" / "admin.creds"
        connection = await nats.connect(
            runtime["nats_url"], user_credentials=str(credentials), inbox_prefix=subjects.inbox("admin")
        )
        caller = Caller(connection, "admin", runtime["site"])
        await caller.listen()
        yield caller
        await connection.close()

    def sql(self, *statements: str) -> list[Any]:
        """Run statements as the owner of the database, and return the rows of the last one."""
        with psycopg.connect(self.runtime["database_url"], autocommit=True) as connection:
            rows: list[Any] = []
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
            return rows

    def learn_names(self) -> None:
        """Remember which file belongs to which table or index; files of earlier names stay known."""
        for url in (self.runtime["database_url"], self.runtime["log_database_url"]):
            with psycopg.connect(url) as connection:
                self._names |= dict(connection.execute(_RELATIONS).fetchall())

    def name_of(self, path: Path) -> str:
        """Return what a file is: a table, an index, or a kind of file."""
        inside = str(path).removeprefix(f"{self.directory}/").removeprefix("postgres/data/")
        if inside in self._names:
            return self._names[inside]
        if inside.startswith("pg_wal/"):
            return "write-ahead log"
        parts = Path(inside).parts
        return f"{parts[0]}: stream {parts[parts.index('streams') + 1]}" if "streams" in parts else inside

    def table(self, places: Mapping[str, str], hits: Iterable[Hit]) -> str:
        """Return where each marker was found, one line each."""
        files: dict[str, set[str]] = defaultdict(set)
        for hit in hits:
            files[places[hit.marker]].add(f"{self.name_of(hit.path)} ({hit.form})")
        return "\n".join(f"{place:<70} {', '.join(sorted(names))}" for place, names in sorted(files.items()))
