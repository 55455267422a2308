"""Types of fields: texts, times, numbers and names that every store of the product can hold."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(4000, 1, 1, tzinfo=UTC)
INTEGER_MAX = 2**53 - 1
_OFFSET_MIN, _OFFSET_MAX, _OFFSET_STEP = timedelta(hours=-12), timedelta(hours=14), timedelta(minutes=15)


_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", flags=re.ASCII)
_DECIMAL = r"^[+-]?[0-9]{1,28}([.][0-9]{1,28})?([Ee][+-]?[0-9]{1,2})?$"


_VISIBLE = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U00016fe4\U0001bca0-\U0001bca3\U0001d159"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""A character that is visible alone: neither ignorable by Unicode's rules nor an empty letter."""


def _rfc_3339(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    kind = "datetime_parsing"
    if not _RFC_3339.fullmatch(value):
        raise PydanticCustomError(kind, "must be an RFC 3339 time")
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise PydanticCustomError(kind, "must be an RFC 3339 time") from error


def _in_utc(time: datetime) -> datetime:
    if not EARLIEST <= time < LATEST:
        kind = "time_out_of_range"
        raise PydanticCustomError(kind, f"must be between the years {EARLIEST.year} and {LATEST.year}")
    return time.astimezone(UTC)


def is_offset(offset: timedelta | None) -> bool:
    """Tell whether clocks somewhere differ this much from UTC: 14:30-15:30 is a span of time, and no offset."""
    return offset is None or (_OFFSET_MIN <= offset <= _OFFSET_MAX and not offset % _OFFSET_STEP)


def _decimal(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str):
        kind = "decimal_type"
        raise PydanticCustomError(kind, "must be a number in quotes")
    if not re.fullmatch(_DECIMAL, value):
        kind = "decimal_parsing"
        raise PydanticCustomError(kind, "must be a number such as 12.5")
    return Decimal(value)


def _canonical(number: Decimal) -> Decimal:
    """Return the canonical form of a number: no exponent, no trailing zeros, no negative zero."""
    return Decimal(f"{number.normalize():f}") if number else Decimal(0)


def plain(value: Any) -> Any:
    """Return a value as stores and messages hold it: a decimal number becomes a text without exponent."""
    return f"{value:f}" if isinstance(value, Decimal) else value


def compose(value: Any) -> Any:
    """Return a text in normal form C, so that the same name or secret from two keyboards is one text."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def require_visible(text: str) -> str:
    """Refuse a text without visible characters."""
    if not _VISIBLE.search(text):
        kind = "blank"
        raise PydanticCustomError(kind, "has no visible characters")
    return text


def _require_not_invisible(text: str) -> str:
    """Refuse a text of invisible characters alone; an empty text, or white space, is honest and allowed."""
    return text if not text or text.isspace() else require_visible(text)


AnyText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Any text without U+0000, which PostgreSQL cannot hold."""

Text = Annotated[AnyText, AfterValidator(_require_not_invisible)]
"""The same, but not made of invisible characters alone."""

LongText = Annotated[AnyText, StringConstraints(min_length=1, max_length=20_000), AfterValidator(require_visible)]
ShortText = Annotated[Text, StringConstraints(max_length=500)]
Name = Annotated[
    AnyText,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    BeforeValidator(compose),
    AfterValidator(require_visible),
]
"""A trimmed text, never blank, in Unicode's normal form C."""

LegalBasis = Annotated[
    AnyText,
    StringConstraints(min_length=1, max_length=500, strip_whitespace=True),
    BeforeValidator(compose),
    AfterValidator(require_visible),
]
"""The provision or the order under which a copy of a project is handed over."""

Reason = Annotated[
    AnyText,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    AfterValidator(require_visible),
]
"""Why somebody did something: 1 to 2,000 characters, trimmed. That of a hold is deleted with its project."""

Description = Annotated[Text, StringConstraints(max_length=10_000)]
Time = Annotated[AwareDatetime, BeforeValidator(_rfc_3339), AfterValidator(_in_utc)]
"""RFC 3339 with an offset; kept in UTC."""

Integer = Annotated[int, Field(ge=-INTEGER_MAX, le=INTEGER_MAX)]
"""A whole number that JSON readers of every language hold exactly."""

DecimalNumber = Annotated[
    Decimal,
    Field(max_digits=28, decimal_places=10, allow_inf_nan=False),
    BeforeValidator(_decimal),
    AfterValidator(_canonical),
    WithJsonSchema({"type": "string", "pattern": _DECIMAL}),
]
"""Sent as a string, because JSON numbers lose digits in many languages; `1e2` is 100, `0.10` is 0.1."""

PropertyId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Revision = Annotated[int, Field(ge=1)]
Principal = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
Slot = Literal["1", "2", "3", "4", "5"]
CategorySlot = Annotated[int, Field(ge=1, le=5)]
FieldSlot = Annotated[int, Field(ge=1, le=3)]
Language = Literal["en", "fr"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A digest, in hexadecimal digits."""

Ids = Annotated[list[UUID], Field(min_length=1, max_length=1_000)]
