"""A clock that jumps deletes nothing: it is doubted, reported, and believed again when it has proved itself."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support import Site
from workers.projects.background_work.housekeeping import purge
from workers.runtime.process.periodic_maintenance import run_round
from workers.runtime.storage.database_clock_check import ClockJudge

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = 3600.0


def after(seconds: float) -> datetime:
    """Return a moment after now."""
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("jump", [59 * 60, -59 * 60, 60])
def test_a_small_step_is_believed(jump: float) -> None:
    """A clock that is set right by some minutes is believed, whatever other clocks say."""
    assert ClockJudge().believes(after(jump), NOW, [after(10 * HOUR)], 0)


@pytest.mark.parametrize("jump", [2 * HOUR, -2 * HOUR, 5000 * HOUR])
def test_a_jump_is_doubted_until_it_has_lasted(jump: float) -> None:
    """A clock that jumped is believed after an hour in which it was steady and agreed with the others."""
    judge = ClockJudge()
    for minutes in range(0, 60, 10):
        time = after(jump + minutes * 60)
        assert not judge.believes(time, NOW, [time], minutes * 60)
    assert judge.doubts
    time = after(jump + HOUR)
    assert judge.believes(time, NOW, [time], HOUR)
    assert not judge.doubts


def test_a_jump_that_ends_is_forgotten() -> None:
    """A clock that was ahead for a minute is believed again at once when it is back."""
    judge = ClockJudge()
    assert not judge.believes(after(2000 * HOUR), NOW, [after(2000 * HOUR)], 0)
    assert judge.believes(after(60), NOW, [after(60)], 60)
    assert not judge.doubts


def test_clocks_that_disagree_prove_nothing() -> None:
    """While the worker's clock or the broker's says something else, no time is long enough."""
    judge = ClockJudge()
    for hours in range(5):
        time = after((2000 + hours) * HOUR)
        assert not judge.believes(time, NOW, [time, after(hours * HOUR)], hours * HOUR)


def test_a_clock_that_goes_on_jumping_proves_nothing() -> None:
    """Each jump begins the hour anew."""
    judge = ClockJudge()
    for turn in range(5):
        time = after((100 + turn * 50) * HOUR)
        assert not judge.believes(time, NOW, [time], turn * HOUR)


async def test_housekeeping_reports_a_jump(site: Site) -> None:
    """A process that doubts the clock says so in its condition, stays ready, and does not believe it."""
    running, judge = await site.worker("audit"), ClockJudge()
    await run_round(running, judge)
    assert not running.condition.clock_doubted
    await site.sql("UPDATE runtime.clock SET believed_at = now() - interval '100 days'")
    await run_round(running, judge)
    doubted = running.condition.clock_doubted
    assert (doubted, running.ready) == (True, True)
    assert await site.sql("SELECT runtime.is_believed(now())") == [(False,)]


async def test_no_draft_is_purged_by_a_clock_that_jumped(site: Site) -> None:
    """What somebody drafted stays while the clock is doubted."""
    running = await site.worker("projects")
    drafted = "now() - interval '40 days'"
    columns = 'principal, sequence_id, camera_id, camera_name, site, "start", "end", drafted_at'
    values = f"'olivia', gen_random_uuid(), '1', 'Gate', '', now(), now(), {drafted}"
    await site.sql("UPDATE runtime.clock SET believed_at = now() - interval '100 days'")
    await site.sql(f"INSERT INTO projects.draft ({columns}) VALUES ({values})")  # noqa: S608 - a test's own text
    await purge(running)
    assert await site.count("projects.draft") == 1
    await site.sql("UPDATE runtime.clock SET believed_at = now()")
    await purge(running)
    assert await site.count("projects.draft") == 0
