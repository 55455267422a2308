"""An administrator, and the worker that listens to it."""

import pytest

from client import Client
from tests.support import Site


@pytest.fixture
async def admin(site: Site) -> Client:
    """Return the client of an administrator of a site whose administration runs."""
    await site.workers("administration")
    return await site.client("admin")
