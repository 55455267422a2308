"""The commands that show the health of the system, once or live."""

import asyncio
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from contracts import sentences
from contracts.evidence.witness_requests import REASONS
from contracts.figures import quantity, size
from contracts.subjects import WORKERS
from incidents.cli.operations.health import Finding, judge
from incidents.client import Client
from incidents.locate import data_directory
from incidents.survey import Survey
from incidents.terminal.input.reading import read_decimal
from incidents.terminal.options import command
from incidents.terminal.session import Session, Status
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of

_REASONS: Final = {"TimeoutError": "timed out"}
"""The words for reasons that are names of errors."""

_COUNTED: Final = ("Lanes", "Lag", "Oldest", "Outbox", "Done", "Refusals")
_PLAIN: Final = ("Worker", "Up", "Ready", *_COUNTED)


def register(app: typer.Typer) -> None:
    """Add `status` and `top`."""
    command(
        app,
        "status",
        "incidents status",
        "incidents status --json | jq .findings",
        "incidents status --data /srv/im",
        principal="ops",
        table=True,
    )(status)
    command(app, "top", "incidents top", "incidents top --every 5 --json", principal="ops")(top)


async def status(session: Session) -> None:
    """Show on one screen whether the system is healthy; the exit status is 0 if nothing fails, and 1 otherwise.

    It needs the credentials of operations, `ops`, which are in the data directory.
    """
    async with session.client() as client:
        survey, findings = await _look(session, client)
    sheet = _for_a_spreadsheet(session, survey) if session.csv else None
    session.show(_document(survey, findings), *_screen(session, survey, findings), sheet=sheet)
    if any(finding.level == "fails" for finding in findings):
        raise typer.Exit(Status.REFUSED)


async def top(
    session: Session,
    every: Annotated[str, typer.Option("--every", metavar="SECONDS", help="The interval between updates.")] = "2",
) -> None:
    """Show the same as `status` continuously, until Ctrl-C."""
    pause = read_decimal(session, every, 1, "--every") or 1.0
    async with session.client() as client:
        if session.json or not session.out.is_terminal:
            while True:
                survey, findings = await _look(session, client)
                session.show(_document(survey, findings), *_screen(session, survey, findings))
                await asyncio.sleep(pause)
        with Live(console=session.out, auto_refresh=False, screen=True) as live:
            while True:
                survey, findings = await _look(session, client)
                live.update(Group(*session.with_zone(*_screen(session, survey, findings))), refresh=True)
                await asyncio.sleep(pause)


async def _look(session: Session, client: Client) -> tuple[Survey, list[Finding]]:
    survey = await client.survey()
    free = _disk_free(session)
    return survey, judge(survey, version=version("incident-manager"), now=datetime.now(UTC), disk_free=free)


def _disk_free(session: Session) -> int | None:
    """Return the free space of the disk with the system's files, if they are on this machine."""
    folder = data_directory(session.data)
    return shutil.disk_usage(folder).free if (folder / "runtime.json").exists() else None


def _document(survey: Survey, findings: Iterable[Finding]) -> dict[str, Any]:
    items = [{"level": finding.level, "what": finding.what, **finding.values} for finding in findings]
    return {
        "healthy": all(finding["level"] != "fails" for finding in items),
        "findings": items,
        "processes": survey.processes,
        "streams": survey.streams,
        "events_missing": survey.events_missing,
        "dead_letters": survey.dead_letters,
    }


def _screen(session: Session, survey: Survey, findings: list[Finding]) -> list[RenderableType]:
    fails = any(finding.level == "fails" for finding in findings)
    verdict = session.say("something fails") if fails else session.say("nothing fails")
    style = "bold red" if fails else "bold green"
    at = show.local(datetime.now(UTC), session.language)
    shown: list[RenderableType] = [Text.assemble((verdict, style), "  ", (at, "dim"))]
    for finding in findings:
        mark, colour = ("✗", "red") if finding.level == "fails" else ("!", "yellow")
        shown.append(Text.assemble((f"{mark} ", colour), _sentence(session, finding)))
    return [*shown, _workers(session, survey), show.facts(session.language, _further_facts(session, survey))]


def _workers(session: Session, survey: Survey) -> show.Sheet:
    """Return the workers for people: how many of their processes are ready, and what they do."""
    answering = [(worker, survey.of(worker)) for worker in WORKERS]
    rows = [
        (worker, f"{_ready(processes)}/{len(processes)}", *_counted(processes, session.language))
        for worker, processes in answering
    ]
    return show.table(session.language, "Worker", "Ready", *_COUNTED, rows=rows)


def _for_a_spreadsheet(session: Session, survey: Survey) -> show.Sheet:
    answering = [(worker, survey.of(worker)) for worker in WORKERS]
    rows = [
        (worker, len(processes), 0 < len(processes) == _ready(processes), *_counted(processes, session.language))
        for worker, processes in answering
    ]
    return show.table(session.language, *_PLAIN, rows=rows)


def _ready(processes: list[dict[str, Any]]) -> int:
    return sum(bool(process.get("ready", True)) for process in processes)


