"""Periods of summaries: what they are compared with, their intervals, and how they are called."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from contracts.report_summaries import Comparison
from contracts.values import Language
from tests.reports.summary_samples import summary
from workers.reports.row_types import CategoryRow
from workers.reports.summaries.places import place_of
from workers.reports.summary_layout.figure_writer import FigureWriter
from workers.reports.summary_layout.local_spans import LocalSpan, Span, limit_to, same_length
from workers.reports.summary_layout.period_words import period_words

ZURICH = ZoneInfo("Europe/Zurich")
PREVIOUS, YEAR = Comparison.PREVIOUS_PERIOD, Comparison.PREVIOUS_YEAR


def local(since: str, until: str) -> LocalSpan:
    """Return a span between two times of Zurich."""
    times = (datetime.fromisoformat(text).replace(tzinfo=ZURICH).astimezone(UTC) for text in (since, until))
    return LocalSpan(Span(*times), ZURICH)


@pytest.mark.parametrize(
    "since, until, compare, expected",
    [
        ("2026-03-01", "2026-04-01", PREVIOUS, ("2026-02-01", "2026-03-01")),
        ("2026-01-01", "2026-04-01", PREVIOUS, ("2025-10-01", "2026-01-01")),
        ("2026-01-01", "2027-01-01", PREVIOUS, ("2025-01-01", "2026-01-01")),
        ("2026-03-29", "2026-03-30", PREVIOUS, ("2026-03-28", "2026-03-29")),
        ("2026-03-30", "2026-04-06", PREVIOUS, ("2026-03-23", "2026-03-30")),
        ("2026-03-29T01:00", "2026-03-29T04:00", PREVIOUS, ("2026-03-28T23:00", "2026-03-29T01:00")),
        ("2026-03-01", "2026-04-01", YEAR, ("2025-03-01", "2025-04-01")),
        ("2028-02-29", "2028-03-01", YEAR, ("2027-02-28", "2027-03-01")),
    ],
)
def test_a_period_is_compared_by_the_calendar(
    since: str, until: str, compare: Comparison, expected: tuple[str, str]
) -> None:
    """Months go with months and days with days, whatever the clocks do; anything else goes with the same time."""
    before = local(since, until).before(compare)
    assert before is not None
    assert LocalSpan(before, ZURICH).since.isoformat() == datetime.fromisoformat(expected[0]).isoformat()
    assert LocalSpan(before, ZURICH).until.isoformat() == datetime.fromisoformat(expected[1]).isoformat()


def test_a_period_that_is_not_over_is_cut() -> None:
    """It ends now, and the one before is as long as what has gone."""
    whole = Span(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    gone = limit_to(whole, datetime(2026, 11, 11, 6, tzinfo=UTC))
    before = same_length(Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)), gone)
    assert gone.until == datetime(2026, 11, 11, 6, tzinfo=UTC)
    assert before.until == datetime(2026, 10, 11, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "since, until, interval, count, first",
    [
        ("2026-03-01", "2026-04-01", "day", 31, date(2026, 3, 1)),
        ("2026-01-01", "2026-04-01", "week", 14, date(2025, 12, 29)),
        ("2026-01-15", "2027-01-15", "month", 13, date(2026, 1, 1)),
        ("2026-03-29T02:30", "2026-03-29T05:00", "day", 1, date(2026, 3, 29)),
    ],
)
def test_intervals_cover_the_period(since: str, until: str, interval: str, count: int, first: date) -> None:
    """The first and the last interval may begin before the period, or end after it."""
    span = local(since, until)
    starts = list(span.starts(span.interval))
    assert span.interval == interval
    assert len(starts) == count
    assert starts[0] == first


@pytest.mark.parametrize(
    "since, until, english, french",
    [
        ("2026-10-01", "2026-11-01", "October 2026", "octobre 2026"),
        ("2026-10-01", "2027-01-01", "4th quarter of 2026", "4e trimestre 2026"),
        ("2026-01-01", "2027-01-01", "2026", "2026"),
        ("2026-07-01", "2027-01-01", "July to December 2026", "juillet à décembre 2026"),
        ("2025-11-01", "2026-02-01", "November 2025 to January 2026", "novembre 2025 à janvier 2026"),
        ("2026-10-01", "2026-10-02", "1 October 2026", "1er octobre 2026"),
        ("2026-10-01", "2026-10-16", "1 to 15 October 2026", "du 1er au 15 octobre 2026"),
        ("2026-09-28", "2026-10-05", "28 September to 4 October 2026", "du 28 septembre au 4 octobre 2026"),
        ("2025-12-29", "2026-01-05", "29 December 2025 to 4 January 2026", "du 29 décembre 2025 au 4 janvier 2026"),
        (
            "2026-10-01",
            "2026-10-03T17:30",
            "1 October 2026 to 3 October 2026 at 17:30",
            "du 1er octobre 2026 au 3 octobre 2026 à 17:30",
        ),
    ],
)
def test_periods_have_names(since: str, until: str, english: str, french: str) -> None:
    """A period is called as people call it, as shortly as possible."""
    names: dict[Language, str] = {"en": english, "fr": french}
    for language, name in names.items():
        assert period_words(local(since, until), language).replace("\u00a0", " ") == name


def category(slot: int, name: str, *, enabled: bool = True) -> CategoryRow:
    """Return a category."""
    return {"slot": slot, "name": name, "enabled": enabled}


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Location", "category_2"),
        ("Lieu de l'incident", "category_2"),
        ("Bâtiment", "category_2"),
        ("BUILDING / FLOOR", "category_2"),
        ("Reason", "camera"),
        ("Replacement", "camera"),
    ],
)
def test_a_place_is_recognised_by_its_name(name: str, expected: str) -> None:
    """A whole word in a category's name says that it is a place, with and without accents; else cameras are."""
    categories = [category(1, "Reason"), category(2, name)]
    assert place_of(None, categories, []) == expected
    assert place_of("category_1", categories, []) == "category_1"
    assert place_of(None, [category(2, name, enabled=False)], []) == "camera"


def test_what_the_author_may_not_see_is_no_place() -> None:
    """Without categories or cameras there is no place."""
    assert place_of(None, [category(2, "Location")], ["categories"]) == "none"
    assert place_of("camera", [], ["sequences"]) == "none"
    assert place_of("none", [category(2, "Location")], []) == "none"


@pytest.mark.parametrize("part, shown", [(5, "63%"), (7, "88%"), (1, "13%"), (2, "25%"), (0, "0%"), (8, "100%")])
def test_half_of_a_per_cent_counts_upwards(part: int, shown: str) -> None:
    """Readers round halves upwards; by the even neighbour 62.5 and 37.5 would become 62 and 38."""
    assert FigureWriter.of(summary()).share(part, 8) == shown
