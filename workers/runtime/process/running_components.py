"""The parts of a running worker process."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.errors import ConnectionClosedError
from sqlalchemy.ext.asyncio import AsyncEngine

from workers.common.health_state import Condition
from workers.common.process_settings import Settings
from workers.common.sandboxed_jobs import ProcessPool
from workers.common.trace_context import Tracing
from workers.runtime.bus.backlog_metrics import Backlog
from workers.runtime.bus.lane_ownership import Lanes
from workers.runtime.bus.relay import Relay
from workers.runtime.commands.deferred_commands import DeferredWork
from workers.runtime.commands.group_commit import GroupCommit
from workers.runtime.commands.reaction_dispatch import ReactionDispatcher
from workers.runtime.feeds.feed_lifecycle import Feeds
from workers.runtime.queries.query_admission import QueryAdmission
from workers.runtime.queries.query_dispatch import QueryDispatcher
from workers.runtime.worker_definition import Worker


@dataclass(slots=True)
class RunningComponents:
    """A worker process and its parts, for background work and health pages."""

    worker: Worker
    settings: Settings
    engine: AsyncEngine
    broker: NatsBroker
    lanes: Lanes
    delivery: GroupCommit
    event_delivery: ReactionDispatcher
    query_dispatcher: QueryDispatcher
    query_admission: QueryAdmission
    feeds: Feeds
    relay: Relay
    instance: str
    children: ProcessPool
    backlog: Backlog
    tracing: Tracing
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    condition: Condition = field(default_factory=Condition)
    forged_letters: int = 0
    serving: bool = False
    """Whether it takes messages; it is ready if also no part fails."""

    has_served: bool = False
    """Whether it was ready once; then it is stopped in order, and not cancelled."""

    def deferred_work(self) -> DeferredWork:
        """Return what carries out the commands that this worker takes, and has the relay publish their events."""
        wake = partial(self.relay.wake, urgent=True)
        counters = self.delivery.counters
        return DeferredWork(self.settings.site, self.worker.name, self.engine, lambda: self.nats, wake, counters)

    @property
    def ready(self) -> bool:
        """Return whether the process serves and no part fails."""
        return self.serving and not self.condition.failing

    @property
    def nats(self) -> Client:
        """The connection to NATS."""
        state = self.broker.config.connection_state
        if not state:
            raise ConnectionClosedError
        connection: Client = state.connection
        return connection
