"""Recordings as messages refer to them: sequences of one camera, which stay on the recording servers (SEQ-06)."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.message import Message
from contracts.values import Name, ShortText, Time, not_blank

SiteName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
CameraId = Annotated[ShortText, Field(min_length=1), AfterValidator(not_blank)]
Media = Literal["available", "expiring", "lost"]
"""Whether the recording itself is still there: it has a retention time of its own (SEQ-07)."""


def in_order(start: datetime | None, end: datetime | None) -> None:
    """Refuse an end that lies before the start."""
    if start and end and end < start:
        kind = "end_before_start"
        raise PydanticCustomError(kind, "end must not lie before start")


class Sequence(Message):
    """A reference to an uninterrupted recording of one camera (SEQ-01, SEQ-06)."""

    sequence_id: UUID
    camera_id: CameraId
    camera_name: Name
    site: SiteName | None = None
    start: Time
    end: Time
    media_expires_at: Time | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        in_order(self.start, self.end)
        return self


Sequences = Annotated[list[Sequence], Field(max_length=200)]
