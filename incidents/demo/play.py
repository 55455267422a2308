"""The demonstration: a system, an administrator, an operator, retention, and the activities."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from rich.console import RenderableType
from rich.text import Text

from contracts.administration_queries import Properties
from contracts.audit import ProjectActivity, SiteLog
from contracts.projects.commands import ProjectCreated, ProjectDeleted
from contracts.projects.queries import ListProjects
from incidents.client import Client, connect
from incidents.demo.administrator import Administrator
from incidents.demo.operator import Operator
from incidents.demo.retention import COMMANDS, expire
from incidents.demo.scenario import load
from incidents.demo.stage import Stage
from incidents.demo.system import OPERATOR, System, is_running, mint, run_system
from incidents.locate import DEFAULT_DATA
from incidents.terminal import activities
from incidents.terminal.session import Session
from incidents.terminal.tables import definitions, show
from incidents.terminal.text.words import name_of

_LISTED: Final = 10
_COUNTED: Final = 25
_LOGGED: Final = 12
_LOGGED_SECONDS: Final = 15.0
_PAUSE_SECONDS: Final = 0.1


async def play(session: Session, directory: Path, *, once: bool) -> None:
    """Play all scenes on the system of a directory; unless `once`, a started system keeps running until Ctrl-C.

    Raises:
        Refused: A step was refused, or took too long.
        UnreachableError: No system could be started or reached.
    """
    stage = Stage(session)
    if not once:
        words = "This terminal stays with the system until Ctrl-C. In a second one, type: {line}"
        if await is_running(directory):
            words = "The system that runs in {directory} is used, and keeps running. To see it: {line}"
        session.tell(words, directory=directory, line=_second(directory))
    stage.scene("Demonstration on {directory}", directory=directory)
    async with run_system(stage, directory) as system:
        await mint(stage, system, OPERATOR)
        async with _as(session, system, "admin") as admin, _as(session, system, OPERATOR) as operator:
            number = await _scenes(stage, admin, operator)
        _what_next(session, system, number, stopped=bool(system.child) and once)
        if system.child and not once:
            session.tell("The system keeps running; Ctrl-C stops it.")
            await system.ended()


@asynccontextmanager
async def _as(session: Session, system: System, principal: str) -> AsyncIterator[Client]:
    place = system.place(principal)
    async with connect(place.url, place.credentials, place.site, session.language) as client:
        yield client


async def _scenes(stage: Stage, admin: Client, operator: Client) -> int:
    """Play all scenes, and return the number of the project with the report."""
    scenario, now, begun = load(), datetime.now(UTC), time.perf_counter()
    stage.scene("The administrator prepares the site")
    administrator = Administrator(stage, admin, scenario)
    properties = await administrator.prepare(operator.principal)
    _print(stage, *definitions.apart(properties, admin.language))
    stage.scene("An operator documents incidents")
    documenting = Operator(stage, operator, scenario, properties)
    opened = await documenting.document(now)
    await _print_list(stage, operator, properties)
    await documenting.report(opened[0])
    stage.scene("Retention deletes expired projects")
    expired = await expire(stage, admin, scenario, now)
    stage.scene("The activities are recorded")
    with stage.step("wait until the log server has recorded it"):
        await _until_logged(admin, expired)
    await _print_record(stage, admin, operator, opened[0], show.Names(properties))
    count = administrator.sent + documenting.sent + COMMANDS
    seconds = round(time.perf_counter() - begun, 1)
    _print(stage, stage.session.say("{count} commands in {seconds} s", count=count, seconds=seconds))
    return opened[0].number


async def _print_list(stage: Stage, operator: Client, properties: Properties) -> None:
    page = await operator.ask(ListProjects(limit=_COUNTED))
    names = show.Names(properties)
    _print(stage, show.project_rows(page.items[:_LISTED], names, operator.language))
    counted = Counter(names.of(row.type_id) for row in page.items)
    title = stage.session.say("Who was hurt, in the last {number} projects", number=len(page.items))
    _print(stage, show.table(operator.language, "Type", "Projects", rows=counted.most_common(), title=title))


async def _print_record(
    stage: Stage, admin: Client, operator: Client, project: ProjectCreated, names: show.Names
) -> None:
    activity = await operator.ask(ProjectActivity(project_id=project.project_id))
    log = await admin.ask(SiteLog(limit=_LOGGED))
    say = stage.session.say
    _print(stage, Text(say("activity of project {number}", number=project.number), style="bold"))
    _print(stage, activities.activity(activity.items, names, operator.language))
    _print(stage, Text(say("last entries of the log server"), style="bold"))
    _print(stage, activities.log(log.items, names, {}, operator.language))


async def _until_logged(admin: Client, project_id: UUID) -> None:
    """Wait until the last activity is recorded, which takes a moment."""
    deadline = time.monotonic() + _LOGGED_SECONDS
    while time.monotonic() < deadline:
        log = await admin.ask(SiteLog(activities=[ProjectDeleted.subject], limit=_COUNTED))
        if any(entry.project_id == project_id for entry in log.items):
            return
        await asyncio.sleep(_PAUSE_SECONDS)


def _print(stage: Stage, *readable: RenderableType) -> None:
    if not stage.session.json:
        stage.session.out.print(*readable, sep="\n")


def _second(directory: Path) -> str:
    """Return the line for another terminal, which does not have this environment."""
    option = "" if directory == DEFAULT_DATA else f" --data {directory}"
    activate = Path(sys.prefix) / "bin" / "activate"
    enter = f"cd {Path.cwd()} && . {activate} && " if activate.exists() else ""
    return f"{enter}incidents projects list{option}"


def _what_next(session: Session, system: System, number: int, *, stopped: bool) -> None:
    if session.json:
        return
    option = "" if system.directory == DEFAULT_DATA else f" --data {system.directory}"
    file = name_of(session.language, "example", "report.pdf")
    shown = (f"projects show {number}", f"report {number} -o {file}", f"audit activity {number}")
    lines = ("projects list", *shown, "audit log --since 1h", "watch")
    words = "To go on, start the system with `incidents up{option}`, and type in a second terminal:"
    session.out.print()
    session.out.print(Text(session.say(words if stopped else "To go on, type:", option=option), style="bold"))
    for line in lines:
        session.out.print(Text(f"  incidents {line}{option}"))
