"""Fixtures of the delivery tests."""

import pytest

from tests.delivery.props import Desk
from tests.support import Site


@pytest.fixture
async def desk(site: Site) -> Desk:
    """Sit where operations sit."""
    return Desk(site, await site.overseer())
