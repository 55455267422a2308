"""Fixtures of the delivery tests."""

import pytest

from tests.delivery.helpers import Inspector
from tests.support import Site


@pytest.fixture
async def inspector(site: Site) -> Inspector:
    """Inspect the site of the test."""
    return Inspector(site, await site.overseer())
