"""References to recordings: sequences of one camera, which stay on the recording servers (SEQ-06)."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from contracts.message import Message
from contracts.values import Name, ShortText, Time, require_visible

SiteName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
CameraId = Annotated[ShortText, Field(min_length=1), AfterValidator(require_visible)]
Media = Literal["available", "expiring", "lost"]
"""Whether the recording itself still exists: it has its own retention time (SEQ-07)."""

MEDIA_EXPIRING_LEAD: Final = timedelta(hours=24)


def media_at(now: datetime, expires_at: datetime | None) -> Media:
    """Return the state of a recording at a time."""
    if expires_at is None or expires_at > now + MEDIA_EXPIRING_LEAD:
        return "available"
    return "expiring" if expires_at > now else "lost"


def not_before(start: str) -> AfterValidator:
    """Return the validator of an end time, which refuses it if it is before the field `start`."""

    def check(end: datetime | None, others: ValidationInfo) -> datetime | None:
        began = others.data.get(start)
        if began and end and end < began:
            kind = "end_before_start"
            raise PydanticCustomError(kind, "must not be before the start")
        return end

    return AfterValidator(check)


class Sequence(Message):
    """A reference to an uninterrupted recording of one camera (SEQ-01, SEQ-06)."""

    sequence_id: UUID
    camera_id: CameraId
    camera_name: Name
    site: SiteName | None = None
    start: Time
    end: Annotated[Time, not_before("start")]
    media_expires_at: Time | None = None


Sequences = Annotated[list[Sequence], Field(max_length=200)]
