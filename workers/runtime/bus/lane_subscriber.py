"""A thin subclass of FastStream's batch pull subscriber, for lanes.

FastStream's own waits its full timeout before it delivers a batch, and one bad body terminates the whole batch. This
one delivers the raw messages that have arrived, and starts at the lane's place, whoever read it before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from faststream import AckPolicy
from faststream._internal.broker.registrator import Registrator
from faststream._internal.endpoint.call_wrapper import HandlerCallWrapper
from faststream._internal.endpoint.subscriber.call_item import CallsCollection
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.subscriber.config import NatsSubscriberConfig, NatsSubscriberSpecificationConfig
from faststream.nats.subscriber.specification import NatsSubscriberSpecification
from faststream.nats.subscriber.usecases import BatchPullStreamSubscriber
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig
from sqlalchemy.exc import DBAPIError

from contracts.subjects import is_in_lane, lane_filters
from workers.common.asyncio_cancellation import end
from workers.common.logs import describe
from workers.runtime.bus.lane_ownership import Lanes
from workers.runtime.bus.lane_progress import OwnedLane
from workers.runtime.bus.ordered_stream_reader import StreamReader, count_messages, open_reader, place_of
from workers.runtime.bus.streams import COMMANDS, StreamState, stream_state

_FETCH_SECONDS = 5.0
_RETRY_SECONDS = 0.2
_BEHIND_CHECKS_MAX = 50
"""Checks of a stream that ends before the lane's place, until it counts as truncated and is read from its beginning."""

log = structlog.get_logger()


class Batch:
    """The result of one fetch: raw messages of one lane, and the lane.

    `deadly` marks a single message that has ended its process too often for another attempt.
    """

    def __init__(self, owned: OwnedLane, messages: list[Msg], *, deadly: bool = False) -> None:
        """Set the parts; the handler sets `handled`, because FastStream swallows exceptions of handlers."""
        self.owned = owned
        self.messages = messages
        self.deadly = deadly
        self.handled = False
        self.failure: Exception | None = None


Handle = Callable[[Batch], Awaitable[None]]


class UnhandledError(NatsError):
    """FastStream did not deliver a batch, or swallowed an error of the program: the lane is taken again."""


