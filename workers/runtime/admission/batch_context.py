"""What must be known before a batch is handled: the time, what was decided before, who may do what, and the licence.

One statement, because a command that comes alone waits for every round trip. It asks every month of the inbox: what was
decided while the clock was wrong lies in a month that no clock leads to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.licence import Licence
from contracts.permissions import Grants
from workers.runtime.admission import authorisation
from workers.runtime.admission.inbox import Decided
from workers.runtime.admission.rate_limits import Place
from workers.runtime.storage.statements import read

_STANDING = text(
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


@dataclass(frozen=True, slots=True)
class BatchContext:
    """How things stand at the beginning of a transaction; `now` is the database's clock, the same for everybody."""

    now: datetime
    known: dict[tuple[str, UUID], Decided]
    grants: dict[str, Grants]
    licence: Licence | None
    """The licence that was activated here."""

    turned_away: Place | None
    """Up to where commands of the lane have been turned away."""


async def read_batch_context(
    connection: AsyncConnection, ids: Iterable[UUID], principals: Iterable[str], lane: tuple[str, int] = ("", 0)
) -> BatchContext:
    """Read how things stand for these command ids and principals, and in a worker's lane."""
    asked = sorted(set(principals))
    given = {"ids": list(ids), "principals": asked, "worker": lane[0], "lane": lane[1]}
    [found] = await read(connection, _STANDING, given)
    known = {
        (principal, UUID(command_id)): Decided(bytes.fromhex(fingerprint), outcome.encode())
        for principal, command_id, fingerprint, outcome in found["decided"] or ()
    }
    licence = Licence.model_validate(found["licence"]) if found["licence"] else None
    grants = authorisation.granted(asked, found["given"] or ())
    return BatchContext(found["now"], known, grants, licence, Place.read(found["turned_away"]))
