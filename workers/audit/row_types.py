"""The columns of the tables and statements of audit, by their types."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID


class ActivityRow(TypedDict):
    """A row of `audit.activity`."""

    event_id: UUID
    at: datetime
    actor: str
    activity: str
    project_id: UUID | None
    command_id: UUID | None
    revision: int | None
    details: dict[str, Any]
    log_index: int | None
    hash: bytes | None


class LogEntryRow(ActivityRow):
    """A row of the table `entry` of the database log_server."""


class NextBatchRow(TypedDict):
    """A row of the statement that reads the next entries for the log server."""

    id: int
    size: int
    entries: str
    are_deletions: bool
    first_index: int
    hashes: bytes


class NewUndeliveredRow(TypedDict):
    """A row of `audit.undelivered` before the database has numbered it."""

    size: int
    oldest_at: datetime
    entries: str
    are_deletions: bool
    hashes: str
    """As PostgreSQL reads bytes from JSON."""


class UndeliveredRow(TypedDict):
    """A row of `audit.undelivered`."""

    id: int
    size: int
    oldest_at: datetime
    entries: str
    are_deletions: bool
    first_index: int
    hashes: bytes


class LogRow(TypedDict):
    """A row of `audit.log`."""

    store: str
    size: int


class TreeRow(TypedDict):
    """A row of `audit.tree`."""

    store: str
    size: int
    edge: list[bytes]


class TreeTileRow(TypedDict):
    """A row of `audit.tile`."""

    store: str
    level: int
    index: int
    hashes: bytes


class SignedCheckpointRow(TypedDict):
    """A row of `audit.checkpoint`."""

    store: str
    size: int
    at: datetime
    note: str


class WitnessRow(TypedDict):
    """A row of `audit.witness`."""

    name: str
    kind: str
    failing_since: datetime | None
    problem: str | None


class AttestationRow(TypedDict):
    """A row of `audit.attestation`."""

    store: str
    size: int
    witness: str
    kind: str
    at: datetime
    content: str


class DueCheckpointRow(TypedDict):
    """A row of the statement that reads the checkpoints about which a witness is to be asked."""

    store: str
    size: int
    note: str
    attested: int


class LogStateRow(TypedDict):
    """A row of the statement that reads how far a log's tree is behind."""

    store: str
    recorded: int
    in_tree: int
    signed: int
    late_seconds: float


class WitnessStateRow(TypedDict):
    """A row of the statement that reads how far a witness is behind with a log."""

    name: str
    kind: str
    store: str
    attested: int
    problem: str | None
    failing_seconds: float | None
    late_seconds: float


class EdgeRow(TypedDict):
    """The row of the statement that reads the edge of a store's tree, and when its state was last signed."""

    recorded: int
    size: int
    edge: list[bytes]
    now: datetime
    signed_size: int | None
    signed_at: datetime | None


class NewHashesRow(TypedDict):
    """A row of the statement that reads the hashes that are not in the tree yet."""

    first_index: int
    hashes: bytes


class WaitingRow(TypedDict):
    """A row of the statement that reads the entries that wait for the log server."""

    log_index: int
    entry: dict[str, Any]
    at: datetime
    hash: bytes


class BacklogRow(TypedDict):
    """The row of the statement that counts waiting entries."""

    waiting: int
    seconds: float | None


class ProjectNumberRow(TypedDict):
    """A row of the statement that reads the numbers of projects, including deleted ones."""

    project_id: UUID
    number: int


class NameRow(TypedDict):
    """A row of the statement that reads the names of definitions at a time."""

    kind: str
    key: str
    at: datetime
    name: str | None


class DroppedRow(TypedDict):
    """A row of `audit.dropped`."""

    store: str
    first: int
    size: int
    before: datetime
    at: datetime
    note: str


class DropStateRow(TypedDict):
    """The row of the statement that reads from which number on entries of a store can be dropped, and how old."""

    now: datetime
    before: datetime
    first: int
    proven: int
    note: str


class LastDropRow(TypedDict):
    """The row of the statement that reads what was last to be dropped from the log server."""

    size: int
    before: datetime


class EntryValuesRow(TypedDict):
    """A row of `audit.entry_values`."""

    event_id: UUID
    at: datetime
    project_id: UUID
    salt: bytes
    content: dict[str, Any]


class NewValuesRow(TypedDict):
    """The same before it is written."""

    event_id: str
    at: datetime
    project_id: str
    salt: str
    """As PostgreSQL reads bytes from JSON."""

    content: dict[str, Any]


class ReadValuesRow(TypedDict):
    """A row of the statement that reads the values of entries."""

    event_id: UUID
    content: dict[str, Any]


class TextSaltRow(TypedDict):
    """A row of `audit.text_salt`."""

    event_id: UUID
    field: str
    project_id: UUID
    part_id: UUID | None
    revision: int
    at: datetime
    salt: bytes


class NewTextSaltRow(TypedDict):
    """The same before it is written, as JSON has it."""

    event_id: str
    field: str
    project_id: str
    part_id: str | None
    revision: int
    at: datetime
    salt: str


class WordingRow(TypedDict):
    """A row of the statement that reads what revisions made of texts."""

    project_id: UUID
    revision: int
    field: str
    part_id: UUID | None
    wording: str
