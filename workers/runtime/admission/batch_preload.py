"""The context of a batch, read before it is handled: time, past decisions, permissions and licence.

One statement reads it, because a single command waits for every round trip. It searches every month of the inbox: a
wrong clock may have put a decision into any month.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import DictRow
from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.licence import Licence
from contracts.permissions import Grants
from workers.runtime.admission import authorisation
from workers.runtime.admission.inbox import PastDecision
from workers.runtime.admission.rate_limits import StreamPlace
from workers.runtime.storage.statement_execution import Question, read_together

_SELECT_CONTEXT = text(
    """
    SELECT now() AS now,
        (SELECT json_agg(json_build_array(principal, command_id, encode(fingerprint, 'hex'), outcome))
         FROM runtime.inbox
         WHERE command_id = ANY(:ids)) AS decided,
        (SELECT json_agg(json_build_array(principal, role_id, permissions))
         FROM published.grants WHERE principal = ANY(:principals)) AS given,
        (SELECT row_to_json(l) FROM published.licence l) AS licence,
        (SELECT json_build_array(place, stored_ns) FROM runtime.turned_away
         WHERE worker = :worker AND lane = :lane) AS turned_away
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("principals", type_=ARRAY(TEXT)))

_CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class BatchContext:
    """The state at the beginning of a transaction; `now` comes from the database's clock, which all processes share."""

    now: datetime
    known: dict[tuple[str, UUID], PastDecision]
    grants: dict[str, Grants]
    licence: Licence | None
    """The licence that was activated on this site."""

    turned_away: StreamPlace | None
    """The last place in the lane at which a command was turned away."""


async def read_batch_context(
    connection: AsyncConnection, ids: Iterable[UUID], principals: Iterable[str], lane: tuple[str, int] = ("", 0)
) -> BatchContext:
    """Read the context of these command ids, principals and lane."""
    context, _ = await read_batch_context_and({}, connection, ids, principals, lane)
    return context


async def read_batch_context_and(
    questions: Mapping[str, Question],
    connection: AsyncConnection,
    ids: Iterable[UUID],
    principals: Iterable[str],
    lane: tuple[str, int],
) -> tuple[BatchContext, dict[str, list[DictRow]]]:
    """Read the context, and behind it the answers to other questions by their names, for one round trip."""
    names = sorted(set(principals))
    parameters = {"ids": list(ids), "principals": names, "worker": lane[0], "lane": lane[1]}
    answers = await read_together(connection, {_CONTEXT: (_SELECT_CONTEXT, parameters), **questions})
    [row] = answers.pop(_CONTEXT)
    known = {
        (principal, UUID(command_id)): PastDecision(bytes.fromhex(fingerprint), outcome.encode())
        for principal, command_id, fingerprint, outcome in row["decided"] or ()
    }
    licence = Licence.model_validate(row["licence"]) if row["licence"] else None
    grants = authorisation.grants_of(names, row["given"] or ())
    return BatchContext(row["now"], known, grants, licence, StreamPlace.read(row["turned_away"])), answers
