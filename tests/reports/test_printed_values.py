"""Times and lengths as reports print them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from contracts.figures import exact_duration
from workers.reports.rendering.content.printed_values import print_time


@pytest.mark.parametrize(
    "at, zone, printed",
    [
        (datetime(2022, 7, 1, 12, 30, tzinfo=UTC), "Europe/Zurich", "01/07/2022 14:30:00\u00a0+02:00"),
        (datetime(2022, 1, 1, 12, tzinfo=UTC), "Asia/Kathmandu", "01/01/2022 17:45:00\u00a0+05:45"),
        (datetime(2022, 1, 1, 2, tzinfo=UTC), "America/St_Johns", "31/12/2021 22:30:00\u00a0-03:30"),
        (datetime(1880, 1, 1, 12, tzinfo=UTC), "Europe/Zurich", "01/01/1880 12:00:00\u00a0+00:00"),
        (datetime(1900, 1, 1, 12, tzinfo=UTC), "Europe/Paris", "01/01/1900 12:00:00\u00a0+00:00"),
        (datetime(1971, 1, 1, 12, tzinfo=UTC), "Africa/Monrovia", "01/01/1971 12:00:00\u00a0+00:00"),
        (datetime(1, 1, 1, tzinfo=UTC), "America/New_York", "01/01/0001 00:00:00\u00a0+00:00"),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), "Asia/Tokyo", "31/12/9999 23:00:00\u00a0+00:00"),
    ],
)
def test_a_time_has_its_offset(at: datetime, zone: str, printed: str) -> None:
    """A time is that of its zone with its offset; where clocks showed the sun's mean time it is that of UTC."""
    assert print_time(at, ZoneInfo(zone)) == printed


@pytest.mark.parametrize(
    "seconds, printed", [(0, "0 s"), (59, "59 s"), (185, "3 min 5 s"), (7_200, "2 h"), (90_061, "25 h 1 min 1 s")]
)
def test_a_length_has_no_empty_units(seconds: int, printed: str) -> None:
    """A length of time names the units that it has."""
    assert exact_duration(seconds).replace("\u00a0", " ") == printed
