"""Whether a system is healthy: rules over what its processes and its message bus say."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from contracts.subjects import COMMANDED, LANES, WORKERS
from incidents.survey import Survey

Level = Literal["fails", "attention"]

_WAITING_SECONDS: Final = 60.0
_LATE_SECONDS: Final = 10.0
_OUTBOX: Final = 1_000
_FULL, _FILLING = 0.95, 0.8
_CLOCK_SECONDS: Final = 60.0
_MIB: Final = 1 << 20
_LITTLE, _TOO_LITTLE = 1024 * _MIB, 64 * _MIB


class Finding(NamedTuple):
    """Something that is not as it should be: `what` for programs, `words` with their values for people.

    `single` are the words where `count` is one.
    """

    level: Level
    what: str
    words: str
    values: dict[str, Any]
    single: str = ""


def judge(survey: Survey, *, version: str, now: datetime, disk_free: int | None) -> list[Finding]:
    """Return what is not as it should be, the worst first."""
    found = [
        *_of_workers(survey),
        *_of_streams(survey),
        *_of_letters(survey),
        *_of_versions(survey, version),
        *_of_clock(survey, now),
        *_of_disk(disk_free),
    ]
    return sorted(found, key=lambda one: one.level == "attention")


def _of_workers(survey: Survey) -> Iterator[Finding]:
    for worker in WORKERS:
        processes = survey.of(worker)
        if not processes:
            yield Finding("fails", "worker_missing", "no process of the worker {worker} answers", {"worker": worker})
            continue
        for one in processes:
            yield from _of_process(worker, one)
        owned = {lane for one in processes for lane in one.get("lanes", ())}
        missing = sorted(set(range(LANES)) - owned) if worker in COMMANDED else []
        if missing:
            values = {"worker": worker, "lanes": ", ".join(map(str, missing))}
            yield Finding("fails", "lanes_without_owner", "{worker}: nobody serves the lanes {lanes}", values)


def _of_process(worker: str, one: dict[str, Any]) -> Iterator[Finding]:
    about = {"worker": worker}
    for each in one.get("failing", ()):
        values = {**about, "part": each["part"], "reason": each["reason"], "seconds": round(each["seconds"])}
        yield Finding("fails", "part_fails", "{worker}: {part} fails for {seconds} s: {reason}", values)
    if one.get("ready") is False and not one.get("failing"):
        yield Finding("fails", "not_ready", "{worker} is not ready yet", about)
    oldest = one.get("oldest_pending_seconds") or 0.0
    if oldest > _LATE_SECONDS:
        level: Level = "fails" if oldest > _WAITING_SECONDS else "attention"
        values = {**about, "count": one.get("lag", 0), "seconds": round(oldest)}
        words = "{worker}: {count} messages wait, the oldest for {seconds} s"
        single = "{worker}: {count} message waits, for {seconds} s"
        yield Finding(level, "messages_wait", words, values, single)
    if (one.get("outbox") or 0) > _OUTBOX:
        words = "{worker}: {count} events and commands wait to be published"
        yield Finding("attention", "outbox_waits", words, {**about, "count": one["outbox"]})
    yield from _of_log_server(one.get("log_server"))


def _of_log_server(told: dict[str, Any] | None) -> Iterator[Finding]:
    if told is None:
        return
    if not told["configured"]:
        yield Finding("attention", "log_server_not_configured", "no log server is configured", {})
    if (told["oldest_seconds"] or 0) > _WAITING_SECONDS:
        words = "the log server is away: {count} entries wait for it, the oldest for {seconds} s"
        single = "the log server is away: {count} entry waits for it, for {seconds} s"
        values = {"count": told["waiting"], "seconds": round(told["oldest_seconds"])}
        yield Finding("fails", "log_server_away", words, values, single)


def _of_streams(survey: Survey) -> Iterator[Finding]:
    for name in ("COMMANDS", "EVENTS", "DEAD"):
        told = survey.streams.get(name)
        if told is None:
            yield Finding("fails", "stream_missing", "the stream {stream} does not answer", {"stream": name})
        elif name != "DEAD" and told["bytes_max"] > 0 and told["bytes"] > _FILLING * told["bytes_max"]:
            part = told["bytes"] / told["bytes_max"]
            level: Level = "fails" if part > _FULL else "attention"
            values = {"stream": name, "percent": round(part * 100)}
            yield Finding(level, "stream_full", "the stream {stream} is full to {percent} %", values)


def _of_letters(survey: Survey) -> Iterator[Finding]:
    if survey.dead_letters:
        words = "{count} dead letters: incidents dead list"
        single = "{count} dead letter: incidents dead list"
        yield Finding("attention", "dead_letters", words, {"count": survey.dead_letters}, single)


def _of_versions(survey: Survey, version: str) -> Iterator[Finding]:
    running = sorted({str(one["version"]) for one in survey.processes})
    if len({*running, version}) > 1:
        values = {"running": ", ".join(running), "here": version}
        yield Finding("attention", "versions_differ", "workers run {running}, this is {here}", values)


def _of_clock(survey: Survey, now: datetime) -> Iterator[Finding]:
    if any(one.get("clock_doubted") for one in survey.processes):
        words = "the database's clock is doubted: nothing is deleted because of its age"
        yield Finding("fails", "clock_doubted", words, {})
    clocks = [datetime.fromisoformat(one["database_time"]) for one in survey.processes if one.get("database_time")]
    apart = max((abs((now - each).total_seconds()) for each in clocks), default=0.0)
    if apart > _CLOCK_SECONDS:
        words = "this machine's clock and the database's are {seconds} s apart"
        yield Finding("attention", "clocks_apart", words, {"seconds": round(apart)})


def _of_disk(free: int | None) -> Iterator[Finding]:
    if free is not None and free < _LITTLE:
        level: Level = "fails" if free < _TOO_LITTLE else "attention"
        yield Finding(level, "disk_full", "{free} MiB are free on the disk", {"free": free // _MIB})
