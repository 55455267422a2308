"""Salted hashes of the wordings that texts of projects got, for the entries of a batch."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.entry_values import SALT_BYTES, text_hash
from contracts.message import Event
from workers.audit.entry_values import tables
from workers.audit.row_types import NewTextSaltRow, WordingRow
from workers.runtime.commands.reaction_dispatch import ReceivedEvent
from workers.runtime.storage.database import as_json
from workers.runtime.storage.identity_map import rows_of
from workers.runtime.storage.statement_execution import write


class TextHashes:
    """The wordings of a batch, and the salts of their hashes."""

    def __init__(self) -> None:
        """Start without any."""
        self._wordings: dict[tuple[UUID | None, int | None], list[WordingRow]] = defaultdict(list)
        self._rows: list[NewTextSaltRow] = []

    async def read(self, connection: AsyncConnection, batch: Sequence[ReceivedEvent[Event]]) -> None:
        """Read what the revisions of a batch made of texts, with one statement; redacted words are not there."""
        written = {
            (received.project_id, received.revision)
            for received in batch
            if type(received.event).writes_texts and received.project_id and received.revision
        }
        if not written:
            return
        ids, revisions = zip(*written, strict=True)
        parameters = {"projects": list(ids), "revisions": list(revisions)}
        for row in rows_of(await connection.execute(tables.WORDINGS, parameters), WordingRow):
            self._wordings[row["project_id"], row["revision"]].append(row)

    def of(self, received: ReceivedEvent[Event]) -> dict[str, str]:
        """Return the hashes of the texts that an event has changed, by their fields, and note their salts."""
        if not type(received.event).writes_texts:
            return {}
        hashes: dict[str, str] = {}
        for row in self._wordings.get((received.project_id, received.revision), ()):
            salt = secrets.token_bytes(SALT_BYTES)
            hashes[row["field"]] = text_hash(row["wording"], salt)
            self._rows.append(
                {
                    "event_id": str(received.id),
                    "field": row["field"],
                    "project_id": str(row["project_id"]),
                    "part_id": str(row["part_id"]) if row["part_id"] else None,
                    "revision": row["revision"],
                    "at": received.at,
                    "salt": f"\\x{salt.hex()}",
                }
            )
        return hashes

    async def save(self, connection: AsyncConnection) -> None:
        """Write the salts, without those of deleted projects."""
        if self._rows:
            await write(connection, tables.INSERT_SALTS, {"rows": as_json(self._rows)})
