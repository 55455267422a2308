"""Warnings before projects expire (RET-03): one event for many projects, which feeds show project by project."""

from typing import Final
from uuid import UUID

from contracts.message import BOTH_STORES, Event
from contracts.values import Time

WARNED_AT_ONCE_MAX: Final = 500
"""Projects of one event."""


class ExpiryAnnounced(Event):
    """A project expires at `expires_at`: the first sweep after it deletes the project.

    It is not recorded as an activity itself. `retention.expiries-announced` is, and names all of them.
    """

    subject = "retention.expiry-announced"

    project_id: UUID
    number: int
    expires_at: Time


class ExpiriesAnnounced(Event):
    """Projects expire within the days of the setting `expiry_warning_days`, each at its time in `expiries`.

    A project is announced once for each time at which it expires. Feeds show `retention.expiry-announced` for each.
    """

    subject = "retention.expiries-announced"
    stores = BOTH_STORES

    project_ids: list[UUID]
    numbers: list[int]
    expiries: list[Time]

    def individual_events(self) -> list[ExpiryAnnounced]:
        """Return the warning about each project."""
        return [
            ExpiryAnnounced(project_id=project_id, number=number, expires_at=expires_at)
            for project_id, number, expires_at in zip(self.project_ids, self.numbers, self.expiries, strict=True)
        ]
