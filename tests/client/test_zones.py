"""A terminal shows the zone of the times in its tables, once; programs and spreadsheets get every offset."""

import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from rich.console import RenderableType
from rich.text import Text

from contracts.projects.history import HistoryEntry
from incidents.terminal.printing import Screen
from incidents.terminal.session import Session
from incidents.terminal.tables.history import history
from incidents.terminal.tables.sheet import Cell, facts, table
from incidents.terminal.tables.values import Names, times_in

WINTER, SUMMER = datetime(2026, 3, 1, 12, 30, tzinfo=UTC), datetime(2026, 7, 1, 12, 30, tzinfo=UTC)


class Tty(io.StringIO):
    """A file that is a terminal."""

    def isatty(self) -> bool:
        """Say that somebody reads it."""
        return True


@pytest.fixture(autouse=True)
def zurich() -> Iterator[None]:
    """Set a time zone with summer time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Zurich")
        time.tzset()
        yield
    time.tzset()


def lines_of(*readable: RenderableType, language: str = "en", file: io.StringIO | None = None) -> list[str]:
    """Show an answer, on a terminal unless another file is given, and return its lines."""
    file = file or Tty()
    Session("admin", language=language, out=Screen(width=80, file=file)).show({}, *readable)
    return Text.from_ansi(file.getvalue()).plain.splitlines()


@pytest.mark.parametrize(
    "language, times, line",
    [
        ("en", [WINTER], "local times, UTC+01:00"),
        ("en", [SUMMER, SUMMER], "local times, UTC+02:00"),
        ("en", [SUMMER, WINTER], "local times, UTC+01:00 or UTC+02:00"),
        ("fr", [WINTER, SUMMER], "heures locales, UTC+01:00 ou UTC+02:00"),
    ],
)
def test_a_terminal_shows_the_zone_below_a_table(language: str, times: list[datetime], line: str) -> None:
    """The last line names the offsets of the times that are shown."""
    assert lines_of(table(language, "Time", rows=[(at,) for at in times]), language=language)[-1] == line


def test_the_zone_is_shown_once_and_only_where_it_helps() -> None:
    """Several tables have one line; a table without times, an empty one and a pipe have none."""
    sheet = table("en", "Number", "Created", rows=[(1, Cell("long ago", WINTER))])
    assert [line for line in lines_of(sheet, sheet, facts("en", [("Start", SUMMER)])) if "UTC" in line] == [
        "local times, UTC+01:00 or UTC+02:00"
    ]
    hidden = table("en", "Number", rows=[(1, WINTER)], more=("Created",))
    for quiet in (table("en", "Number", rows=[(1,)]), table("en", "Time", rows=[]), hidden):
        assert not [line for line in lines_of(quiet) if "UTC" in line]
    assert not [line for line in lines_of(sheet, file=io.StringIO()) if "UTC" in line]


def test_utc_is_called_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """An offset of nothing is not written."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert lines_of(table("en", "Time", rows=[(WINTER,)]))[-1] == "local times, UTC"


def test_times_within_texts_count() -> None:
    """A table of changes names the offsets of the times before and after, too."""
    entry = HistoryEntry.model_validate(
        {
            "revision": 2,
            "at": WINTER,
            "by": "ann",
            "field": "start_time",
            "part_id": None,
            "old": None,
            "new": SUMMER.isoformat(),
        }
    )
    assert lines_of(history([entry], Names(None), "en"))[-1] == "local times, UTC+01:00 or UTC+02:00"
    details = {"changed": {"end_time": {"old": SUMMER.isoformat(), "new": None}}, "count": 1}
    assert times_in("", details) == (SUMMER,)
