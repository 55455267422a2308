"""Fixtures of the audit tests."""

import pytest

from tests.audit.publisher import Publisher, open_publisher
from tests.support import Site


@pytest.fixture
async def events(site: Site) -> Publisher:
    """Publish events without the workers that they come from."""
    return await open_publisher(site)
