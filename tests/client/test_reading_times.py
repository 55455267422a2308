"""Times and numbers as people type them: what is shown can be typed back, and what has two readings is refused."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.ids import uuid7
from incidents.terminal.input.reading import read_number, read_span, read_time
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables.sheet import local
from incidents.terminal.text.words import number

TUESDAY = datetime(2026, 11, 24, 12, 40, tzinfo=UTC)
SHOWN = st.integers(100_000, 4_100_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.fixture(autouse=True)
def _in_zurich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Be in Zurich, where clocks are changed."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Zurich")
        time.tzset()
        yield
    time.tzset()


def session(language: str) -> Session:
    """Type on that Tuesday, 13:40 by the clock of here."""
    project_id = uuid7().int & ((1 << 80) - 1) | int(TUESDAY.timestamp() * 1000) << 80
    return Session("admin", language=language, command_id=type(uuid7())(int=project_id))


@pytest.mark.parametrize("language", ["en", "fr"])
@given(shown=SHOWN)
@example(shown=datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
@example(shown=datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
def test_what_is_shown_as_a_time_can_be_typed_back(language: str, shown: datetime) -> None:
    """Every time that is shown is read as the same time, also where clocks are put back."""
    assert read_time(session(language), local(shown, language), "--at") == shown


@pytest.mark.parametrize("language", ["en", "fr"])
@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_what_is_shown_as_a_number_can_be_typed_back(language: str, value: object) -> None:
    """Every decimal that is shown is read as the wire had it."""
    assert read_number(session(language), number(f"{value:f}", language), "--field") == f"{value:f}"


@pytest.mark.parametrize(
    "language, text, read",
    [
        ("fr", "24/11/2026", "2026-11-24T00:00:00+01:00"),
        ("fr", "24/11/2026 14:05", "2026-11-24T14:05:00+01:00"),
        ("fr", "24/11/2026 à 14h05", "2026-11-24T14:05:00+01:00"),
        ("fr", "24.11.2026", "2026-11-24T00:00:00+01:00"),
        ("fr", "03/04/2026", "2026-04-03T00:00:00+02:00"),
        ("fr", "hier", "2026-11-23T00:00:00+01:00"),
        ("fr", "Avant-hier", "2026-11-22T00:00:00+01:00"),
        ("fr", "aujourd’hui", "2026-11-24T00:00:00+01:00"),
        ("fr", "mardi dernier", "2026-11-17T00:00:00+01:00"),
        ("fr", "vendredi prochain", "2026-11-27T00:00:00+01:00"),
        ("fr", "hier à 14 h 05", "2026-11-23T14:05:00+01:00"),
        ("fr", "il y a 3 jours", "2026-11-21T13:40:00+01:00"),
        ("fr", "1er août 2026", "2026-08-01T00:00:00+02:00"),
        ("fr", "yesterday", "2026-11-23T00:00:00+01:00"),
        ("en", "yesterday", "2026-11-23T00:00:00+01:00"),
        ("en", "last tuesday", "2026-11-17T00:00:00+01:00"),
        ("en", "yesterday at 14:05", "2026-11-23T14:05:00+01:00"),
        ("en", "3 days ago", "2026-11-21T13:40:00+01:00"),
        ("en", "an hour ago", "2026-11-24T12:40:00+01:00"),
        ("en", "in 2 hours", "2026-11-24T15:40:00+01:00"),
        ("en", "November 3, 2026", "2026-11-03T00:00:00+01:00"),
        ("en", "24/11/2026", "2026-11-24T00:00:00+01:00"),
        ("en", "11/24/2026", "2026-11-24T00:00:00+01:00"),
        ("en", "2026-11-24", "2026-11-24T00:00:00+01:00"),
        ("en", "25/10/2026 02:30+01:00", "2026-10-25T02:30:00+01:00"),
        ("en", "hier", "2026-11-23T00:00:00+01:00"),
        ("en", "12h", "2026-11-24T01:40:00+01:00"),
        ("fr", "7j", "2026-11-17T13:40:00+01:00"),
        ("fr", "10 min", "2026-11-24T13:30:00+01:00"),
        ("fr", "10min", "2026-11-24T13:30:00+01:00"),
        ("fr", "il y a 10 min", "2026-11-24T13:30:00+01:00"),
        ("fr", "il y a 4\u00a0min 30\u00a0s", "2026-11-24T13:35:30+01:00"),
        ("fr", "2 semaines", "2026-11-10T13:40:00+01:00"),
        ("fr", "3 sem", "2026-11-03T13:40:00+01:00"),
        ("fr", "dans 10 min", "2026-11-24T13:50:00+01:00"),
        ("en", "10 min ago", "2026-11-24T13:30:00+01:00"),
        ("fr", "24-11-2026", "2026-11-24T00:00:00+01:00"),
        ("fr", "mardi 24 novembre 2026 à 14h05", "2026-11-24T14:05:00+01:00"),
        ("en", "Tuesday, November 24, 2026", "2026-11-24T00:00:00+01:00"),
        ("en", "Nov 3 2026", "2026-11-03T00:00:00+01:00"),
        ("en", "3 Sept. 2026 at 14:05", "2026-09-03T14:05:00+02:00"),
        ("fr", "3 févr. 2026 à 14h05", "2026-02-03T14:05:00+01:00"),
        ("fr", "1er déc. 2026", "2026-12-01T00:00:00+01:00"),
    ],
)
def test_a_time_is_read_as_people_say_it(language: str, text: str, read: str) -> None:
    """Dates as they are shown, days in words of either language, and spans before now are times."""
    assert read_time(session(language), text, "--at") == datetime.fromisoformat(read)


@pytest.mark.parametrize(
    "text",
    [
        *("hier foo", "demain matin", "lundi", "mai", "12", "le 3", "24/11/26"),
        *("24/11/2026 7pm", "9999 years ago", "999999w", "0001-01-01"),
        *("10 foo", "min", "10 min foo"),
    ],
)
def test_what_is_read_in_part_is_refused(text: str) -> None:
    """A time that is no time, or that somebody would have to guess, is refused with examples."""
    with pytest.raises(UsageError, match=r"n'est pas une date.*mardi dernier"):
        read_time(session("fr"), text, "--at")


@pytest.mark.parametrize(
    "language, text, words",
    [
        ("en", "14:05", "write today 14:05 or yesterday 14:05"),
        ("en", "at 9:30", "write today 9:30 or yesterday 9:30"),
        ("fr", "14h05", "écrivez aujourd'hui 14h05 ou hier 14h05"),
        ("fr", "à 14 h 05", "écrivez aujourd'hui 14 h 05 ou hier 14 h 05"),
    ],
)
def test_a_clock_without_a_day_is_answered_with_both_days(language: str, text: str, words: str) -> None:
    """Nobody guesses whether it was today; each of the two answers is read when it is typed."""
    with pytest.raises(UsageError) as refusal:
        read_time(session(language), text, "--at")
    assert words in str(refusal.value).replace("\u00a0", " ")
    clock = words.rpartition("hier" if language == "fr" else "yesterday")[2].strip()
    day = "hier" if language == "fr" else "yesterday"
    read_time(session(language), f"{day} {clock}", "--at")


@pytest.mark.parametrize(
    "language, text, readings",
    [
        ("en", "03/04/2026", ("2026-04-03", "2026-03-04")),
        ("en", "3.4.2026 14:05", ("2026-04-03", "2026-03-04")),
        ("fr", "25/10/2026 02:30", ("25/10/2026 02:30:00+02:00", "25/10/2026 02:30:00+01:00")),
        ("en", "2026-10-25 02:30", ("2026-10-25 02:30:00+02:00", "2026-10-25 02:30:00+01:00")),
        ("fr", "29/03/2026 02:30", ("29/03/2026 01:30:00+01:00", "29/03/2026 03:30:00+02:00")),
        ("en", "2026-03-29 02:30", ("write 2026-03-29 01:30:00+01:00 or 2026-03-29 03:30:00+02:00",)),
    ],
)
def test_a_time_with_two_readings_or_none_is_refused(language: str, text: str, readings: tuple[str, ...]) -> None:
    """Where a date or the clock has two readings, both are named, and none is chosen."""
    with pytest.raises(UsageError) as refusal:
        read_time(session(language), text, "--at")
    assert [reading for reading in readings if reading not in str(refusal.value)] == []


def test_a_day_in_words_is_whole() -> None:
    """A day in words is from its beginning to its end; a date in figures is its first moment at both ends."""
    words, figures = (read_span(session("en"), word, word) for word in ("yesterday", "2026-11-23"))
    day = datetime(2026, 11, 23).astimezone()
    assert words == {"from": day, "to": day + timedelta(days=1)}
    assert figures == {"from": day, "to": day}


@pytest.mark.parametrize(
    "language, text, read",
    [
        ("fr", "12,5", "12.5"),
        ("fr", "1 234,5", "1234.5"),
        ("fr", "1\u202f234\u00a0567", "1234567"),
        ("fr", "-0,25", "-0.25"),
        ("fr", "12.5", "12.5"),
        ("en", "12.5", "12.5"),
        ("en", "1e2", "1e2"),
        ("en", "1,234.50", "1234.50"),
        ("en", "-1,234,567", "-1234567"),
        ("en", "1.234.567,5", "1234567.5"),
        ("en", "1,2,3", "1,2,3"),
        ("fr", "1.234,50", "1234.50"),
        ("fr", "1,234.50", "1234.50"),
        ("fr", "1,234,567", "1234567"),
    ],
)
def test_a_number_is_read_as_it_is_shown(language: str, text: str, read: str) -> None:
    """A comma is French for the point; a space may set thousands apart, and so may what cannot be the point."""
    assert read_number(session(language), text, "--field") == read


@pytest.mark.parametrize(
    "language, text, read", [("en", "1,234", "1234"), ("en", "12,5", "12,5"), ("fr", "1,234", "1.234")]
)
def test_a_whole_number_has_no_point(language: str, text: str, read: str) -> None:
    """Where a point is not possible, an English comma has one reading."""
    assert read_number(session(language), text, "--field", whole=True) == read


def test_a_number_with_two_readings_is_refused() -> None:
    """An English comma may be a point or may set thousands apart: both are named."""
    with pytest.raises(UsageError, match=r"1\.234 or 1234"):
        read_number(session("en"), "1,234", "--field")


@pytest.mark.parametrize(
    "language, text, words",
    [
        ("fr", "31/02/2026", "« 31/02/2026 » n'existe pas : le mois n'a pas ce jour"),
        ("fr", "hier 14:75", "« hier 14:75 » n'existe pas : les minutes vont de 0 à 59"),
        ("fr", "11/24/2026", "« 11/24/2026 » n'existe pas : les mois vont de 1 à 12"),
        ("fr", "31 février 2026", "« 31 février 2026 » n'existe pas : le mois n'a pas ce jour"),
        ("fr", "24/11/2026 25:00", "« 24/11/2026 25:00 » n'existe pas : les heures vont de 0 à 23"),
        ("fr", "mardi 25 novembre 2026", "le 25/11/2026 est un mercredi, pas un mardi"),
        ("en", "Tuesday 25 November 2026", "2026-11-25 is a Wednesday, not a Tuesday"),
        ("en", "2026-02-31", "2026-02-31 does not exist: its month has no such day"),
        ("en", "31/02/2026", "31/02/2026 does not exist: its month has no such day"),
        ("en", "31 November 2026", "31 November 2026 does not exist: its month has no such day"),
        ("en", "2026-13-01", "2026-13-01 does not exist: the months are 1 to 12"),
        ("en", "2026-01-31 14:60", "2026-01-31 14:60 does not exist: the minutes are 0 to 59"),
        ("en", "soon", "soon is not a time: write"),
        ("en", "24/11 14:30", "24/11 14:30 has no year: write it in four digits"),
        ("fr", "24/11 14h30", "« 24/11 14h30 » : il manque l'année, en quatre chiffres"),
    ],
)
def test_an_impossible_time_says_what_is_impossible(language: str, text: str, words: str) -> None:
    """The form is right, so that nobody is to look for a mistake in it."""
    with pytest.raises(UsageError) as refused:
        read_time(session(language), text, "--since")
    assert words in str(refused.value).replace("\u00a0", " ")


@pytest.mark.parametrize("text", ["2026-01-31 14:30-15:30", "2026-01-31 14:30+23:59", "24/11/2026 14:05-15:05"])
def test_a_span_of_time_is_not_an_offset(text: str) -> None:
    """14:30-15:30 would be a time of the next day; no clock differs so much from UTC."""
    with pytest.raises(UsageError, match="is not an offset from UTC"):
        read_time(session("en"), text, "--at")
