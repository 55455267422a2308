"""How late erasures are: expired projects, clean-ups and certificates, as figures and in the status."""

from datetime import UTC, datetime, timedelta

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.retention import Sweep
from tests.retention.conftest import Fill
from tests.support import Site, eventually
from workers.local.run_worker import slice_of
from workers.retention import tables
from workers.retention.background_work.certificates import lateness_figures, report_lateness
from workers.runtime.process.assembly import run_here
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit

DAY_SECONDS = 86_400


async def figures(running: RunningComponents) -> dict[str, float]:
    """Return the figures about lateness, which the status has, too."""
    async with running.engine.connect() as connection:
        values = {figure.name: figure.value for figure in await lateness_figures(connection)}
    assert (await report_lateness(running))["erasures"]["waiting"] == values["certificates_waiting"]
    return values


async def test_an_expired_project_is_late_until_it_is_deleted(site: Site, fill: Fill) -> None:
    """The figure is the time since the oldest project expired, and 0 after the sweep; exempt ones do not count."""
    await site.worker("projects")
    running = await site.worker("retention")
    await fill(1, days=40, exempt=True)
    await fill(2, days=30)
    late = (await figures(running))["expired_late_seconds"]
    assert 22.9 * DAY_SECONDS < late < 23.1 * DAY_SECONDS
    await (await site.client()).send(Sweep())

    async def is_none_late() -> bool:
        return (await figures(running))["expired_late_seconds"] == 0

    await eventually(is_none_late)


async def test_an_erasure_is_late_until_its_clean_up(site: Site) -> None:
    """What was erased waits for its clean-up, also after its certificate, and for its certificate without audit."""
    await site.worker("projects")
    running = await site.worker("retention", erasure_seconds=600)
    client, project_id = await site.client(), uuid7()
    assert set((await figures(running)).values()) == {0}
    await client.send(CreateProject(project_id=project_id))
    await client.send(DeleteProject(project_id=project_id))

    async def is_known() -> bool:
        return (await figures(running))["certificates_waiting"] == 1

    await eventually(is_known)
    await site.sql("UPDATE retention.destruction SET known_at = now() - interval '2 hours'")
    values = await figures(running)
    assert 7_200 <= values["erasure_late_seconds"] < 7_300
    assert 7_200 <= values["certificate_late_seconds"] < 7_300
    await site.sql("INSERT INTO retention.last_erasure VALUES (true, now() - interval '1 hour', now())")
    values = await figures(running)
    assert values["erasure_late_seconds"] == 0
    assert values["certificates_waiting"] == 1


async def test_what_waits_for_quiet_hours_is_late_from_their_end(site: Site) -> None:
    """A clean-up that left large tables alone counts, if it began after the erasure."""
    running = await site.worker("retention", erasure_seconds=600)
    await site.sql(
        "INSERT INTO retention.certificate VALUES (1, gen_random_uuid(), 1, 'sweep', now() - interval '9 hours', NULL,"
        " now(), 1, '{}', '', '', '')"
    )
    begun = "INSERT INTO retention.partial_erasure VALUES (true, now() - interval '{}', now() + interval '{}')"
    for begin, end, late_hours in (("10 hours", "2 hours", 9), ("8 hours", "2 hours", 0), ("8 hours", "-3 hours", 3)):
        await site.sql("DELETE FROM retention.partial_erasure")
        await site.sql(begun.format(begin, end))
        seconds = (await figures(running))["erasure_late_seconds"]
        assert late_hours * 3_600 <= seconds < late_hours * 3_600 + 100


async def test_later_quiet_hours_do_not_excuse_that_the_first_were_missed(site: Site) -> None:
    """A clean-up after quiet hours that rewrote nothing waits for the same hours; a complete one ends that."""
    begun, ended = (datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2))
    hours_end = datetime(2026, 3, 2, 3, tzinfo=UTC)
    async with connect_autocommit(site.engine) as connection:
        for began_at, quiet_until in ((begun, hours_end), (ended, hours_end + timedelta(days=1))):
            await connection.execute(tables.PARTIALLY_ERASED, {"began_at": began_at, "quiet_until": quiet_until})
        partial = await site.sql("SELECT began_at, quiet_until FROM retention.partial_erasure")
        assert partial == [(ended, hours_end)]
        await connection.execute(tables.ERASED, {"began_at": ended, "completed_at": ended})
    assert await site.count("retention.partial_erasure") == 0


async def test_with_policies_an_expired_project_is_late_by_the_one_that_decides(site: Site, fill: Fill) -> None:
    """The figure is the time since the first project expired by its policy, as of the last count, until it is gone."""
    async with run_here(slice_of("projects"), site.settings("projects")):
        [project_id, _] = await fill(2, days=6)
    running = await site.worker("retention")
    await site.sql("INSERT INTO retention.policy VALUES ('visits', 77, 2, 0, false, 'creation', 'ann', now())")
    await site.sql("UPDATE projects.project SET type_id = 77 WHERE id = :id", id=project_id)
    client = await site.client()
    assert (await client.send(Sweep())).due == 1
    late = (await figures(running))["expired_late_seconds"]
    assert 3.9 * DAY_SECONDS < late < 4.1 * DAY_SECONDS
    await site.worker("projects")

    async def is_none_late() -> bool:
        return (await figures(running))["expired_late_seconds"] == 0

    await eventually(is_none_late)
