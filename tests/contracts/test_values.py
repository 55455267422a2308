"""What fields are made of: what they take, and what they refuse before anything is stored."""

import json
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from contracts.errors import Code, Refusal
from contracts.message import Message
from contracts.permissions import EVERYTHING, Grants, Level, Node
from contracts.projects.commands import CreateProject, UpdateProject
from contracts.projects.recordings import CameraId, Sequence
from contracts.values import (
    EARLIEST,
    LATEST,
    DecimalNumber,
    Ids,
    Integer,
    LongText,
    Name,
    Principal,
    PropertyId,
    Text,
    Time,
    plain,
)


class Sample(Message):
    """A field of each kind."""

    text: Text | None = None
    long: LongText | None = None
    name: Name | None = None
    camera: CameraId | None = None
    time: Time | None = None
    integer: Integer | None = None
    number: DecimalNumber | None = None
    flag: bool | None = None
    id: UUID | None = None
    ids: Ids | None = None
    property: PropertyId | None = None
    principal: Principal | None = None
    count: Annotated[int, Field(ge=0)] | None = None


def read(field: str, value: object) -> Any:
    """Return what a field holds after this value came over the wire."""
    return getattr(Sample.model_validate_json(json.dumps({field: value})), field)


def refusal_of(field: str, value: object) -> str:
    """Return how a field refuses this value."""
    with pytest.raises(ValidationError) as caught:
        read(field, value)
    return str(caught.value.errors()[0]["type"])


@pytest.mark.parametrize("field", ["text", "long", "name"])
def test_texts_refuse_what_cannot_be_stored(field: str) -> None:
    """PostgreSQL cannot hold U+0000, so no field takes it; half a surrogate pair is not JSON."""
    assert refusal_of(field, "a\0b") == "string_pattern_mismatch"
    with pytest.raises(ValidationError):
        Sample.model_validate_json(f'{{"{field}": "\\ud800"}}')


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_other_text_stays_as_it_was_written(text: str) -> None:
    """Line ends, spaces, emoji and every script come back unchanged, whatever is among them."""
    assert read("text", f"{text}.") == f"{text}."


@pytest.mark.parametrize("blank", ["", "  ", "\t\n", "\u00a0"])
def test_a_name_is_not_blank(blank: str) -> None:
    """What has a name can be found by it."""
    assert refusal_of("name", blank) == "string_too_short"


UNSEEN: tuple[str, ...] = ("\u200b", "\u3164", "\u2800", "\u202e\u2066", "\ufeff", "\u00ad", "\ufe0f")
UNSEEN += ("\U000e0041", "\U00013430", "\x1b")
"""What nobody sees, of each kind."""


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
@pytest.mark.parametrize("field", ["text", "long", "name", "camera"])
def test_nothing_is_made_of_what_nobody_sees(field: str, unseen: str) -> None:
    """A text of unseen characters alone is refused as blank; one letter among them, and it is a text."""
    assert refusal_of(field, unseen) == "blank"
    assert read(field, f"{unseen}4") == f"{unseen}4"


def test_white_space_is_no_text_that_must_be_there() -> None:
    """Where something must be written, spaces are not enough; where nothing need be, they harm nobody."""
    assert (refusal_of("long", " \n"), refusal_of("camera", " ")) == ("blank", "blank")
    assert read("text", " \n") == " \n"


@pytest.mark.parametrize("text", ["4", "é", "\u0301e", "仓", "😀", "٤", "\u0604", "👩\u200d🚒", "?"], ids=ascii)
def test_every_script_is_seen(text: str) -> None:
    """A letter, a digit, a picture or a mark of any script is a name."""
    assert read("name", text) == unicodedata.normalize("NFC", text)


def test_a_name_has_one_normal_form() -> None:
    """What two keyboards type for one name is one name."""
    assert read("name", "Ge\u0301rard") == "G\u00e9rard"
    assert read("long", "Ge\u0301rard") == "Ge\u0301rard"


def test_lengths_are_told_as_lengths() -> None:
    """A text that is too long or empty is refused as a text, with the words for texts."""
    assert refusal_of("name", "x" * 201) == "string_too_long"
    assert refusal_of("long", "x" * 20_001) == "string_too_long"
    assert refusal_of("long", "") == "string_too_short"
    assert read("name", "  Gate 4 ") == "Gate 4"


