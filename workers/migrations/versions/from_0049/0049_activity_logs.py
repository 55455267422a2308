"""Both stores of activities as trees of hashes: earlier entries are numbered in the order of their times."""

import json
from datetime import UTC, datetime
from hashlib import md5, sha256
from itertools import chain
from typing import Any

from alembic import op
from sqlalchemy import Connection, text

from workers.migrations.scripts import read_sql, run_script

revision = "0049"
down_revision = "0048"

_AT_ONCE = 5_000
_READ = text("SELECT * FROM audit.activity ORDER BY at, event_id")
_NUMBER = text(
    """
    UPDATE audit.activity a SET log_index = given.log_index, hash = given.hash
    FROM json_to_recordset(CAST(:rows AS json)) AS given(event_id uuid, at timestamptz, log_index bigint, hash bytea)
    WHERE a.event_id = given.event_id AND a.at = given.at
    """
)
_WAITING = text("SELECT id, entries, are_deletions FROM audit.undelivered ORDER BY id")
_NUMBER_WAITING = text(
    """
    UPDATE audit.undelivered SET entries = :entries, first_index = :first, hashes = :hashes, size = :size
    WHERE id = :id
    """
)
_COUNT = text("UPDATE audit.log SET size = :size WHERE store = :store")


def upgrade() -> None:
    """Add the tables, number what is there, and let nobody change it any more."""
    connection = op.get_bind()
    run_script(connection, read_sql("*_activity_logs.sql"))
    _number_activity(connection)
    _number_waiting(connection)
    run_script(connection, read_sql("*_activity_logs_closed.sql"))


def _number_activity(connection: Connection) -> None:
    size = 0
    with connection.execute(_READ.execution_options(yield_per=_AT_ONCE)) as result:
        for part in result.mappings().partitions():
            rows = [
                {
                    "event_id": str(row["event_id"]),
                    "at": row["at"].isoformat(),
                    "log_index": size + place,
                    "hash": f"\\x{_hash(dict(row)).hex()}",
                }
                for place, row in enumerate(part)
            ]
            connection.execute(_NUMBER, {"rows": json.dumps(rows)})
            size += len(rows)
    connection.execute(_COUNT, {"size": size, "store": "incident_manager"})


def _number_waiting(connection: Connection) -> None:
    size = 0
    for row in connection.execute(_WAITING).mappings().all():
        documents = json.loads(row["entries"])
        if row["are_deletions"]:
            documents = [_in_order(step) for step in documents]
            leaves = list(chain.from_iterable(map(_leaves_of_step, documents)))
        else:
            leaves = [{**entry, "at": datetime.fromisoformat(entry["at"])} for entry in documents]
        hashes = list(map(_hash, leaves))
        entries = json.dumps(documents) if row["are_deletions"] else row["entries"]
        values = {"entries": entries, "first": size, "hashes": b"".join(hashes), "size": len(hashes)}
        connection.execute(_NUMBER_WAITING, {"id": row["id"], **values})
        size += len(hashes)
    connection.execute(_COUNT, {"size": size, "store": "log_server"})


def _in_order(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step of a sweep with the ids of its entries, in their order."""
    origin = bytes.fromhex(step["event_id"].replace("-", ""))
    ids = [_id_of(origin, project_id) for project_id in step["project_ids"]]
    ordered = sorted(zip(ids, step["project_ids"], step["numbers"], strict=True))
    event_ids, project_ids, numbers = map(list, zip(*ordered, strict=True))
    return {**step, "event_ids": event_ids, "project_ids": project_ids, "numbers": numbers}


def _id_of(origin: bytes, project_id: str) -> str:
    digits = md5(origin + project_id.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-3{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _leaves_of_step(step: dict[str, Any]) -> list[dict[str, Any]]:
    same = {name: step[name] for name in ("actor", "activity", "command_id")}
    same |= {"at": datetime.fromisoformat(step["at"]), "revision": None}
    return [
        {**same, "event_id": event_id, "project_id": project_id, "details": {"number": number, "expired": True}}
        for event_id, project_id, number in zip(step["event_ids"], step["project_ids"], step["numbers"], strict=True)
    ]


def _hash(entry: dict[str, Any]) -> bytes:
    """Return the hash of an entry's leaf, as the version of this migration made it."""
    names = ("activity", "actor", "command_id", "details", "event_id", "project_id", "revision")
    leaf = {name: entry[name] for name in names}
    leaf |= {name: str(entry[name]) for name in ("event_id", "project_id", "command_id") if entry[name] is not None}
    at = entry["at"].astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    document = json.dumps({**leaf, "at": f"{at}Z"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(b"\0" + document.encode()).digest()
