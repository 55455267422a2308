"""What a batch of events says was erased: kept until its certificate is signed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.destruction import Kind, PolicyRule, Rule, rule_words
from contracts.ids import derived_ids
from contracts.message import Message
from contracts.projects.commands import ProjectDeleted, ProjectsExpired
from contracts.projects.redaction import ProjectRedacted
from workers.retention.certificates import tables
from workers.retention.retention_rules import RetentionRules
from workers.retention.row_types import DestroyedRow, DestructionRow, NumberRow
from workers.runtime.commands.reaction_dispatch import ReceivedEvent
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import RowSet, rows_of

_REPETITIONS = UUID("5d0a1f3e-6d0c-5c0f-9a53-0f3b7c1a58d2")
BY_HAND = Rule(words="Deleted by hand.")
BY_HAND_BEFORE = Rule(words="Deleted by hand, and erased at the end of the undo window.")
EXPIRED_BEFORE = Rule(words="Expired, and erased at the end of the undo window.")
REDACTED = Rule(words="Redacted by hand: the words of one field, with their history.")
REPEATED = Rule(words="Deleted again: a restored backup had brought back what was deleted before.")


def rule_of(rules: RetentionRules, properties: dict[int, str]) -> Rule:
    """Return the rules of a sweep as its certificate names them."""
    policies = [
        PolicyRule(
            policy_id=each["policy_id"],
            property_id=each["property_id"],
            property=properties.get(each["property_id"], str(each["property_id"])),
            years=each["years"],
            days=each["days"],
            exempt=each["exempt"],
            counted_from=each["counted_from"],  # type: ignore[arg-type] # a check of the table guarantees it
        )
        for each in rules.policies
    ]
    words = rule_words(rules.days, policies)
    return Rule(words=words, retention_days=rules.days, timezone=rules.zone, policies=policies)


@dataclass(frozen=True)
class Erasure:
    """Projects that one event says were erased, or of which a field was; `entry_id` is that of its last log entry."""

    numbers: Sequence[int]
    entry_id: UUID
    at: datetime
    known_at: datetime

    @classmethod
    def of_step(cls, heard: ReceivedEvent[ProjectsExpired], known_at: datetime) -> "Erasure":
        """Return that of a step of a sweep, whose projects have an entry each."""
        [last] = derived_ids(heard.id, heard.event.project_ids[-1:])
        return cls(heard.event.numbers, UUID(last), heard.at, known_at)


class Destructions:
    """The destructions that a batch of events adds to."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows = RowSet[DestructionRow](tables.Destruction, "destruction_id")
        self._parts: list[DestroyedRow] = []
        self._certified: set[UUID] = set()
        self._ended: set[UUID] = set()
        self.numbers: dict[UUID, int] = {}
        """The numbers of redacted projects, by their ids."""

    async def load(self, connection: AsyncConnection, ids: Iterable[UUID], redacted: Iterable[UUID] = ()) -> None:
        """Read destructions, which of them have certificates already, and the numbers of redacted projects."""
        if unread := sorted(each for each in set(ids) if not self.is_open(each)):
            stored = await connection.execute(tables.DESTRUCTIONS, {"ids": unread})
            self._rows.add_stored(rows_of(stored, DestructionRow))
            certified = await connection.execute(tables.CERTIFIED, {"ids": unread})
            self._certified |= set(certified.scalars())
        if projects := sorted(set(redacted)):
            rows = rows_of(await connection.execute(tables.NUMBERS, {"ids": projects}), NumberRow)
            self.numbers = {row["project_id"]: row["number"] for row in rows}

    def is_open(self, destruction_id: UUID) -> bool:
        """Tell whether a destruction has begun and has no certificate."""
        return self._rows.get(destruction_id) is not None

    def is_certified(self, destruction_id: UUID) -> bool:
        """Tell whether a destruction has its certificate."""
        return destruction_id in self._certified

    def start(self, destruction_id: UUID, kind: Kind, rule: Rule, at: datetime, field: str | None = None) -> None:
        """Start a destruction, of which nothing is erased yet."""
        document: dict[str, Any] = rule.model_dump(mode="json")
        row: DestructionRow = {
            "destruction_id": destruction_id,
            "kind": kind.value,
            "erased_from": at,
            "erased_until": at,
            "known_at": at,
            "ended": False,
            "rule": document,
            "field": field,
        }
        self._rows.put(row)

    def add(self, destruction_id: UUID, erasure: Erasure) -> None:
        """Add erased projects to a destruction that has begun."""
        row = self._rows.get(destruction_id)
        if row is None:
            msg = "the destruction has not begun"
            raise LookupError(msg)
        times = {
            "erased_from": min(row["erased_from"], erasure.at),
            "erased_until": max(row["erased_until"], erasure.at),
            "known_at": max(row["known_at"], erasure.known_at),
        }
        self._rows.put({**row, **times})  # type: ignore[typeddict-item] # the same names
        self._parts.append(
            {
                "destruction_id": destruction_id,
                "event_id": erasure.entry_id,
                "at": erasure.at,
                "numbers": list(erasure.numbers),
            }
        )

    def end(self, destruction_id: UUID, *, is_empty: bool = False) -> None:
        """Let a destruction get its certificate, or none if nothing was erased."""
        row = self._rows.get(destruction_id)
        if row and is_empty:
            self._rows.remove(destruction_id)
        elif row:
            self._rows.put({**row, "ended": True})
            self._ended.add(destruction_id)

    async def save(self, connection: AsyncConnection) -> None:
        """Write the destructions, then their projects; a sweep that only set projects aside has destroyed nothing."""
        await self._rows.save(connection)
        await insert_rows(connection, tables.Destroyed, self._parts)
        if self._ended:
            await connection.execute(tables.DROP_EMPTY, {"ids": sorted(self._ended)})


def repetition_id(at: datetime) -> UUID:
    """Return the id of what was erased again in one transaction."""
    return uuid5(_REPETITIONS, at.isoformat())


def redacted_projects(events: Iterable[Message]) -> set[UUID]:
    """Return the projects that events say were redacted."""
    return {event.project_id for event in events if isinstance(event, ProjectRedacted)}


def is_repetition(event: ProjectDeleted) -> bool:
    """Tell whether a restored backup had brought a project back."""
    return event.first_erased_at is not None