@given(st.datetimes(EARLIEST.replace(tzinfo=None), datetime(3999, 12, 30)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 - an offset is put on it
def test_a_time_is_kept_in_utc(naive: datetime, minutes: int) -> None:
    """A time with any offset is the same moment in UTC."""
    time = naive.replace(tzinfo=timezone(timedelta(minutes=minutes))) + timedelta(days=1)
    value = read("time", time.isoformat())
    assert (value, value.tzinfo) == (time, UTC)


@pytest.mark.parametrize(
    "time, kind",
    [
        ("2026-01-01T00:00:00", "timezone_aware"),
        ("1899-12-31T23:59:59Z", "time_out_of_range"),
        ("1900-01-01T00:00:00+01:00", "time_out_of_range"),
        ("3999-12-31T23:59:59-01:00", "time_out_of_range"),
        ("0001-01-01T00:00:00+14:00", "time_out_of_range"),
        ("9999-12-31T23:59:59-14:00", "time_out_of_range"),
        ("2026-01-01", "datetime_parsing"),
        ("2026-02-30T00:00:00Z", "datetime_parsing"),
        ("2026-01-01T00:00Z", "datetime_parsing"),
        ("1700000000", "datetime_parsing"),
        ("", "datetime_parsing"),
        (1_700_000_000, "datetime_type"),
        (True, "datetime_type"),
    ],
)
def test_a_time_is_rfc_3339_with_an_offset(time: object, kind: str) -> None:
    """Dates, naive times, numbers and years that no store holds are refused."""
    assert refusal_of("time", time) == kind


def test_the_limits_of_time_are_what_is_said() -> None:
    """The first moment is included, the last is not."""
    assert read("time", EARLIEST.isoformat()) == EARLIEST
    assert refusal_of("time", LATEST.isoformat()) == "time_out_of_range"


@pytest.mark.parametrize("number", [1, 1.5, True])
def test_a_decimal_travels_as_a_string(number: object) -> None:
    """A JSON number would lose digits on its way."""
    assert refusal_of("number", number) == "decimal_type"


@pytest.mark.parametrize("number", ["", "x", "NaN", "Infinity", "1_000", "\u0661", "0x1", " 1", "1,5"])
def test_a_decimal_is_written_plainly(number: object) -> None:
    """What other languages do not read as a decimal number is refused."""
    assert refusal_of("number", number) == "decimal_parsing"


@pytest.mark.parametrize(
    "number, kind",
    [
        ("0.00000000001", "decimal_max_places"),
        ("1234567890123456789", "decimal_whole_digits"),
        ("1e40", "decimal_max_digits"),
    ],
)
def test_a_decimal_has_18_digits_and_10_places(number: str, kind: str) -> None:
    """What would be rounded is refused."""
    assert refusal_of("number", number) == kind


@pytest.mark.parametrize(
    "typed,canonical",
    [("1e2", "100"), ("-0", "0"), ("0.10", "0.1"), ("0e-5", "0"), ("+1.50E1", "15"), ("1e-9", "0.000000001")],
)
def test_a_decimal_has_one_form(typed: str, canonical: str) -> None:
    """However a number is written, it is kept without exponent, needless zeros and the sign of a zero."""
    assert plain(read("number", typed)) == canonical


@given(st.decimals("-1e17", "1e17", places=10))
def test_a_decimal_comes_back_exactly(number: Decimal) -> None:
    """No digit is lost, neither on the way in nor on the way out."""
    sample = Sample(number=number)
    assert Sample.model_validate_json(sample.model_dump_json()).number == number


@pytest.mark.parametrize("field", ["integer", "property", "count"])
@pytest.mark.parametrize("value", [True, 1.0, 1.5, "1", "x", [], {}])
def test_a_number_is_a_number(field: str, value: object) -> None:
    """A boolean, a text or a fraction is not taken for a whole number."""
    assert refusal_of(field, value) == "int_type"


@pytest.mark.parametrize("value", [0, 1, "true", "yes", ""])
def test_a_check_box_is_true_or_false(value: object) -> None:
    """Nothing else stands for true."""
    assert refusal_of("flag", value) == "bool_type"


def test_whole_numbers_stay_exact_everywhere() -> None:
    """A whole number is one that a reader in any language holds exactly."""
    assert read("integer", 2**53 - 1) == 2**53 - 1
    assert refusal_of("integer", 2**53) == "less_than_equal"
    assert refusal_of("integer", -(2**53)) == "greater_than_equal"


@pytest.mark.parametrize("principal", ["", "Alice", "a.b", "a*", "a>", "é", "a b", "x" * 65, "a\n"])
def test_a_principal_is_one_token(principal: str) -> None:
    """A name that would be more than a token of a subject is refused."""
    assert refusal_of("principal", principal) == "string_pattern_mismatch"


def test_lists_of_ids_have_bounds() -> None:
    """Nothing, and more than a transaction should touch, are refused."""
    assert refusal_of("ids", []) == "too_short"
    assert refusal_of("ids", [str(UUID(int=1))] * 1_001) == "too_long"


def test_a_message_is_closed_and_frozen() -> None:
    """An unknown field is refused, and a message never changes after it was made."""
    sample = Sample(integer=1)
    with pytest.raises(ValidationError):
        Sample.model_validate_json('{"colour": "red"}')
    with pytest.raises(ValidationError):
        sample.__setattr__("integer", 2)


def test_an_end_lies_after_its_start() -> None:
    """Neither a project nor a sequence ends before it starts (SEQ-01)."""
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    with pytest.raises(ValidationError, match="end"):
        CreateProject(project_id=UUID(int=1), start_time=late, end_time=early)
    with pytest.raises(ValidationError, match="end"):
        Sequence(sequence_id=UUID(int=1), camera_id="1", camera_name="Gate", start=late, end=early)
    assert CreateProject(project_id=UUID(int=1), start_time=early, end_time=early).end_time == early


def test_an_update_asks_for_what_it_touches() -> None:
    """Main details and categories have permissions of their own; a cleared field counts as touched."""
    assert UpdateProject(project_id=UUID(int=1), type_id=None).needs() == {Node.MAIN_DETAILS: Level.MANAGE}
    both = UpdateProject(project_id=UUID(int=1), status_id=1, categories={"1": 2})
    assert both.needs() == {Node.MAIN_DETAILS: Level.MANAGE, Node.CATEGORIES: Level.MANAGE}
    with pytest.raises(ValidationError, match="at least one field"):
        UpdateProject(project_id=UUID(int=1), expected_revision=3)


@pytest.mark.parametrize("node", Node)
def test_what_is_not_given_is_refused(node: Node) -> None:
    """Without a role nothing is allowed, and everything is with all of them (PERM-05)."""
    assert not Grants().allow(node, Level.VIEW)
    assert EVERYTHING.allow(node, Level.MANAGE)


@given(st.dictionaries(st.sampled_from(Node), st.sampled_from(Level)), st.sampled_from(Node))
def test_manage_implies_view(levels: dict[Node, Level], node: Node) -> None:
    """A principal who may change something may see it (AMB-3, PERM-03)."""
    grants = Grants(levels)
    assert not grants.allow(node, Level.MANAGE) or grants.allow(node, Level.VIEW)


@pytest.mark.parametrize("node", [node for node in Node if "/" in node])
def test_a_sub_node_needs_view_on_projects(node: Node) -> None:
    """A permission on a part of projects is worth nothing to who may not see projects (PERM-09)."""
    assert not Grants({node: Level.MANAGE}).allow(node, Level.VIEW)
    assert not Grants({node: Level.MANAGE, Node.PROJECTS: Level.NONE}).allow(node, Level.VIEW)
    assert Grants({node: Level.MANAGE, Node.PROJECTS: Level.VIEW}).allow(node, Level.MANAGE)


def test_a_refusal_says_what_it_is_about() -> None:
    """A refusal keeps its code, its sentence and the details that show the way out."""
    error = Refusal(Code.IN_USE, projects=3).as_error("en")
    assert (error.code, error.retryable, error.details) == (Code.IN_USE, False, {"projects": 3})


@pytest.mark.parametrize(
    "form, start, end",
    [(Sequence, "start", "end"), (CreateProject, "start_time", "end_time"), (UpdateProject, "start_time", "end_time")],
)
def test_an_end_before_its_start_is_refused_by_name(form: type[Message], start: str, end: str) -> None:
    """Anyone who gives an end before its start is shown the end and not the whole message."""
    with pytest.raises(ValidationError) as caught:
        form.model_validate_json(json.dumps({start: "2026-01-02T00:00:00Z", end: "2026-01-01T00:00:00Z"}))
    assert ((end,), "end_before_start") in {(error["loc"], error["type"]) for error in caught.value.errors()}
