"""Tables too large to be locked at any hour are rewritten in quiet hours."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis.strategies import datetimes, just
from pydantic import ValidationError

from tests.privacy.byte_search import ByteSearch
from tests.privacy.markers import Markers
from tests.privacy.test_cleanup import write_and_delete
from tests.support import Site, eventually
from workers.common.operators_time import QuietHours
from workers.local.servers.postgres import EmbeddedPostgres
from workers.runtime.storage import page_cleanup

ODD = ("", "1:00-3:00", "01:00", "24:00-03:00", "01:60-03:00", "01:00-01:00", "01:00 - 03:00", "\u0660\u0661:00-03:00")


def hours_from(start: timedelta, end: timedelta) -> str:
    """Return hours that begin and end at these distances from now."""
    begin_at, end_at = (datetime.now(UTC) + distance for distance in (start, end))
    return f"{begin_at:%H:%M}-{end_at:%H:%M}"


@pytest.mark.parametrize("is_quiet", [True, False])
async def test_a_large_table_is_rewritten_in_quiet_hours(
    site: Site, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, *, is_quiet: bool
) -> None:
    """In quiet hours nothing of a deleted text stays in the files of a large table; at others it is vacuumed."""
    monkeypatch.setattr(page_cleanup, "REWRITE_BYTES_MAX", 0)
    marker = Markers().new("deleted", f"a comment of {site.database_url}")
    await write_and_delete(site, marker)
    bounds = (timedelta(hours=-2), timedelta(hours=2)) if is_quiet else (timedelta(hours=3), timedelta(hours=5))
    await site.worker("retention", erasure_seconds=0.1, erasure_quiet_hours=hours_from(*bounds))

    async def is_complete() -> bool:
        return await site.sql("SELECT FROM retention.last_erasure") != []

    async def is_vacuumed() -> bool:
        [row] = await site.sql("SELECT vacuum_count FROM pg_stat_all_tables WHERE relname = 'comment'")
        return bool(row.vacuum_count)

    assert await eventually(is_complete if is_quiet else is_vacuumed)
    assert await is_complete() is is_quiet
    if not is_quiet:
        [partial] = await eventually(lambda: site.sql("SELECT * FROM retention.partial_erasure"))
        assert timedelta(hours=4, minutes=58) < partial.quiet_until - partial.began_at <= timedelta(hours=5)
    assert not is_quiet or ByteSearch([marker]).in_folders([postgres.directory / "data" / "base"]) == set()


@pytest.mark.parametrize(
    "hours, within, beyond",
    [
        ("01:00-03:30", (time(1), time(2, 59), time(3, 29, 59)), (time(0, 59, 59), time(3, 30), time(23))),
        ("23:00-01:00", (time(23), time(23, 59, 59), time(0), time(0, 59)), (time(22, 59), time(1), time(12))),
    ],
)
def test_the_end_of_the_hours_is_not_part_of_them(
    hours: str, within: tuple[time, ...], beyond: tuple[time, ...]
) -> None:
    """Hours may lie around midnight."""
    quiet, day = QuietHours.parse(hours), datetime(2026, 11, 29, tzinfo=UTC).date()
    assert all(quiet.include(datetime.combine(day, at, UTC)) for at in within)
    assert not any(quiet.include(datetime.combine(day, at, UTC)) for at in beyond)


@given(at=datetimes(timezones=just(UTC), min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 - hypothesis adds the zone
@settings(deadline=None)
@pytest.mark.parametrize("hours", ["01:00-03:30", "23:00-01:00", "12:00-00:00"])
def test_hours_end_once_a_day(at: datetime, hours: str) -> None:
    """The next end is within a day; the minute before it is quiet, and its own minute is not."""
    quiet = QuietHours.parse(hours)
    end = quiet.next_end(at)
    assert timedelta(0) < end - at <= timedelta(days=1)
    assert quiet.include(end - timedelta(minutes=1))
    assert not quiet.include(end)


@pytest.mark.parametrize("hours", ODD)
async def test_hours_in_another_form_are_refused(site: Site, hours: str) -> None:
    """A worker does not start with hours that it would not understand, and says how to write them."""
    with pytest.raises(ValidationError, match="HH:MM-HH:MM" if hours else "must have a value"):
        site.settings("retention", erasure_quiet_hours=hours)
