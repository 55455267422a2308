"""The thin subclass of FastStream's batch pull subscriber that a durable consumer needs.

FastStream's own waits its full timeout before it hands a batch over, and lets one bad body terminate the whole batch;
this one hands over what is there, as raw messages, and keeps a lane in order whoever took messages from it before.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from faststream import AckPolicy
from faststream._internal.broker.registrator import Registrator
from faststream._internal.endpoint.subscriber.call_item import CallsCollection
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.subscriber.config import NatsSubscriberConfig, NatsSubscriberSpecificationConfig
from faststream.nats.subscriber.specification import NatsSubscriberSpecification
from faststream.nats.subscriber.usecases import BatchPullStreamSubscriber
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig
from nats.js.client import JetStreamContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.lanes import Lanes
from workers.runtime.logs import describe
from workers.runtime.streams import api
from workers.runtime.tasks import end

_WAIT = 5.0
_RESET_WAIT = 2.0
_STILL_THERE = text("SELECT 1")
_PAUSE = 0.2
log = structlog.get_logger()

Handle = Callable[[AsyncConnection, int, list[Msg]], Awaitable[None]]


class Batch:
    """What one fetch brought: raw messages of one lane and the connection that holds the lane."""

    def __init__(self, connection: AsyncConnection, lane: int, messages: list[Msg]) -> None:
        """Keep the parts; `handled` is set by the handler, because FastStream swallows what a handler raises."""
        self.connection = connection
        self.lane = lane
        self.messages = messages
        self.handled = False
        self.failure: Exception | None = None


class UnhandledError(NatsError):
    """FastStream did not hand a batch over, or swallowed a mistake of the program: the lane is taken again."""


class LaneSubscriber(BatchPullStreamSubscriber):
    """Pulls one lane for as long as this process owns it."""

    lanes: Lanes
    lane: int
    size: int

    async def _create_subscription(self) -> None:
        self.add_task(self._consume_pull)

    async def stop(self) -> None:
        """Finish the batch in hand, leave the lane, and return only when its connection is free again."""
        tasks = list(self.tasks)
        await super().stop()
        await end(tasks)

    async def _consume_pull(self) -> None:
        while self.running:
            try:
                async with self.lanes.own(self.lane) as connection:
                    await self._consume_lane(connection)
            except (DBAPIError, NatsError, OSError) as error:
                log.warning("lane_interrupted", lane=self.lane, **describe(error))
                await asyncio.sleep(_PAUSE)

    async def _consume_lane(self, connection: AsyncConnection) -> None:
        pull = await self.jetstream.pull_subscribe_bind(self.config.durable_name or "", self.stream.name)
        waiting: asyncio.Task[list[Msg]] | None = None
        try:
            expected = await self._reset()
            while self.running and not self.lanes.must_yield(self.lane):
                waiting = waiting or asyncio.create_task(self._fetch(pull))
                messages = await waiting
                waiting = None
                if not messages:
                    if await self._is_owed_nothing(connection):
                        continue
                    return
                if not unbroken(messages, expected):
                    return
                expected += len(messages)
                waiting = asyncio.create_task(self._fetch(pull))
                batch = Batch(connection, self.lane, messages)
                await self.consume(batch)
                if not batch.handled:
                    raise batch.failure or UnhandledError
                await messages[-1].ack()
        finally:
            if waiting:
                waiting.cancel()
            with suppress(NatsError):
                await pull.unsubscribe()

    async def _fetch(self, pull: JetStreamContext.PullSubscription) -> list[Msg]:
        try:
            return await pull.fetch(self.size, timeout=_WAIT)
        except TimeoutError:
            return []

    async def _is_owed_nothing(self, connection: AsyncConnection) -> bool:
        """Look, when nothing comes, whether the lock still stands and nobody else holds a message of the lane."""
        await connection.execute(_STILL_THERE)
        await connection.rollback()
        found = await api(self.connection, f"CONSUMER.INFO.{self.stream.name}.{self.config.durable_name}", {})
        return not found.get("num_ack_pending")

    async def _reset(self) -> int:
        """Let the consumer start again behind its ack floor; deliveries count from 1 afterwards.

        What a killed owner had fetched is delivered again at once, in order, instead of after the ack wait; a gap in
        the count says that somebody else took a message, and makes the owner take the lane again from here.
        """
        subject = f"$JS.API.CONSUMER.RESET.{self.stream.name}.{self.config.durable_name}"
        await self.connection.request(subject, b"", timeout=_RESET_WAIT)
        return 1


def unbroken(messages: list[Msg], expected: int) -> bool:
    """Tell whether nothing is missing before or among messages: acknowledging the last one acknowledges all."""
    first, last = (one.metadata.sequence.consumer for one in (messages[0], messages[-1]))
    return (first, last) == (expected, expected + len(messages) - 1)


async def _parse(batch: Any) -> NatsMessage:
    return NatsMessage(raw_message=batch, body=b"")


async def _decode(message: NatsMessage) -> Any:
    return message.raw_message


@dataclass(frozen=True, slots=True)
class Source:
    """Where a lane's messages come from: a stream, its durable consumer, and how many to take at once."""

    stream: str
    durable: str
    size: int


def subscribe_lane(broker: NatsBroker, lanes: Lanes, lane: int, source: Source, handle: Handle) -> LaneSubscriber:
    """Attach a lane to the broker; `handle` must raise only when the lane has to be left."""
    outer: Any = broker.config
    durable = source.durable
    calls = CallsCollection[Any]()
    named = NatsSubscriberSpecificationConfig(
        subject=durable, queue=None, title_=None, description_=None, include_in_schema=False
    )
    subscriber = LaneSubscriber(
        NatsSubscriberConfig(
            subject=durable,
            sub_config=ConsumerConfig(durable_name=durable, filter_subjects=[]),
            extra_options={},
            no_reply=True,
            _outer_config=outer,
            _ack_policy=AckPolicy.MANUAL,
        ),
        NatsSubscriberSpecification(_outer_config=outer, calls=calls, specification_config=named),
        calls,
        stream=JStream(source.stream, declare=False),
        pull_sub=PullSub(batch_size=source.size, batch=True),
    )
    subscriber.lanes, subscriber.lane, subscriber.size = lanes, lane, source.size

    async def on_batch(batch: Any) -> None:
        try:
            await handle(batch.connection, batch.lane, batch.messages)
            batch.handled = True
        except (DBAPIError, NatsError, OSError) as error:
            batch.failure = error

    Registrator.subscriber(broker, subscriber)
    subscriber(on_batch, parser=_parse, decoder=_decode)
    return subscriber
