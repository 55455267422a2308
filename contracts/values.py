"""Values that fields are made of: texts, times, numbers and names that every store of the product can hold."""

import re
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
    if not isinstance(given, str) or not re.fullmatch(_DECIMAL, given):
        kind = "decimal_parsing"
        raise PydanticCustomError(kind, "must be a decimal number in a text")
    return Decimal(given)


Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Any text without U+0000, which PostgreSQL cannot hold."""

LongText = Annotated[Text, StringConstraints(min_length=1, max_length=20_000)]
ShortText = Annotated[Text, StringConstraints(max_length=500)]
Name = Annotated[Text, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
"""A text without space around it, and never blank."""

Description = Annotated[Text, StringConstraints(max_length=10_000)]
Time = Annotated[AwareDatetime, BeforeValidator(_rfc_3339), AfterValidator(_in_utc)]
"""RFC 3339 with an offset; kept in UTC."""

Integer = Annotated[int, Field(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
"""A whole number that JSON readers of every language hold exactly."""

DecimalNumber = Annotated[
    Decimal,
    Field(max_digits=28, decimal_places=10, allow_inf_nan=False),
    BeforeValidator(_decimal),
    WithJsonSchema({"type": "string", "pattern": _DECIMAL}),
]
"""Travels as a string, because JSON's numbers lose digits in many languages."""

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
