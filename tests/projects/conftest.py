"""Projects as operators use them."""

from collections.abc import Iterator

import pytest
import structlog

from tests.projects.props import Operator
from tests.support import Site
from workers.runtime.logs import without_text


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """Log as a worker process does; structlog's own form draws every failed batch for seconds."""
    structlog.configure(processors=[structlog.stdlib.add_log_level, without_text, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture
async def operator(site: Site) -> Operator:
    """An operator with a project that was just opened."""
    await site.worker("projects")
    return await Operator.starting(site, await site.client())