def _counted(processes: list[dict[str, Any]], language: str) -> tuple[object, ...]:
    oldest = max((process.get("oldest_pending_seconds") or 0.0 for process in processes), default=0.0)
    return (
        sum(len(process.get("lanes", ())) for process in processes),
        _sum(processes, "lag"),
        show.Cell(quantity(f"{oldest:.0f}", "s", language), round(oldest)),
        _sum(processes, "outbox"),
        _sum(processes, "applied"),
        _sum(processes, "rejected"),
    )


def _sentence(session: Session, finding: Finding) -> str:
    """Return the sentence of a finding, in the singular for a count of 1."""
    values = {**finding.values}
    if "part" in values:
        values["part"] = name_of(session.language, "part", values["part"])
        values["reason"] = session.say(_REASONS.get(values["reason"], values["reason"]))
    if "witness" in values:
        reasons = (*REASONS, "[Errno 111] Connection refused")
        values["reason"] = sentences.translate(values["reason"], reasons, session.say)
    if "free" in values:
        values["free"] = size(values["free"] << 20, session.language)
    if finding.single and "count" in values:
        return session.count(values.pop("count"), finding.single, finding.words, **values)
    return session.say(finding.words, **values)


def _sum(processes: list[dict[str, Any]], name: str) -> int:
    return sum(process.get(name) or 0 for process in processes)


def _further_facts(session: Session, survey: Survey) -> Iterable[tuple[str, object]]:
    lost = survey.events_missing
    yield "Events missing", "–" if lost is None else Text(str(lost), "red" if lost else "")
    yield "Dead letters", "–" if survey.dead_letters is None else survey.dead_letters
    for process in survey.of("audit"):
        if log_server := process.get("log_server"):
            yield "Log server", _log_server(session, log_server)
        if trees := process.get("log_trees"):
            yield "Activity logs", _log_trees(session, trees)
        if witnesses := process.get("witnesses"):
            yield "Witnesses", _witnesses(session, witnesses)
    journals = [journal for process in survey.of("projects") if (journal := process.get("erasure_journal"))]
    if journals:
        yield "Erasures", _erasure_journal(session, journals[0])
    if waiting := [each["waiting"] for process in survey.of("retention") if (each := process.get("erasures"))]:
        yield "Certificates", _certificates(session, waiting[0])
    for name, stream in survey.streams.items():
        most = f" / {size(stream['bytes_max'], session.language)}" if stream["bytes_max"] > 0 else ""
        words = ("{count} message, {size}", "{count} messages, {size}", "no messages, {size}")
        yield name, session.count(stream["messages"], *words, size=size(stream["bytes"], session.language) + most)
    free = _disk_free(session)
    if free is not None:
        yield "Disk", session.say("{free} free", free=size(free, session.language))
    yield "Version", ", ".join(sorted({str(process["version"]) for process in survey.processes})) or "–"
    clocks = sorted(str(process["database_time"]) for process in survey.processes if process.get("database_time"))
    yield "Clock", datetime.fromisoformat(clocks[-1]) if clocks else ""


def _log_server(session: Session, log_server: dict[str, Any]) -> str:
    if not log_server["configured"] and not log_server["waiting"]:
        return session.say("none: INCIDENTS_LOG_DATABASE_URL is not set")
    if not log_server["waiting"]:
        return session.say("all entries are stored")
    singular, plural = "{count} entry is not stored there yet", "{count} entries are not stored there yet"
    return session.count(log_server["waiting"], singular, plural)


def _log_trees(session: Session, trees: list[dict[str, Any]]) -> str:
    if waiting := sum(max(tree["recorded"] - tree["in_tree"], 0) for tree in trees):
        singular, plural = "{count} entry is not in the tree yet", "{count} entries are not in the tree yet"
        return session.count(waiting, singular, plural)
    if unsigned := sum(max(tree["recorded"] - tree["signed"], 0) for tree in trees):
        singular, plural = "{count} entry is not signed yet", "{count} entries are not signed yet"
        return session.count(unsigned, singular, plural)
    return session.say("all entries are signed")


def _erasure_journal(session: Session, journal: dict[str, Any]) -> str:
    if not journal["configured"]:
        return session.say("no journal: INCIDENTS_ERASURES is not set")
    if journal["waiting"]:
        singular, plural = "{count} erasure is not in the journal yet", "{count} erasures are not in the journal yet"
        return session.count(journal["waiting"], singular, plural)
    return session.say("everything that was erased is in the journal")


def _certificates(session: Session, waiting: int) -> str:
    words = ("{count} erasure has none yet", "{count} erasures have none yet", "every erasure has one")
    return session.count(waiting, *words)


def _witnesses(session: Session, witnesses: list[dict[str, Any]]) -> str:
    """Return how many of the witnesses have attested their last request."""
    names = {witness["name"] for witness in witnesses}
    failing = {witness["name"] for witness in witnesses if witness["problem"]}
    return session.say("{count} of {total} attest", count=len(names - failing), total=len(names))
