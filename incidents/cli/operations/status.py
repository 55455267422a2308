"""Is the system healthy: one screen, once or live."""

import asyncio
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from contracts.subjects import WORKERS
from incidents.cli.operations.health import Finding, judge
from incidents.client import Client
from incidents.locate import data_directory
from incidents.survey import Survey
from incidents.terminal.input.reading import read_decimal
from incidents.terminal.options import command
from incidents.terminal.session import Session, Status
from incidents.terminal.tables import show

_MIB: Final = 1 << 20
_HEADINGS: Final = ("Worker", "Up", "Ready", "Lanes", "Lag", "Oldest", "Outbox", "Done", "Refused")


def register(app: typer.Typer) -> None:
    """Add `status` and `top`."""
    command(
        app,
        "status",
        "incidents status",
        "incidents status --json | jq .findings",
        "incidents status --data /srv/im",
        table=True,
    )(status)
    command(app, "top", "incidents top", "incidents top --every 5 --json")(top)


async def status(session: Session) -> None:
    """Say whether the system is healthy, in one screen; the exit status is 0 when nothing fails, and 1 otherwise.

    Needs the credentials of operations, `ops`, which lie in the data directory.
    """
    async with operations(session).client() as client:
        found, findings = await _look(session, client)
    sheet = _workers(session, found) if session.csv else None
    session.show(_document(found, findings), *_screen(session, found, findings), sheet=sheet)
    if any(one.level == "fails" for one in findings):
        raise typer.Exit(Status.REFUSED)


async def top(
    session: Session,
    every: Annotated[str, typer.Option("--every", metavar="SECONDS", help="Between two looks.")] = "2",
) -> None:
    """Show the same as `status` again and again, until Ctrl-C."""
    pause = read_decimal(session, every, 1, "--every") or 1.0
    async with operations(session).client() as client:
        if session.json or not session.out.is_terminal:
            while True:
                found, findings = await _look(session, client)
                session.show(_document(found, findings), *_screen(session, found, findings))
                await asyncio.sleep(pause)
        with Live(console=session.out, auto_refresh=False, screen=True) as live:
            while True:
                found, findings = await _look(session, client)
                live.update(Group(*_screen(session, found, findings)), refresh=True)
                await asyncio.sleep(pause)


def operations(session: Session) -> Session:
    """Act as operations where nobody else is named."""
    return replace(session, principal="ops") if session.principal == "admin" else session


async def _look(session: Session, client: Client) -> tuple[Survey, list[Finding]]:
    found = await client.survey()
    free = _disk_free(session)
    return found, judge(found, version=version("incident-manager"), now=datetime.now(UTC), disk_free=free)


def _disk_free(session: Session) -> int | None:
    """Return what is free where the system's files are, where they are on this machine."""
    folder = data_directory(session.data)
    return shutil.disk_usage(folder).free if (folder / "runtime.json").exists() else None


def _document(found: Survey, findings: Iterable[Finding]) -> dict[str, Any]:
    told = [{"level": one.level, "what": one.what, **one.values} for one in findings]
    return {
        "healthy": all(one["level"] != "fails" for one in told),
        "findings": told,
        "processes": found.processes,
        "streams": found.streams,
        "dead_letters": found.dead_letters,
    }


def _screen(session: Session, found: Survey, findings: list[Finding]) -> list[RenderableType]:
    fails = any(one.level == "fails" for one in findings)
    verdict = session.say("something fails") if fails else session.say("nothing fails")
    style = "bold red" if fails else "bold green"
    at = show.local(datetime.now(UTC), session.language)
    shown: list[RenderableType] = [Text.assemble((verdict, style), "  ", (at, "dim"))]
    for one in findings:
        mark, colour = ("✗", "red") if one.level == "fails" else ("!", "yellow")
        shown.append(Text.assemble((f"{mark} ", colour), _said(session, one)))
    return [*shown, _workers(session, found), show.facts(session.language, _beside(session, found))]


def _workers(session: Session, found: Survey) -> show.Sheet:
    rows = [_row(worker, found.of(worker)) for worker in WORKERS]
    return show.table(session.language, *_HEADINGS, rows=rows)


def _row(worker: str, processes: list[dict[str, Any]]) -> tuple[object, ...]:
    ready = sum(bool(one.get("ready", True)) for one in processes)
    oldest = max((one.get("oldest_pending_seconds") or 0.0 for one in processes), default=0.0)
    return (
        worker,
        len(processes),
        bool(processes) and ready == len(processes),
        sum(len(one.get("lanes", ())) for one in processes),
        _sum(processes, "lag"),
        show.Cell(f"{oldest:.0f} s", round(oldest)),
        _sum(processes, "outbox"),
        _sum(processes, "applied"),
        _sum(processes, "rejected"),
    )


def _said(session: Session, finding: Finding) -> str:
    """Say a finding, in the singular where it is of one."""
    if finding.single and "count" in finding.values:
        number, values = finding.values["count"], {**finding.values}
        del values["count"]
        return session.count(number, finding.single, finding.words, **values)
    return session.say(finding.words, **finding.values)


def _sum(processes: list[dict[str, Any]], name: str) -> int:
    return sum(one.get(name) or 0 for one in processes)


def _beside(session: Session, found: Survey) -> Iterable[tuple[str, object]]:
    yield "Dead letters", "–" if found.dead_letters is None else found.dead_letters
    for one in found.of("audit"):
        if log_server := one.get("log_server"):
            waiting = session.count(log_server["waiting"], "{count} entry waits", "{count} entries wait")
            missing = "" if log_server["configured"] else f"{session.say('not configured')}, "
            yield "Log server", f"{missing}{waiting}"
    for name, told in found.streams.items():
        most = f" / {told['bytes_max'] // _MIB}" if told["bytes_max"] > 0 else ""
        words = "{count} messages, {size} MiB"
        yield name, session.say(words, count=told["messages"], size=f"{told['bytes'] // _MIB}{most}")
    free = _disk_free(session)
    if free is not None:
        yield "Disk", session.say("{free} MiB free", free=free // _MIB)
    yield "Version", ", ".join(sorted({str(one["version"]) for one in found.processes})) or "–"
    clocks = sorted(str(one["database_time"]) for one in found.processes if one.get("database_time"))
    yield "Clock", show.local(datetime.fromisoformat(clocks[-1]), session.language) if clocks else ""