class LaneSubscriber(BatchPullStreamSubscriber):
    """Reads one lane for as long as this process owns it."""

    lanes: Lanes
    lane: int
    source: "LaneSource"
    on_idle: Callable[[OwnedLane], Awaitable[None]] | None = None

    async def _create_subscription(self) -> None:
        self.add_task(self._consume_pull)

    def _get_parser_and_decoder(self, *_: Any) -> tuple[Any, Any]:
        return _parse, _decode

    async def stop(self) -> None:
        """Finish the current batch, release the lane, and return when its connection is free again."""
        tasks = list(self.tasks)
        await super().stop()
        await end(tasks)

    async def _consume_pull(self) -> None:
        while self.running:
            try:
                async with self.lanes.own(self.lane) as owned:
                    await self._consume_lane(owned)
            except (DBAPIError, NatsError, OSError, TimeoutError) as error:
                log.warning("lane_interrupted", lane=self.lane, **describe(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _consume_lane(self, owned: OwnedLane) -> None:
        state = await self._find_start(owned)
        filters, size = self.source.filters(owned), self.source.size
        async with open_reader(self.connection, self.stream.name, filters, owned.place, size) as reader:
            owned.reader = reader
            try:
                while self.running and not self.lanes.must_yield(self.lane):
                    alone = owned.stuck and reader.place < state.last
                    messages = await reader.fetch(1 if alone else size, _FETCH_SECONDS, self.source.gather_seconds)
                    if mine := [message for message in messages if self.source.includes(owned, message.subject)]:
                        await self._handle(owned, mine, alone=alone)
                    else:
                        await self._idle(owned, reader)
                        if self.on_idle is not None:
                            await self.on_idle(owned)
            finally:
                owned.reader = None

    async def _find_start(self, owned: OwnedLane) -> StreamState:
        """Compare the lane's place with the stream, which may have been recreated.

        On a lagging server the stream ends before the place for a moment; on a truncated one it stays there, or grows
        over it with new messages. Then everything is read again, and the ids of commands and events make that
        idempotent.
        """
        checks = 0
        while True:
            state = await stream_state(self.connection, self.stream.name)
            if state.incarnation != owned.stream:
                await owned.restart(state.incarnation, 0)
            if state.last >= owned.place:
                break
            if (checks := checks + 1) > _BEHIND_CHECKS_MAX:
                break
            await asyncio.sleep(_RETRY_SECONDS)
        if state.last < owned.place or await self._is_overgrown(owned):
            log.warning("stream_truncated", lane=self.lane, place=owned.place, last=state.last)
            await owned.restart(state.incarnation, 0)
        return state

    async def _is_overgrown(self, owned: OwnedLane) -> bool:
        """Return whether messages up to the lane's place are younger than the message that was handled there."""
        if not owned.stored_ns:
            return False
        count = partial(count_messages, self.connection, self.stream.name, self.source.filters(owned))
        return await count(after_ns=owned.stored_ns) > await count(after=owned.place)

    async def _handle(self, owned: OwnedLane, messages: list[Msg], *, alone: bool) -> None:
        last = place_of(messages[-1])
        owned.current_batch = messages
        try:
            batch = Batch(owned, messages, deadly=alone and not await owned.attempt(last))
            await self.consume(batch)
        finally:
            owned.current_batch = ()
        if not batch.handled:
            raise batch.failure or UnhandledError
        owned.place = last

    async def _idle(self, owned: OwnedLane, reader: StreamReader) -> None:
        """Check the lock while no message arrives, and record how far the reader has scanned.

        Messages that all lanes have passed may be deleted, whatever their subjects are.
        """
        if reader.place > owned.place:
            await owned.pass_over(reader.place)
        else:
            await owned.check_lock()


async def _parse(batch: Any) -> NatsMessage:
    return NatsMessage(raw_message=batch, body=b"")


async def _decode(message: NatsMessage) -> Any:
    return message.raw_message


@dataclass(frozen=True, slots=True)
class LaneSource:
    """The source of a lane's messages: a stream, its subjects, and the size of a batch.

    A filter may match messages of other lanes: `includes` chooses. Few messages wait `gather_seconds` for others.
    """

    stream: str
    filters: Callable[[OwnedLane], Sequence[str]]
    size: int
    includes: Callable[[OwnedLane, str], bool] = lambda _, __: True
    gather_seconds: float = 0


def commands_of(site: str, worker: str, size: int) -> LaneSource:
    """Return the source of the lanes of a worker's commands."""

    def filters(owned: OwnedLane) -> Sequence[str]:
        return lane_filters(site, worker, owned.lane, owned.lanes)

    def includes(owned: OwnedLane, subject: str) -> bool:
        return is_in_lane(subject, owned.lane, owned.lanes)

    return LaneSource(COMMANDS, filters, size, includes)


def subscribe_lanes(
    broker: NatsBroker, lanes: Lanes, numbers: Iterable[int], source: LaneSource, handle: Handle
) -> list[LaneSubscriber]:
    """Attach lanes to the broker; `handle` must raise only if the lane has to be released.

    All lanes share one handler, and none has a model of what FastStream could inject into it: a worker has a
    subscriber for each partition, and most of its start was spent on sixty models and sixty handlers.
    """
    broker.config.fd_config.get_dependent = _no_dependant

    async def on_batch(message: NatsMessage) -> None:
        batch: Any = message.raw_message
        try:
            await handle(batch)
            batch.handled = True
        except (DBAPIError, NatsError, OSError, TimeoutError) as error:
            batch.failure = error

    outer: Any = broker.config
    handler = HandlerCallWrapper(on_batch, outer)
    return [_subscribe_lane(broker, lanes, number, source, handler) for number in numbers]


def _no_dependant(*_: Any) -> None:
    """Inject nothing into a handler: it gets the message itself."""


def _subscribe_lane(
    broker: NatsBroker, lanes: Lanes, lane: int, source: LaneSource, handler: HandlerCallWrapper[[NatsMessage], Any]
) -> LaneSubscriber:
    outer: Any = broker.config
    name = f"lane-{lane}"
    calls = CallsCollection[Any]()
    specification = NatsSubscriberSpecificationConfig(
        subject=name, queue=None, title_=None, description_=None, include_in_schema=False
    )
    subscriber = LaneSubscriber(
        NatsSubscriberConfig(
            subject=name,
            sub_config=ConsumerConfig(filter_subjects=[]),
            extra_options={},
            no_reply=True,
            _outer_config=outer,
            _ack_policy=AckPolicy.MANUAL,
        ),
        NatsSubscriberSpecification(_outer_config=outer, calls=calls, specification_config=specification),
        calls,
        stream=JStream(source.stream, declare=False),
        pull_sub=PullSub(batch_size=source.size, batch=True),
    )
    subscriber.lanes, subscriber.lane, subscriber.source = lanes, lane, source
    Registrator.subscriber(broker, subscriber)
    subscriber(handler)
    return subscriber
