"""Commands, events and queries of retention (RET-01 to RET-07)."""

from datetime import datetime
from uuid import UUID

from contracts.administration import RetentionDays
from contracts.message import BOTH_STORES, Command, Event, Message, Query
from contracts.permissions import Node
from contracts.values import Time


class SweepStarted(Event):
    """A sweep has begun: `due` projects, counted up to a million, were created before `created_before`."""

    subject = "retention.sweep-started"
    stores = BOTH_STORES

    sweep_id: UUID
    created_before: Time
    due: int


class Sweep(Command[SweepStarted]):
    """Delete what has expired now instead of at the next scheduled time; `swept` says when it is done."""

    subject = "retention.sweep"
    node = Node.RETENTION


class Swept(Event):
    """A sweep has ended, with so many projects deleted; every sweep that began ends once."""

    subject = "retention.swept"
    stores = BOTH_STORES

    sweep_id: UUID
    deleted: int


class RetentionPreview(Message):
    """What a retention time would delete now: `due` projects, counted up to a million."""

    retention_days: int
    created_before: datetime
    due: int


class PreviewRetention(Query[RetentionPreview]):
    """Ask what a retention time would delete, before it does (AMB-6); the current one when none is given."""

    subject = "retention.preview"
    node = Node.RETENTION

    retention_days: RetentionDays | None = None
