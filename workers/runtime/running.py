"""A worker process as its parts see it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from faststream.nats import NatsBroker
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine

from workers.runtime.backlog import Backlog
from workers.runtime.children import ProcessPool
from workers.runtime.condition import Condition
from workers.runtime.delivery import Delivery
from workers.runtime.door import Door
from workers.runtime.followers import Feeds
from workers.runtime.hearing import Hearing
from workers.runtime.lanes import Lanes
from workers.runtime.outbox import Relay
from workers.runtime.questions import Questions
from workers.runtime.settings import Settings
from workers.runtime.tracing import Tracing
from workers.runtime.worker import Worker


@dataclass(slots=True)
class Running:
    """A worker process with its servers: what backgrounds and health pages need."""

    worker: Worker
    settings: Settings
    engine: AsyncEngine
    broker: NatsBroker
    lanes: Lanes
    delivery: Delivery
    hearing: Hearing
    questions: Questions
    door: Door
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
    """Whether it takes messages; it is ready when nothing fails, either."""

    has_served: bool = False
    """Whether it was ready once: then it ends in order when it is asked to, and is not cancelled."""

    @property
    def ready(self) -> bool:
        """Tell whether what is asked of the process now is done soon."""
        return self.serving and not self.condition.failing

    @property
    def nats(self) -> Client:
        """The connection to NATS."""
        connection: Client = self.broker.config.connection_state.connection
        return connection
