"""Values that fields are made of: texts, times, numbers and names that every store of the product can hold."""

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(4000, 1, 1, tzinfo=UTC)
LARGEST_INTEGER = 2**53 - 1


_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", flags=re.ASCII)
_DECIMAL = r"^[+-]?[0-9]{1,28}([.][0-9]{1,28})?([Ee][+-]?[0-9]{1,2})?$"


_SEEN = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff]"
)
"""A character that is seen where it stands alone: what Unicode lets a reader ignore is not, nor are empty letters."""


def _rfc_3339(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    kind = "datetime_parsing"
    if not _RFC_3339.fullmatch(given):
        raise PydanticCustomError(kind, "must be an RFC 3339 time")
    try:
        return datetime.fromisoformat(given.upper())
    except ValueError as error:
        raise PydanticCustomError(kind, "must be an RFC 3339 time") from error


def _in_utc(time: datetime) -> datetime:
    if not EARLIEST <= time < LATEST:
        kind = "time_out_of_range"
        raise PydanticCustomError(kind, f"must lie between the years {EARLIEST.year} and {LATEST.year}")
    return time.astimezone(UTC)


def _decimal(given: Any) -> Any:
    if isinstance(given, Decimal):
        return given
    if not isinstance(given, str):
        kind = "decimal_type"
        raise PydanticCustomError(kind, "must be a number in quotes")
    if not re.fullmatch(_DECIMAL, given):
        kind = "decimal_parsing"
        raise PydanticCustomError(kind, "must be a number such as 12.5")
    return Decimal(given)


def _canonical(number: Decimal) -> Decimal:
    """Return the one form of a number: without exponent, zeros behind it, or the sign of a zero."""
    return Decimal(f"{number.normalize():f}") if number else Decimal(0)


def plain(value: Any) -> Any:
    """Return a value as every store and message tells it: a decimal number as a text, never with an exponent."""
    return f"{value:f}" if isinstance(value, Decimal) else value


def composed(given: Any) -> Any:
    """Return a text in normal form C: what two keyboards type for one name or secret is one text."""
    return unicodedata.normalize("NFC", given) if isinstance(given, str) else given


def not_blank(text: str) -> str:
    """Refuse a text of which nothing is seen."""
    if not _SEEN.search(text):
        kind = "blank"
        raise PydanticCustomError(kind, "shows nothing")
    return text


def _not_unseen(text: str) -> str:
    """Refuse a text of unseen characters alone; an empty one, or white space, pretends nothing."""
    return text if not text or text.isspace() else not_blank(text)


AnyText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Any text without U+0000, which PostgreSQL cannot hold."""

Text = Annotated[AnyText, AfterValidator(_not_unseen)]
"""The same, and not made of unseen characters alone."""

LongText = Annotated[AnyText, StringConstraints(min_length=1, max_length=20_000), AfterValidator(not_blank)]
ShortText = Annotated[Text, StringConstraints(max_length=500)]
Name = Annotated[
    AnyText,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    BeforeValidator(composed),
    AfterValidator(not_blank),
]
"""A text without space around it, never blank, and in Unicode's normal form C."""

Description = Annotated[Text, StringConstraints(max_length=10_000)]
Time = Annotated[AwareDatetime, BeforeValidator(_rfc_3339), AfterValidator(_in_utc)]
"""RFC 3339 with an offset; kept in UTC."""

Integer = Annotated[int, Field(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
"""A whole number that JSON readers of every language hold exactly."""

DecimalNumber = Annotated[
    Decimal,
    Field(max_digits=28, decimal_places=10, allow_inf_nan=False),
    BeforeValidator(_decimal),
    AfterValidator(_canonical),
    WithJsonSchema({"type": "string", "pattern": _DECIMAL}),
]
"""Travels as a string, because JSON's numbers lose digits in many languages; `1e2` is 100, `0.10` is 0.1."""

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
