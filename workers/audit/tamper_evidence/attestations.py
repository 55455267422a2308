"""What witnesses have said about checkpoints, as the database has it, and which of them fail."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Store
from workers.audit.row_types import AttestationRow, DueCheckpointRow
from workers.runtime.storage.identity_map import rows_of

_DUE: Final = text(
    """
    SELECT newest.store, newest.size, newest.note, coalesce(last.size, 0) AS attested
    FROM audit.log CROSS JOIN LATERAL (
        SELECT store, size, note FROM audit.checkpoint c WHERE c.store = log.store ORDER BY size DESC LIMIT 1
    ) AS newest LEFT JOIN LATERAL (
        SELECT size, at FROM audit.attestation a WHERE a.store = newest.store AND a.witness = :witness
        ORDER BY size DESC LIMIT 1
    ) AS last ON true
    WHERE newest.size > coalesce(last.size, 0) AND (last.at IS NULL OR last.at <= now() - CAST(:pause AS interval))
    """
)
_STORE: Final = text(
    """
    INSERT INTO audit.attestation (store, size, witness, kind, at, content)
    VALUES (:store, :size, :witness, :kind, now(), :content) ON CONFLICT DO NOTHING
    """
)
_OF_STORE: Final = text(
    """
    SELECT store, size, witness, kind, at, content FROM audit.attestation
    WHERE store = :store AND (CAST(:size AS bigint) IS NULL OR size = :size) ORDER BY size, witness
    """
)
_FORGET: Final = text("DELETE FROM audit.witness WHERE name <> ALL(:names)").bindparams(
    bindparam("names", type_=ARRAY(Text))
)
_CONFIGURE: Final = text(
    """
    INSERT INTO audit.witness (name, kind) VALUES (:name, :kind)
    ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, failing_since = NULL, problem = NULL
    """
)
_FAIL: Final = text(
    "UPDATE audit.witness SET failing_since = coalesce(failing_since, now()), problem = :problem WHERE name = :name"
)
_RECOVER: Final = text(
    "UPDATE audit.witness SET failing_since = NULL, problem = NULL WHERE name = :name AND problem IS NOT NULL"
)


class Kind(StrEnum):
    """What a witness leaves: a line in the note, a token of an authority, or the id of a letter."""

    COSIGNATURE = "cosignature"
    TIME_STAMP = "time-stamp"
    LETTER = "letter"


class Attested(NamedTuple):
    """A statement of a witness about a checkpoint."""

    witness: str
    kind: Kind
    content: str


async def due_checkpoints(connection: AsyncConnection, witness: str, pause: timedelta) -> list[DueCheckpointRow]:
    """Return the newest checkpoint of each log about which a witness is to be asked again."""
    parameters = {"witness": witness, "pause": pause}
    return rows_of(await connection.execute(_DUE, parameters), DueCheckpointRow)


async def store(connection: AsyncConnection, due: DueCheckpointRow, attested: Attested) -> None:
    """Keep what a witness has said."""
    parameters = {**attested._asdict(), "store": due["store"], "size": due["size"]}
    await connection.execute(_STORE, parameters)


async def read_attestations(connection: AsyncConnection, log: Store, size: int | None = None) -> list[AttestationRow]:
    """Return what witnesses have said about the checkpoints of a log, or about the one of a size."""
    return rows_of(await connection.execute(_OF_STORE, {"store": log.value, "size": size}), AttestationRow)


async def configure(connection: AsyncConnection, kinds: Sequence[tuple[str, Kind]]) -> None:
    """Let the database name the witnesses that this site has, and no other, none of which fails."""
    await connection.execute(_FORGET, {"names": [name for name, _ in kinds]})
    for name, kind in kinds:
        await connection.execute(_CONFIGURE, {"name": name, "kind": kind.value})


async def fail(connection: AsyncConnection, witness: str, problem: str) -> None:
    """Note that a witness does not attest, and why."""
    await connection.execute(_FAIL, {"name": witness, "problem": problem})


async def recover(connection: AsyncConnection, witness: str) -> None:
    """Note that a witness attests again."""
    await connection.execute(_RECOVER, {"name": witness})
