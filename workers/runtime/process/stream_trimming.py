"""Trimming the streams, each only up to what its readers have committed to PostgreSQL.

What people wrote must not lie in COMMANDS once it is handled, and EVENTS must have room. Nothing is deleted because of
what a server says of its consumers or of its end: in a cluster such an answer can be an error, incomplete or old.
"""

import asyncio
import itertools

import structlog
from nats.errors import Error as NatsError
from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

from contracts.message import Event
from contracts.subjects import COMMANDED, LANES, lane_filter
from workers.common.logs import describe
from workers.runtime.bus.lane_places import OwnedLane
from workers.runtime.bus.lanes import EVENTS_LANE
from workers.runtime.bus.streams import COMMANDS, EVENTS, StreamState, first_after, purge, stream_state
from workers.runtime.process.worker_process import Running

_COMMANDS_SECONDS = 2.0
_EVENTS_SECONDS = 60.0
_REST_LOOKS = 5
_FULL = 0.75
"""The part of EVENTS that may be taken before its older half goes."""

_KEPT_SECONDS = 30 * 24 * 3600.0
"""How long an event is kept for those who follow, where there is room."""

_FAULTS = (NatsError, DBAPIError, OSError, TimeoutError)
_PASSED = text(
    """
    SELECT count(*), min(place) FROM runtime.lane
    WHERE worker = ANY(:workers) AND lane < :lanes AND stream = :stream
    """
).bindparams(bindparam("workers", type_=ARRAY(Text)), lanes=LANES)
_HEARD = text("SELECT min(CASE WHEN stream = :stream THEN place ELSE 0 END) FROM runtime.lane WHERE lane = :lane")
log = structlog.get_logger()


async def commands(running: Running) -> None:
    """Delete, lane by lane, what this process has handled in the lanes that it owns, and now and then the rest."""
    for look in itertools.count():
        await asyncio.sleep(_COMMANDS_SECONDS)
        try:
            await _trim_lanes(running)
            if look % _REST_LOOKS == 0 and 0 in running.lanes.owned:
                await trim_rest(running)
        except _FAULTS as error:
            log.warning("trim_failed", stream=COMMANDS, **describe(error))


async def _trim_lanes(running: Running) -> None:
    handled = [one for one in running.lanes.held.values() if one.lane < LANES and one.place > one.purged]
    if handled:
        incarnation = (await stream_state(running.nats, COMMANDS)).incarnation
        for owned in handled:
            await _trim(running, owned, incarnation)


async def trim_rest(running: Running) -> None:
    """Delete what every lane of every worker has passed: the server finds no subject with a byte 7F by its filter."""
    state = await stream_state(running.nats, COMMANDS)
    if state.first > state.last:
        return
    async with running.engine.connect() as connection:
        given = {"workers": list(COMMANDED), "stream": state.incarnation}
        [lanes, place] = (await connection.execute(_PASSED, given)).one()
    if lanes == len(COMMANDED) * LANES and place >= state.first:
        await purge(running.nats, COMMANDS, place)


async def _trim(running: Running, owned: OwnedLane, incarnation: str) -> None:
    place = owned.place
    if owned.stream != incarnation or owned.reader is None:  # the stream was made anew: the lane's reader will find out
        return
    if await purge(running.nats, COMMANDS, place, lane_filter(running.settings.site, owned.worker, owned.lane)):
        owned.purged = place


async def events(running: Running) -> None:
    """Delete old events, and more when the stream fills up, but none that a hearer has not committed.

    Only the worker that hears everything does it: where it does not run, nothing is deleted. A full stream refuses
    events: they wait in the outbox until there is room.
    """
    while Event in running.worker.reactions:
        await asyncio.sleep(_EVENTS_SECONDS)
        if EVENTS_LANE not in running.lanes.owned:
            continue
        try:
            await trim_events(running)
        except _FAULTS as error:
            log.warning("trim_failed", stream=EVENTS, **describe(error))


async def trim_events(running: Running) -> None:
    """Delete what is old or too much, as far as every hearer has heard it."""
    state = await stream_state(running.nats, EVENTS)
    wanted = await _wanted(running, state)
    if wanted < state.first:
        return
    async with running.engine.connect() as connection:
        heard = (await connection.execute(_HEARD, {"lane": EVENTS_LANE, "stream": state.incarnation})).scalar()
    place = min(wanted, heard or 0)
    if place >= state.first and await purge(running.nats, EVENTS, place):
        log.info("events_trimmed", place=place, first=state.first)


async def _wanted(running: Running, state: StreamState) -> int:
    """Return up to which place events are old, or too many."""
    old = await first_after(running.nats, EVENTS, _KEPT_SECONDS)
    half = (state.first + state.last) // 2 if state.fullness > _FULL else 0
    return max((old or 0) - 1, half)
