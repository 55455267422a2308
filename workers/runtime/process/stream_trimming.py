"""Trimming the streams, each only up to the places that its readers have committed to PostgreSQL.

Handled commands must leave COMMANDS, because they hold what people wrote, and EVENTS must have room. Deletion never
relies on a server's report of its consumers or of the stream's end: in a cluster it can be wrong, incomplete or old.
"""

import asyncio
import itertools

import structlog
from nats.errors import Error as NatsError
from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

from contracts.message import Event
from contracts.subjects import COMMANDED, PARTITIONS, lane_filter
from workers.common.logs import describe
from workers.runtime.bus.lane_ownership import EVENTS_LANE
from workers.runtime.bus.lane_progress import OwnedLane
from workers.runtime.bus.streams import COMMANDS, EVENTS, StreamState, first_after, purge, stream_state
from workers.runtime.process.running_components import RunningComponents

_COMMANDS_SECONDS = 2.0
_EVENTS_SECONDS = 60.0
_ROUNDS_PER_REST = 5
_FULLNESS_MAX = 0.75
"""The used part of EVENTS beyond which its older half is deleted."""

_EVENT_RETENTION_SECONDS = 30 * 24 * 3600.0
"""How long an event is kept for followers, if there is room."""

_FAULTS = (NatsError, DBAPIError, OSError, TimeoutError)
_SELECT_PASSED = text(
    """
    SELECT coalesce(sum(:partitions / lanes), 0), min(place) FROM runtime.lane
    WHERE worker = ANY(:workers) AND lane < lanes AND stream = :stream
    """
).bindparams(bindparam("workers", type_=ARRAY(Text)), partitions=PARTITIONS)
_SELECT_COMMITTED = text(
    "SELECT min(CASE WHEN stream = :stream THEN place ELSE 0 END) FROM runtime.lane WHERE lane = :lane"
)
log = structlog.get_logger()


async def commands(running: RunningComponents) -> None:
    """Delete the handled commands of each owned lane, and now and then the rest."""
    for look in itertools.count():
        await asyncio.sleep(_COMMANDS_SECONDS)
        try:
            await _trim_lanes(running)
            if look % _ROUNDS_PER_REST == 0 and 0 in running.lanes.owned:
                await trim_rest(running)
        except _FAULTS as error:
            log.warning("trim_failed", stream=COMMANDS, **describe(error))


async def _trim_lanes(running: RunningComponents) -> None:
    handled = [lane for lane in running.lanes.held.values() if lane.lane != EVENTS_LANE and lane.place > lane.purged]
    if handled:
        incarnation = (await stream_state(running.nats, COMMANDS)).incarnation
        for owned in handled:
            await _trim(running, owned, incarnation)


async def trim_rest(running: RunningComponents) -> None:
    """Delete everything that all lanes of all workers have passed: no filter matches a subject with a byte 7F."""
    state = await stream_state(running.nats, COMMANDS)
    if state.first > state.last:
        return
    async with running.engine.connect() as connection:
        parameters = {"workers": list(COMMANDED), "stream": state.incarnation}
        [partitions, place] = (await connection.execute(_SELECT_PASSED, parameters)).one()
    if partitions == len(COMMANDED) * PARTITIONS and place >= state.first:
        await purge(running.nats, COMMANDS, place)


async def _trim(running: RunningComponents, owned: OwnedLane, incarnation: str) -> None:
    place = owned.place
    if owned.stream != incarnation or owned.reader is None:  # the stream was recreated: the lane's reader will notice
        return
    filters = lane_filter(running.settings.site, owned.worker, owned.lane, owned.lanes)
    if await purge(running.nats, COMMANDS, place, filters):
        owned.purged = place


async def events(running: RunningComponents) -> None:
    """Delete old events, and more if the stream fills up, but none that a worker has not committed.

    Only the worker that reacts to every event does it: while it does not run, nothing is deleted. A full stream
    refuses events, which then stay in the outbox until there is room.
    """
    while Event in running.worker.reactions:
        await asyncio.sleep(_EVENTS_SECONDS)
        if EVENTS_LANE not in running.lanes.owned:
            continue
        try:
            await trim_events(running)
        except _FAULTS as error:
            log.warning("trim_failed", stream=EVENTS, **describe(error))


async def trim_events(running: RunningComponents) -> None:
    """Delete old and surplus events that all workers have committed."""
    state = await stream_state(running.nats, EVENTS)
    end = await _trim_end(running, state)
    if end < state.first:
        return
    async with running.engine.connect() as connection:
        committed = (
            await connection.execute(_SELECT_COMMITTED, {"lane": EVENTS_LANE, "stream": state.incarnation})
        ).scalar()
    place = min(end, committed or 0)
    if place >= state.first and await purge(running.nats, EVENTS, place):
        log.info("events_trimmed", place=place, first=state.first)


async def _trim_end(running: RunningComponents, state: StreamState) -> int:
    """Return the last place of old or surplus events."""
    old = await first_after(running.nats, EVENTS, _EVENT_RETENTION_SECONDS)
    half = (state.first + state.last) // 2 if state.fullness > _FULLNESS_MAX else 0
    return max((old or 0) - 1, half)
