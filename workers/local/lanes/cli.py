"""The command line of lanes: how many each worker has, and splitting them."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.subjects import COMMANDED, LANE_COUNTS
from workers.local.cli_environment import DATABASE_VARIABLE, DEFAULT_DATA, AsJson, Data, database_url_of
from workers.local.console_output import fail, say, table, tell, write
from workers.local.lanes import splitting
from workers.runtime.process.preconditions import UnfitError, explain_errors
from workers.runtime.storage.database import SessionTimeouts, open_engine

_LOCK_SECONDS: Final = 30.0
"""How long a split waits for the commits under way."""

_USAGE: Final = 2
ResultT = TypeVar("ResultT")

lanes = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Show and split lanes. A worker handles the commands of a lane in order, and a lane in one process at a time.",
)


class Into(StrEnum):
    """The numbers of lanes to choose from."""

    SIXTEEN = str(LANE_COUNTS[1])
    THIRTY_TWO = str(LANE_COUNTS[2])
    SIXTY_FOUR = str(LANE_COUNTS[3])


@lanes.command("show")
def show(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Show how many lanes each worker has: at most that many of its processes can work at the same time.

    `incidents status` also counts the lane of events, which a worker has if it reacts to events.

    Example: incidents lanes show
    """
    counts = _run(data, splitting.counts)
    if as_json:
        write(counts)
        return
    rows = [[worker, str(count)] for worker, count in counts.items()]
    table([say("Worker"), say("Lanes for commands")], rows, [""] * len(rows))


@lanes.command("split")
def split(
    worker: Annotated[str, typer.Argument(metavar="WORKER", help=f"One of {', '.join(COMMANDED)}.")],
    into: Annotated[
        Into | None, typer.Option(metavar="COUNT", help="How many lanes: 16, 32 or 64; twice as many by default.")
    ] = None,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Split the lanes of a worker while it runs, so that more of its processes can work at the same time.

    A worker begins with 8 lanes, and a ninth process of it has nothing to do. Split them when 8 processes are busy and
    commands still wait, and then start more processes. Commands keep their order, and each is handled once. Lanes
    cannot be joined again: each one needs a connection to the database.

    With servers of your own, set INCIDENTS_DATABASE_URL; without it, the system in --data must be running.

    Example: incidents lanes split projects --into 16
    """
    if worker not in COMMANDED:
        words = "{name} is not a worker that takes commands. Choose one of {known}."
        fail(say(words, name=worker, known=", ".join(COMMANDED)), _USAGE)
    done = _run(data, lambda engine: splitting.split(engine, worker, int(into) if into else None))
    if as_json:
        write({"worker": worker, **done._asdict()})
        return
    words = "The {before} lanes of {worker} were split: it has {after} now."
    tell(("✓", "green"), " ", say(words, worker=worker, before=done.before, after=done.after))
    words = "Running processes share them within seconds. Up to {after} processes can work at the same time."
    tell((say(words, after=done.after), "dim"))


def _run(data: Path, work: Callable[[AsyncEngine], Awaitable[ResultT]]) -> ResultT:
    """Run something in the database of the system; end with a sentence if that fails."""
    try:
        return uvloop.run(_with_engine(database_url_of(data), work))
    except UnfitError as error:
        fail(str(error), error.status)
    except splitting.SplitError as error:
        fail(str(error))


async def _with_engine(url: str, work: Callable[[AsyncEngine], Awaitable[ResultT]]) -> ResultT:
    engine = open_engine(url, connections=1, waits=SessionTimeouts("incidents-lanes", lock_seconds=_LOCK_SECONDS))
    try:
        async with explain_errors(url, DATABASE_VARIABLE):
            return await work(engine)
    finally:
        await engine.dispose()
