"""Events of a client: CloudEvents in binary mode, parsed from their headers."""

import json
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from nats.aio.msg import Msg
from pydantic import BaseModel, ConfigDict

from contracts import subjects
from contracts.projects.watching import CURSOR, PROJECT_NUMBER

_SYSTEM_TYPE_PARTS = 4


class CloudEvent(BaseModel):
    """An event: `happened` is its subject `worker.happened`, `data` its body.

    `cursor` is its position in its feed, after which watching can continue. `project_number` is that of the project, if
    it comes from a feed and the project is there.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    time: datetime
    happened: str
    actor: str = subjects.SYSTEM
    subject: str | None = None
    revision: int | None = None
    command_id: UUID | None = None
    data: dict[str, Any]
    cursor: str | None = None
    project_number: int | None = None

    @classmethod
    def read(cls, message: Msg) -> Self:
        """Parse a published event.

        Raises:
            ValueError: The message is not a CloudEvent.
        """
        headers = message.headers or {}
        kind = headers.get("ce-type", "")
        parts = kind.split(".")
        if len(parts) != _SYSTEM_TYPE_PARTS:
            msg = f"ce-type {kind!r} is not of the form <system>.<worker>.<happened>.v1"
            raise ValueError(msg)
        values = {
            "id": headers.get("ce-id"),
            "time": headers.get("ce-time"),
            "happened": f"{parts[1]}.{parts[2]}",
            "actor": headers.get("ce-actor"),
            "subject": headers.get("ce-subject"),
            "revision": headers.get("ce-revision"),
            "command_id": headers.get("ce-causationid"),
            "cursor": headers.get(CURSOR),
            "project_number": headers.get(PROJECT_NUMBER),
        }
        known = {name: value for name, value in values.items() if value}
        return cls.model_validate({**known, "data": json.loads(message.data or b"{}")})
