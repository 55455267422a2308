"""Forty everyday tasks through the real command line, on a system that `incidents up` runs."""

import json
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from tests.client.command_line import CommandResult, incidents
from tests.client.interactive import run_command
from tests.client.tasks import ENDLESS, LATER, TASKS, Task
from tests.support import eventually

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")
MARKER = "what the database refuses"
PREPARED = (
    "statuses add Closed",
    "categories define 1 Reason",
    "categories add Reason Other",
    "types add Theft",
    "access create olivia",
    "access create alarms",
    "roles define guards --name Guards --manage incident-projects --manage main-details --manage comments",
    "roles grant olivia guards",
    "roles grant alarms guards",
    "projects create --description Nothing",
    f"projects comment 1 '{MARKER}' --as olivia",
    "send projects.praise x --raw --as olivia --wait 1",
)
"""What was there before the day began: definitions, a colleague, and two letters of hers that could not be handled."""


def test_a_task_takes_two_commands_at_most() -> None:
    """At least 36 of the 40 tasks are one or two lines without JSON and without ids that are looked up."""
    assert len(TASKS) >= 36
    assert sorted([*LATER, *(task.number for task in TASKS)]) == list(range(1, 41))
    lines = [line for task in TASKS for line in task.lines]
    assert [task.number for task in TASKS if not 1 <= len(task.lines) <= 2] == []
    assert [line for line in lines if "{" in line or "--json" in line or UUID.search(line)] == []


class Day:
    """A working day at one command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"INCIDENTS_DATA": str(folder / "data"), "TOLD": str(folder / "told.json")}

    async def type(self, line: str, standard_input: str = "") -> CommandResult:
        """Type one line behind `incidents`."""
        return await incidents(
            *shlex.split(line), standard_input=standard_input, folder=self.folder, environment=self.environment
        )

    async def fault(self, statement: str) -> None:
        """Break or mend what the database takes."""
        url = json.loads((self.folder / "data" / "runtime.json").read_text())["database_url"]
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute(statement)

    async def do(self, task: Task) -> str:
        """Do a task; return why it was not done, or nothing."""
        if task.before:
            await self.type(task.before)
        if task.number in ENDLESS:
            try:
                return await self._watch(task)
            except (TimeoutError, AssertionError) as error:
                return f"{task.number} {task.name}: {error!r}"
        output = ""
        for line in task.lines[:-1]:
            ended = await self.type(line)
            output += ended.out if ended.status == 0 else f"[{ended.status}] {ended.err}"
        return await self._type_last_line(task, output)

    async def _type_last_line(self, task: Task, output: str) -> str:
        """Type the last line, again where what it shows follows what happens a moment later."""

        async def shows_all() -> bool:
            ended = await self.type(task.lines[-1], task.standard_input)
            whole = " ".join((output + ended.out).split())
            assert ended.status == 0, ended.out + ended.err
            assert [text for text in task.shows if text not in whole] == [], ended.out + ended.err
            return True

        try:
            await eventually(shows_all, within=40 if task.before else 0)
        except AssertionError as error:
            return f"{task.number} {task.name}: {error}"
        return ""

    async def _watch(self, task: Task) -> str:
        """Start what goes on until Ctrl-C, wait for what it shows, and end it."""
        async with run_command(
            {**self.environment, "COLUMNS": "120"}, *shlex.split(task.lines[0]), folder=self.folder
        ) as running:
            if task.shows:
                while task.shows[0] not in await running.line():
                    pass
            else:
                await running.line("stderr")
                await self.type("projects create --description 'Something new'")
                assert "project created" in await running.line()
            await running.interrupt()
        return ""


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Day]:
    """Run a system below a folder for as long as the block lasts."""
    day = Day(folder)
    async with run_command(day.environment, "up", folder=folder) as up:
        while "ready" not in await up.line():
            pass
        yield day
        await up.interrupt()


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    """Begin a working day: a system, what is defined on it, and files to work with."""
    (tmp_path / "rows.csv").write_text("number,created_by,created_at,description\n700,ann,2026-11-20T08:00:00Z,Old\n")
    (tmp_path / "told.sh").write_text('cat >> "$TOLD"\n')
    async with started(tmp_path) as day:
        await day.fault(f"ALTER TABLE projects.comment ADD CONSTRAINT broken CHECK (text <> '{MARKER}')")
        for line in PREPARED:
            await day.type(line)
        await day.fault("ALTER TABLE projects.comment DROP CONSTRAINT broken")
        yield day


@pytest.mark.timeout(1800)
async def test_the_tasks_of_a_day_are_done(day: Day) -> None:
    """Every task that is possible is done by its lines: they end with 0 and show what was asked for."""
    undone = [why for task in TASKS if (why := await day.do(task))]
    assert undone == []
    events = [json.loads(line) for line in (day.folder / "told.json").read_text().splitlines()]
    assert {event["happened"] for event in events} == {"projects.created"}
