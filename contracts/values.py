"""Values that fields are made of: texts, times, numbers and names that every store of the product can hold."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(4000, 1, 1, tzinfo=UTC)
LARGEST_INTEGER = 2**53 - 1


def _storable(text: str) -> str:
    if "\x00" in text:
        msg = "the character U+0000 cannot be stored"
        raise ValueError(msg)
    return text


def _in_utc(time: datetime) -> datetime:
    if not EARLIEST <= time < LATEST:
        msg = f"must lie between the years {EARLIEST.year} and {LATEST.year}"
        raise ValueError(msg)
    return time.astimezone(UTC)


Text = Annotated[str, AfterValidator(_storable)]
"""Any text without U+0000, which PostgreSQL cannot hold."""

LongText = Annotated[Text, StringConstraints(min_length=1, max_length=20_000)]
ShortText = Annotated[Text, StringConstraints(max_length=500)]
Name = Annotated[Text, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Description = Annotated[Text, StringConstraints(max_length=10_000)]
Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""RFC 3339 with an offset; kept in UTC."""

Integer = Annotated[int, Field(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
"""A whole number that JSON readers of every language hold exactly."""

DecimalNumber = Annotated[Decimal, Field(max_digits=28, decimal_places=10, allow_inf_nan=False)]
"""Travels as a string."""

PropertyId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Revision = Annotated[int, Field(ge=1)]
Principal = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
Slot = Literal["1", "2", "3", "4", "5"]
CategorySlot = Annotated[int, Field(ge=1, le=5)]
FieldSlot = Annotated[int, Field(ge=1, le=3)]
Language = Literal["en", "fr"]
Ids = Annotated[list[UUID], Field(min_length=1, max_length=1_000)]
