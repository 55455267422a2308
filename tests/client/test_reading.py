import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.errors import Code
from contracts.projects.commands import CreateProject, UpdateProject
from incidents.errors import Refused
from incidents.terminal.input.naming import pairs
from incidents.terminal.input.reading import make_message, read_object, read_time
from incidents.terminal.session import Session, UsageError

PROJECT = UUID("0190a000-0000-7000-8000-000000000001")


@pytest.fixture
def session() -> Session:
    """Make a session that speaks French."""
    return Session("admin", language="fr")


def test_a_time_with_an_offset_is_that_time(session: Session) -> None:
    """RFC 3339 is read as it is written."""
    read = read_time(session, "2025-01-31T14:30:00+02:00", "--at")
    assert read == datetime(2025, 1, 31, 12, 30, tzinfo=UTC)


def test_a_time_without_an_offset_is_of_here(session: Session) -> None:
    """A date is the midnight of this machine's zone."""
    read = read_time(session, "2025-01-31", "--at")
    assert read == datetime(2025, 1, 31).astimezone()


@pytest.mark.parametrize("text, ago", [("7d", timedelta(days=7)), ("90m", timedelta(minutes=90))])
def test_how_long_ago_is_a_time(session: Session, text: str, ago: timedelta) -> None:
    """A number with a unit counts back from now."""
    read = read_time(session, text, "--at")
    assert read is not None
    assert abs(datetime.now(UTC) - ago - read) < timedelta(seconds=5)


def test_no_time_stays_none(session: Session) -> None:
    """An option that was not given is no time."""
    assert read_time(session, None, "--at") is None


@pytest.mark.parametrize("text", ["someday", "31.01.25", "999999w", "0001-01-01T00:00:00+14:00", "0001-01-01"])
def test_what_is_no_time_is_told(session: Session, text: str) -> None:
    """Anyone who types something else is shown what can be typed, in the language of the session."""
    with pytest.raises(UsageError, match="n'est pas une date"):
        read_time(session, text, "--at")


def test_a_pair_has_a_name_and_a_value(session: Session) -> None:
    """The first equals sign divides, unless the name itself holds one."""
    assert list(pairs(session, "--field", "FIELD=VALUE", "text_1 = a=b")) == [("text_1", "a=b"), ("text_1 = a", "b")]
    with pytest.raises(UsageError, match="--field\u00a0: écrivez CHAMP=VALEUR"):
        list(pairs(session, "--field", "FIELD=VALUE", "text_1"))


@pytest.mark.parametrize("text", ["{", "[1]", "1"])
def test_what_is_no_object_is_told(session: Session, text: str) -> None:
    """A body is a JSON object and nothing else."""
    with pytest.raises(UsageError, match="JSON"):
        read_object(session, text)


def test_a_body_can_come_from_stdin(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash stands for what is piped in."""
    monkeypatch.setattr("sys.stdin", io.StringIO('{"a": 1}'))
    assert read_object(session, "-") == {"a": 1}


def test_a_message_that_fits_is_that_message(session: Session) -> None:
    """What was not given stays absent, which for a change means: as it was."""
    command = make_message(session, UpdateProject, {"project_id": PROJECT, "type_id": None})
    assert command.model_fields_set == {"project_id", "type_id"}


def test_every_field_that_does_not_fit_is_told(session: Session) -> None:
    """A refusal names each field and why, as a worker would."""
    with pytest.raises(Refused) as caught:
        make_message(session, CreateProject, {"type_id": "x", "colour": "red"})
    assert caught.value.code is Code.INVALID
    fields = caught.value.details["fields"]
    assert {field["field"]: field["kind"] for field in fields} == {
        "project_id": "missing",
        "type_id": "int_type",
        "colour": "extra_forbidden",
    }
    assert fields[0]["reason"] == "est obligatoire"
