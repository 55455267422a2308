"""Whether a system is healthy: the rules, and the screen on a real site."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.subjects import COMMANDED, LANES, WORKERS
from incidents.cli.operations.health import judge
from incidents.survey import Survey
from incidents.terminal.session import Session
from tests.client.command_line import incidents
from tests.client.interactive import environment
from tests.support import Site, eventually

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
EMPTY_STREAM = {"messages": 0, "bytes": 0, "bytes_max": 100}


def process(worker: str, **changed: Any) -> dict[str, Any]:
    """Return what a healthy process says."""
    log = {"configured": True, "waiting": 0, "oldest_seconds": None}
    stats = {
        "worker": worker,
        "instance": worker,
        "version": "1",
        "lanes": list(range(LANES)) if worker in COMMANDED else [64],
        "ready": True,
        "failing": [],
        "clock_doubted": False,
        "lag": 0,
        "oldest_pending_seconds": 0.0,
        "outbox": 0,
        "database_time": NOW.isoformat(),
    }
    return {**stats, **({"log_server": log} if worker == "audit" else {}), **changed}


def findings_of(
    *, letters: int = 0, streams: dict[str, Any] | None = None, free: int = 1 << 40, **changed: Any
) -> set[str]:
    """Return what is found where one worker says something else than it should."""
    processes = {name: process(name) for name in WORKERS}
    for name, changes in changed.items():
        processes[name] = process(name, **changes)
    rooms = dict.fromkeys(("COMMANDS", "EVENTS", "DEAD"), EMPTY_STREAM) | (streams or {})
    survey = Survey([changes for changes in processes.values() if "gone" not in changes], rooms, letters)
    return {f"{finding.level} {finding.what}" for finding in judge(survey, version="1", now=NOW, disk_free=free)}


PART = {"part": "database", "reason": "away", "since": "", "seconds": 4.0}
AWAY = {"configured": True, "waiting": 7, "oldest_seconds": 90.0}
NONE = {**AWAY, "configured": False, "oldest_seconds": 1.0}

LATE = {"store": "log_server", "recorded": 9, "in_tree": 9, "signed": 7, "late_seconds": 700.0}
BEHIND = {"configured": True, "known": 7, "waiting": 2, "late_seconds": 90.0}
ON_TIME = {"waiting": 1, "certificate_seconds": 3_000.0, "erasure_seconds": 3_000.0, "expired_seconds": 80_000.0}
SILENT = {"name": "w", "kind": "cosignature", "problem": "it answered with status 500", "failing_seconds": 90.0}


def test_a_healthy_system_has_nothing_to_say() -> None:
    """Nothing is found where all is as it should be."""
    assert findings_of() == set()
    assert findings_of(retention={"erasures": ON_TIME}) == set()


@pytest.mark.parametrize(
    "changed, finding",
    [
        ({"projects": {"gone": True}}, "fails worker_missing"),
        ({"projects": {"lanes": [0, 1]}}, "fails lanes_without_owner"),
        ({"reports": {"ready": False, "failing": [PART]}}, "fails part_fails"),
        ({"reports": {"ready": False}}, "fails not_ready"),
        ({"projects": {"oldest_pending_seconds": 90.0, "lag": 3}}, "fails messages_wait"),
        ({"projects": {"oldest_pending_seconds": 20.0, "lag": 3}}, "attention messages_wait"),
        ({"projects": {"outbox": 5_000}}, "attention outbox_waits"),
        ({"audit": {"log_server": AWAY}}, "fails log_server_away"),
        (
            {"audit": {"log_server": NONE}},
            "attention log_server_not_configured",
        ),
        ({"audit": {"log_trees": [LATE]}}, "fails checkpoint_late"),
        ({"retention": {"erasures": {**ON_TIME, "expired_seconds": 90_000.0}}}, "attention expired_late"),
        ({"retention": {"erasures": {**ON_TIME, "erasure_seconds": 4_000.0}}}, "attention erasure_late"),
        ({"retention": {"erasures": {**ON_TIME, "certificate_seconds": 8_000.0}}}, "attention certificate_late"),
        ({"projects": {"erasure_journal": BEHIND}}, "fails erasure_journal_late"),
        ({"projects": {"erasure_journal": {**BEHIND, "configured": False}}}, "attention erasure_journal_not_kept"),
        ({"audit": {"witnesses": [SILENT]}}, "attention witness_fails"),
        ({"retention": {"clock_doubted": True}}, "fails clock_doubted"),
        ({"retention": {"database_time": (NOW + timedelta(minutes=5)).isoformat()}}, "attention clocks_apart"),
        ({"audit": {"version": "2"}}, "attention versions_differ"),
        ({"audit": {"figures": {"events_missing": 2.0}}}, "fails events_missing"),
        ({"letters": 3}, "attention dead_letters"),
        ({"streams": {"COMMANDS": {**EMPTY_STREAM, "bytes": 97}}}, "fails stream_full"),
        ({"streams": {"EVENTS": None}}, "fails stream_missing"),
        ({"free": 1 << 20}, "fails disk_full"),
    ],
)
def test_what_is_wrong_is_found(changed: dict[str, Any], finding: str) -> None:
    """Each thing that is not as it should be is one finding, and says whether something fails."""
    assert findings_of(**changed) == {finding}


@pytest.mark.timeout(300)
async def test_a_site_is_judged_on_one_screen(site: Site) -> None:
    """A whole site is healthy; without one of its workers the status is 1 and the worker is named."""
    names = [name for name in WORKERS if name != "audit"]
    await site.workers(*names)
    ours = environment(site, "ops", "ops")
    ended = await incidents("status", environment=ours)
    assert ended.status == 1
    assert "no process of the worker audit answers" in ended.out
    await site.worker("audit")

    async def healthy() -> bool:
        result = await incidents("status", "--json", environment=ours)
        assert result.status == 0, result.out + result.err
        return result.json["healthy"] is True and len(result.json["processes"]) == len(WORKERS)

    await eventually(healthy, within=120)
    output = await incidents("status", "--lang", "fr", environment={**ours, "COLUMNS": 80})
    assert "tout fonctionne" in output.out
    assert max(map(len, output.out.splitlines())) <= 80


@pytest.mark.timeout(300)
async def test_missing_events_are_shown(site: Site) -> None:
    """Event numbers that nobody has are a line of their own, in red and in JSON, and the exit status is 1."""
    await site.workers()
    ours = environment(site, "ops", "ops")

    async def count() -> Any:
        result = await incidents("status", "--json", environment=ours)
        return result.json["events_missing"] is not None and result

    assert (await eventually(count, within=120)).json["events_missing"] == 0
    await site.sql("INSERT INTO runtime.heard VALUES ('audit', 'projects', 3, 17, 1)")

    async def status_of_one_missing() -> Any:
        result = await incidents("status", "--json", environment=ours)
        return result.json["events_missing"] == 1 and result

    result = await eventually(status_of_one_missing, within=120)
    assert result.status == 1
    assert result.json["healthy"] is False
    assert {"level": "fails", "what": "events_missing", "count": 1} in result.json["findings"]
    screen = await incidents("status", environment={**ours, "FORCE_COLOR": "1", "COLUMNS": 200})
    assert re.search(r"Events missing\S*\s+\x1b\[31m1\b", screen.out)
    assert "1 event is permanently missing from the record" in screen.out


async def test_who_is_not_of_operations_is_refused(site: Site) -> None:
    """The credentials of people do not see how a system is."""
    ended = await incidents("status", "--json", environment=environment(site, "alice"))
    assert ended.status == 1
    assert ended.json["error"]["code"] == "not-available"


@pytest.mark.parametrize("command, default", [("status", "ops"), ("top", "ops"), ("stats", "admin")])
async def test_the_help_names_who_acts(command: str, default: str) -> None:
    """The state of a system is asked for as operations, and everything else as the administrator."""
    answer = " ".join((await incidents(command, "--help", environment={"COLUMNS": 200})).out.split())
    assert f"by default {default}" in answer


def test_a_next_command_repeats_who_acts_only_if_that_is_not_usual() -> None:
    """What `status` leads to is not done as operations."""
    assert Session("ops", usual="ops").place == ""
    assert Session("ops").place == " --as ops"
