"""The health of a system: rules over the reports of its processes and its message bus."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from contracts.subjects import COMMANDED, LANES, WORKERS
from incidents.survey import Survey

Level = Literal["fails", "attention"]

_WAITING_SECONDS: Final = 60.0
_LATE_SECONDS: Final = 10.0
_UNSIGNED_SECONDS: Final = 600.0
_OUTBOX_MESSAGES_MAX: Final = 1_000
_FULL_SHARE, _FILLING_SHARE = 0.95, 0.8
_CLOCK_DIFFERENCE_SECONDS_MAX: Final = 60.0
_MIB: Final = 1 << 20
_HOUR_SECONDS: Final = 3_600.0
_LATE: Final = (
    (
        "expired_late",
        "expired_seconds",
        24 * _HOUR_SECONDS,
        "a project expired {hours} h ago and is not deleted: incidents retention due",
    ),
    (
        "erasure_late",
        "erasure_seconds",
        _HOUR_SECONDS,
        "the clean-up after deletions is {hours} h late",
    ),
    (
        "certificate_late",
        "certificate_seconds",
        2 * _HOUR_SECONDS,
        "what was erased {hours} h ago has no certificate of destruction",
    ),
)
"""What may be late about erasures: its name, its figure, from when on, and the words."""

_LOW_BYTES, _CRITICAL_BYTES = 1024 * _MIB, 64 * _MIB


class Finding(NamedTuple):
    """A problem: `what` for programs, `words` with their values for people.

    `single` are the words for a `count` of 1.
    """

    level: Level
    what: str
    words: str
    values: dict[str, Any]
    single: str = ""


def judge(survey: Survey, *, version: str, now: datetime, disk_free: int | None) -> list[Finding]:
    """Return the problems, failures first."""
    findings = [
        *_of_workers(survey),
        *_of_streams(survey),
        *_of_events(survey),
        *_of_letters(survey),
        *_of_versions(survey, version),
        *_of_clock(survey, now),
        *_of_disk(disk_free),
    ]
    return sorted(findings, key=lambda finding: finding.level == "attention")


def _of_workers(survey: Survey) -> Iterator[Finding]:
    for worker in WORKERS:
        processes = survey.of(worker)
        if not processes:
            yield Finding("fails", "worker_missing", "no process of the worker {worker} answers", {"worker": worker})
            continue
        for process in processes:
            yield from _of_process(worker, process)
        owned = {lane for process in processes for lane in process.get("lanes", ())}
        count = max(process.get("lane_count") or LANES for process in processes)  # older versions do not name it
        missing = sorted(set(range(count)) - owned) if worker in COMMANDED else []
        if missing:
            values = {"worker": worker, "lanes": ", ".join(map(str, missing))}
            yield Finding("fails", "lanes_without_owner", "{worker}: no process serves the lanes {lanes}", values)


def _of_process(worker: str, process: dict[str, Any]) -> Iterator[Finding]:
    where = {"worker": worker}
    for each in process.get("failing", ()):
        values = {**where, "part": each["part"], "reason": each["reason"], "seconds": round(each["seconds"])}
        yield Finding("fails", "part_fails", "{worker}: {part} has been failing for {seconds} s: {reason}", values)
    if process.get("ready") is False and not process.get("failing"):
        yield Finding("fails", "not_ready", "{worker} is not ready yet", where)
    oldest = process.get("oldest_pending_seconds") or 0.0
    if oldest > _LATE_SECONDS:
        level: Level = "fails" if oldest > _WAITING_SECONDS else "attention"
        values = {**where, "count": process.get("lag", 0), "seconds": round(oldest)}
        words = "{worker}: {count} messages wait, the oldest for {seconds} s"
        single = "{worker}: {count} message waits, for {seconds} s"
        yield Finding(level, "messages_wait", words, values, single)
    if (process.get("outbox") or 0) > _OUTBOX_MESSAGES_MAX:
        words = "{worker}: {count} events and commands wait to be published"
        yield Finding("attention", "outbox_waits", words, {**where, "count": process["outbox"]})
    yield from _of_log_server(process.get("log_server"))
    yield from _of_log_trees(process)
    yield from _of_erasures(process.get("erasure_journal"))
    yield from _of_late_erasures(process.get("erasures"))


def _of_log_server(log_server: dict[str, Any] | None) -> Iterator[Finding]:
    if log_server is None:
        return
    if not log_server["configured"]:
        yield Finding("attention", "log_server_not_configured", "no log server is configured", {})
    if (log_server["oldest_seconds"] or 0) > _WAITING_SECONDS:
        words = "the log server is unreachable: {count} entries wait for it, the oldest for {seconds} s"
        single = "the log server is unreachable: {count} entry waits for it, for {seconds} s"
        values = {"count": log_server["waiting"], "seconds": round(log_server["oldest_seconds"])}
        yield Finding("fails", "log_server_away", words, values, single)


def _of_log_trees(process: dict[str, Any]) -> Iterator[Finding]:
    for log in process.get("log_trees", ()):
        if log["late_seconds"] > _UNSIGNED_SECONDS:
            words = "{log}: {count} entries are in no signed checkpoint, the last of which is {seconds} s old"
            single = "{log}: {count} entry is in no signed checkpoint, the last of which is {seconds} s old"
            values = {
                "log": log["store"],
                "count": log["recorded"] - log["signed"],
                "seconds": round(log["late_seconds"]),
            }
            yield Finding("fails", "checkpoint_late", words, values, single)
    failing = {each["name"]: each for each in process.get("witnesses", ()) if each["problem"]}
    for name, each in failing.items():
        values = {"witness": name, "seconds": round(each["failing_seconds"] or 0), "reason": each["problem"]}
        words = "the witness {witness} has attested nothing for {seconds} s: {reason}"
        yield Finding("attention", "witness_fails", words, values)


def _of_erasures(journal: dict[str, Any] | None) -> Iterator[Finding]:
    if journal is None:
        return
    if not journal["configured"]:
        words = "no erasure journal is kept: a restored backup would bring back what was erased since"
        yield Finding("attention", "erasure_journal_not_kept", words, {})
    elif journal["late_seconds"] > _WAITING_SECONDS:
        words = "{count} erasures are not in the erasure journal, the oldest for {seconds} s"
        single = "{count} erasure is not in the erasure journal, for {seconds} s"
        values = {"count": journal["waiting"], "seconds": round(journal["late_seconds"])}
        yield Finding("fails", "erasure_journal_late", words, values, single)


def _of_late_erasures(erasures: dict[str, Any] | None) -> Iterator[Finding]:
    for what, name, limit_seconds, words in _LATE if erasures else ():
        if (seconds := (erasures or {})[name]) > limit_seconds:
            yield Finding("attention", what, words, {"hours": int(seconds // _HOUR_SECONDS)})


def _of_streams(survey: Survey) -> Iterator[Finding]:
    for name in ("COMMANDS", "EVENTS", "DEAD"):
        stream = survey.streams.get(name)
        if stream is None:
            yield Finding("fails", "stream_missing", "the stream {stream} does not answer", {"stream": name})
        elif name != "DEAD" and stream["bytes_max"] > 0 and stream["bytes"] > _FILLING_SHARE * stream["bytes_max"]:
            part = stream["bytes"] / stream["bytes_max"]
            level: Level = "fails" if part > _FULL_SHARE else "attention"
            values = {"stream": name, "percent": round(part * 100)}
            yield Finding(level, "stream_full", "the stream {stream} is full: {percent} %", values)


def _of_events(survey: Survey) -> Iterator[Finding]:
    if survey.events_missing:
        words = (
            "{count} events are permanently missing from the record: the log of audit names them (events_missing); "
            "compare the history of these projects with their activity"
        )
        single = (
            "{count} event is permanently missing from the record: the log of audit names it (events_missing); "
            "compare the history of its project with its activity"
        )
        yield Finding("fails", "events_missing", words, {"count": survey.events_missing}, single)


def _of_letters(survey: Survey) -> Iterator[Finding]:
    if survey.dead_letters:
        words = "{count} dead letters: incidents dead list"
        single = "{count} dead letter: incidents dead list"
        yield Finding("attention", "dead_letters", words, {"count": survey.dead_letters}, single)


def _of_versions(survey: Survey, version: str) -> Iterator[Finding]:
    running = sorted({str(process["version"]) for process in survey.processes})
    if len({*running, version}) > 1:
        values = {"running": ", ".join(running), "here": version}
        yield Finding("attention", "versions_differ", "workers run {running}, this is {here}", values)


def _of_clock(survey: Survey, now: datetime) -> Iterator[Finding]:
    if any(process.get("clock_doubted") for process in survey.processes):
        words = "the database's clock is doubted: nothing is deleted because of its age"
        yield Finding("fails", "clock_doubted", words, {})
    clocks = [
        datetime.fromisoformat(process["database_time"]) for process in survey.processes if process.get("database_time")
    ]
    apart = max((abs((now - each).total_seconds()) for each in clocks), default=0.0)
    if apart > _CLOCK_DIFFERENCE_SECONDS_MAX:
        words = "this machine's clock and the database's are {seconds} s apart"
        yield Finding("attention", "clocks_apart", words, {"seconds": round(apart)})


def _of_disk(free: int | None) -> Iterator[Finding]:
    if free is not None and free < _LOW_BYTES:
        level: Level = "fails" if free < _CRITICAL_BYTES else "attention"
        yield Finding(level, "disk_full", "{free} are free on the disk", {"free": free // _MIB})
