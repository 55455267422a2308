"""The columns of the tables of retention and of the published views that it reads, by their types."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID


class SettingsRow(TypedDict):
    """The settings of the site that retention needs."""

    retention_days: int
    timezone: str


class PolicyRow(TypedDict):
    """A row of `retention.policy`."""

    policy_id: str
    property_id: int
    days: int
    years: int
    exempt: bool
    counted_from: str
    set_by: str
    set_at: datetime


class ListedPolicyRow(PolicyRow):
    """A row of the statement that lists policies, with the number of its projects."""

    projects: int


class PropertyRow(TypedDict):
    """A property, of the published view of them."""

    id: int
    name: str


class DueOfTypeRow(TypedDict):
    """A row of the statement that counts due projects, by type, with the first creation and the first expiry."""

    type_id: int | None
    due: int
    oldest: datetime
    overdue_since: datetime


class SweepRow(TypedDict):
    """A row of `retention.sweep`."""

    sweep_id: UUID
    created_before: datetime
    progressed_at: datetime
    chains_left: int
    deleted: int


class HoldRow(TypedDict):
    """A row of `retention.hold`."""

    hold_id: UUID
    project_id: UUID
    reason: str
    held_by: str
    held_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str | None
    until: datetime | None
    reference: str | None
    lapsed: bool
    release_requested_by: str | None
    release_requested_at: datetime | None
    release_request_reason: str | None


class ListedHoldRow(HoldRow):
    """A row of the statements that list holds, with the number of the project, and whether the hold is in force."""

    number: int
    in_force: bool


class TombstoneRow(TypedDict):
    """A row of the published view of tombstones."""

    project_id: UUID
    number: int
    deleted_by: str
    deleted_at: datetime
    expired: bool
    restricted: bool
    erase_after: datetime | None


class DueProjectRow(TypedDict):
    """A row of the statement that lists due projects."""

    project_id: UUID
    number: int
    created_at: datetime
    expires_at: datetime


class WarningDaysRow(TypedDict):
    """How many days before their expiry projects are announced, and the time of the database."""

    expiry_warning_days: int
    now: datetime


class ExpiryWarningRow(TypedDict):
    """A row of `retention.expiry_warning`."""

    project_id: UUID
    expires_at: datetime


class NearExpiryRow(ExpiryWarningRow):
    """A row of the statement that announces projects before they expire, with the time of the database."""

    number: int
    at: datetime


class CertificateSupplementRow(TypedDict):
    """A row of `retention.certificate_supplement`."""

    number: int
    overwritten_at: datetime
    issued_at: datetime
    content: bytes
    signature: bytes
    key: bytes


class RedactionRow(TypedDict):
    """A row of the published view of redactions."""

    project_id: UUID
    field: str
    part_id: UUID | None
    at: datetime


class DestructionRow(TypedDict):
    """A row of `retention.destruction`."""

    destruction_id: UUID
    kind: str
    erased_from: datetime
    erased_until: datetime
    known_at: datetime
    ended: bool
    rule: dict[str, Any]
    field: str | None


class DestroyedRow(TypedDict):
    """A row of `retention.destroyed`."""

    destruction_id: UUID
    event_id: UUID
    at: datetime
    numbers: list[int]


class DueDestructionRow(DestructionRow):
    """A destruction that can have its certificate now, with the time, and with that of the clean-up after it."""

    now: datetime
    overwritten_at: datetime | None


class DueSupplementRow(TypedDict):
    """A certificate that lacks a clean-up which is complete now, with its time and that of the database."""

    number: int
    content: bytes
    erased_until: datetime
    overwritten_at: datetime
    now: datetime


class DestroyedPartRow(TypedDict):
    """Projects of a destruction, with the place of their last entry in the activity log."""

    numbers: list[int]
    log_index: int | None


class LogCheckpointRow(TypedDict):
    """A row of the published view of checkpoints."""

    size: int
    note: str


class ListedCertificateRow(TypedDict):
    """A row of the statement that lists certificates."""

    number: int
    kind: str
    erased_until: datetime
    overwritten_at: datetime | None
    issued_at: datetime
    count: int
    content: bytes
    signature: bytes
    key: bytes
    supplemented_at: datetime | None
    supplement_overwritten_at: datetime | None
    supplement_content: bytes | None
    supplement_signature: bytes | None
    supplement_key: bytes | None


class NumberRow(TypedDict):
    """The number of a project, which may be deleted."""

    project_id: UUID
    number: int
