"""Fixtures of the delivery tests."""

from collections.abc import Iterator

import pytest
import structlog

from tests.delivery.props import Desk
from tests.support import Site
from workers.runtime.logs import without_text


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """Log as a worker process does; structlog's own form draws every failed batch for seconds."""
    structlog.configure(processors=[structlog.stdlib.add_log_level, without_text, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture
async def desk(site: Site) -> Desk:
    """Sit where operations sit."""
    return Desk(site, await site.nats("ops", "ops"))
