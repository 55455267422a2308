"""Figures: what waits where and for how long, as anyone who is woken by them needs it."""

import re
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version

import pytest

from contracts.ids import uuid7
from contracts.projects.commands import ProjectDeleted
from contracts.subjects import LANES, WORKERS
from tests.audit.publisher import open_publisher
from tests.checks.test_monitoring import PAGE, expressions, names
from tests.delivery.helpers import creation, project_in
from tests.delivery.test_foreign_locks import locked
from tests.support import Site, eventually
from tests.support.figures import figures_of, page_of, samples
from tests.support.system import worker_process
from workers.common.message_counters import LATENCY_SECONDS, Latency
from workers.local.run_worker import slice_of
from workers.local.servers.postgres import EmbeddedPostgres
from workers.local.supervision import http_fetch
from workers.local.supervision.system_health_pages import join_metrics
from workers.runtime.bus.lane_ownership import EVENTS_LANE
from workers.runtime.process.assembly import assemble

SECOND = 1_000_000_000


async def test_a_command_that_cannot_be_handled_is_seen_to_wait(site: Site) -> None:
    """The lane of a command that waits for a lock says that one waits and for how long, and the others say nothing."""
    running, caller = await site.worker("projects"), await site.caller()
    project_id = project_in(3)
    await caller.send("projects.create", project_id, creation(project_id))
    before = await figures_of(running)
    assert [before[f'incidents_lag_messages{{lane="{lane}"}}'] for lane in range(LANES)] == [0] * LANES
    async with locked(site, f"SELECT FROM projects.project WHERE id = '{project_id}' FOR UPDATE"):
        await caller.publish("projects.update", project_id, {"project_id": str(project_id), "description": "Late"})

        async def shows_waiting() -> bool:
            samples = await figures_of(running)
            oldest = {lane: samples[f'incidents_oldest_pending_seconds{{lane="{lane}"}}'] for lane in range(LANES)}
            assert [oldest.pop(3) > 0.5, *oldest.values()] == [True, *[0] * (LANES - 1)]
            return samples['incidents_lag_messages{lane="3"}'] == 1

        await eventually(shows_waiting)


async def test_what_is_not_published_is_counted(site: Site) -> None:
    """The outbox of a worker says how many messages wait there, and for how long its oldest event has."""
    running, other = await site.worker("projects"), await site.worker("audit")
    await site.sql(
        "WITH given AS (SELECT * FROM (VALUES ('projects', 1, 90), ('projects', 2, 50), ('reports', 1, 900)) "
        "AS given (worker, number, seconds)), counted AS (INSERT INTO runtime.posted (worker, lane, posted) "
        "SELECT worker, :nobody, count(*) FROM given GROUP BY worker) INSERT INTO runtime.outbox "
        "SELECT worker, :nobody, number, 1, now() - make_interval(secs => seconds), '[{}]' FROM given",
        nobody=EVENTS_LANE,
    )

    async def are_counted() -> bool:
        samples = await figures_of(running)
        return samples["incidents_outbox_messages"] == 2 and 90 <= samples["incidents_outbox_oldest_seconds"] < 900

    await eventually(are_counted)
    none = await figures_of(other)
    assert none["incidents_outbox_messages"] == 0
    assert none["incidents_outbox_oldest_seconds"] == 0


async def test_dead_letters_are_there_until_somebody_discards_them(site: Site) -> None:
    """The gauge of dead letters is what is in DEAD for this worker: it falls when one is discarded."""
    running, other = await site.worker("projects"), await site.worker("reports")
    caller = await site.caller()
    for tail in ("projects.no-such-command", "projects.nor-this", "reports.nor-that"):
        await caller.publish(tail, "-", {})

    async def count(projects: int, reports: int) -> bool:
        samples = [(await figures_of(worker)).get("incidents_dead_letters") for worker in (running, other)]
        return samples == [projects, reports]

    await eventually(lambda: count(2, 1))
    ops = await site.overseer()
    letter = await ops.jetstream().get_msg("DEAD", subject="im.main.dead.projects.admin", next=True, seq=1)
    await ops.jetstream().delete_msg("DEAD", letter.seq or 0)
    await eventually(lambda: count(1, 1))


async def test_a_log_server_that_is_away_is_seen(site: Site, postgres: EmbeddedPostgres) -> None:
    """What waits for a log server that is not there is counted, and its age grows (LOG-07)."""
    running = await site.worker("audit", log_database_url=postgres.url("not_there"))
    await (await open_publisher(site)).publish(ProjectDeleted(project_id=uuid7(), number=1))

    async def shows_waiting() -> bool:
        samples = await figures_of(running)
        return (
            samples["incidents_log_server_backlog_entries"] == 1 and samples["incidents_log_server_oldest_seconds"] > 1
        )

    await eventually(shows_waiting)


async def test_the_last_sweep_is_known_after_a_restart(site: Site) -> None:
    """A sweep that finds nothing to delete is a sweep, and the time of the last one outlives the process."""
    sweeping, begun = await site.worker("retention", sweep_seconds=0.1), time.time()
    assert "incidents_last_sweep_timestamp_seconds" not in await page_of(await site.worker("reports"))

    async def swept() -> float | None:
        return (await figures_of(sweeping)).get("incidents_last_sweep_timestamp_seconds")

    assert abs((await eventually(swept) or 0) - begun) < 60
    again = await site.worker("retention", sweep_seconds=3_600)
    assert "incidents_last_sweep_timestamp_seconds" in await figures_of(again)


async def test_how_long_commands_take_is_counted_once_each(site: Site) -> None:
    """A command, applied or refused, is in the histogram once, from the server's storing to the commit."""
    running, caller = await site.worker("projects"), await site.caller()
    for _ in range(2):
        project_id = uuid7()
        await caller.send("projects.create", project_id, creation(project_id))
        await caller.send("projects.create", project_id, creation(project_id))
    samples = await figures_of(running)
    name = "incidents_command_duration_seconds"
    assert samples[f"{name}_count"] == 4
    assert samples[f'{name}_bucket{{le="+Inf"}}'] == 4
    assert 0 < samples[f"{name}_sum"] < 240
    assert samples[f'{name}_bucket{{le="300.0"}}'] == 4


@pytest.mark.parametrize("waited, expected", [(0, 0), (0.005, 1), (0.0051, 2), (60, 13), (301, 15), (-5, 0)])
def test_a_latency_lies_below_its_bounds(waited: float, expected: int) -> None:
    """A bound counts what is as large as itself, and a server whose clock is ahead counts as no time at all."""
    latency = Latency()
    latency.observe([10 * SECOND], 10 * SECOND + round(waited * SECOND))
    assert latency.at_most == [0] * expected + [1] * (len(LATENCY_SECONDS) - expected)
    assert latency.count == 1
    assert latency.total_seconds == max(waited, 0)


async def test_the_version_that_runs_is_a_figure(site: Site) -> None:
    """Anyone who compares two days knows which version ran, and what the process takes of its machine."""
    page = await page_of(await site.worker("reports"))
    assert f'version="{version("incident-manager")}"' in page
    assert "process_resident_memory_bytes" in page


async def test_what_alerts_panels_and_pages_name_is_there(site: Site) -> None:
    """Every figure that an alert, a panel or the runbook names is on the page of a worker, from the start on."""
    running = {name: await site.worker(name, sweep_seconds=0.1, erasure_seconds=0.1) for name in WORKERS}
    expected = {name for expression in expressions() for name in names(expression)}
    expected |= set(re.findall(r"`(incidents_\w+)`", PAGE.partition("## What to watch\n")[2].partition("\n## ")[0]))

    async def missing() -> set[str]:
        by_name = {name: await page_of(value) for name, value in running.items()}
        joined = samples(join_metrics(by_name).decode())
        assert 'incidents_lag_messages{lane="events",worker="audit"}' in joined
        metrics = {sample.partition("{")[0] for sample in joined}
        return expected - {*metrics, *(name.removesuffix("_bucket") for name in metrics)}

    await eventually(lambda: is_empty(missing))


async def is_empty(ask: Callable[[], Awaitable[set[str]]]) -> bool:
    """Tell whether nothing is left."""
    left = await ask()
    assert not left, left
    return True


async def test_asking_often_costs_nothing(site: Site) -> None:
    """Anyone who asks again within a second is given the same answer."""
    running = await site.worker("projects")
    first = await running.backlog.read()
    assert await running.backlog.read() is first


async def test_a_server_that_is_away_leaves_its_figures_out(site: Site) -> None:
    """A figure that cannot be read is missing, since an old value looks like a new one; the page comes all the same."""
    async with worker_process(site, "projects") as process:

        async def shows(*, letters: bool) -> bool:
            code, page = await http_fetch.fetch(int(process.url.rpartition(":")[2]), "/metrics")
            is_shown = "incidents_dead_letters" in page
            return code == http_fetch.OK and "incidents_outbox_messages" in page and is_shown == letters

        await eventually(lambda: shows(letters=True))
        site.server.stop()
        await eventually(lambda: shows(letters=False))


async def test_a_process_has_its_page_before_it_has_its_servers(site: Site) -> None:
    """Anyone who looks at a process that still waits for its servers sees that it is not ready, and no mistake."""
    running = assemble(slice_of("projects"), site.settings("projects"))
    samples = await figures_of(running)
    assert samples["incidents_ready"] == 0
    assert samples["incidents_outbox_messages"] == 0
    assert samples["incidents_lanes"] == 0
    assert "incidents_dead_letters" not in samples
    await running.engine.dispose()
