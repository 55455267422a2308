"""Projects as operators use them."""

import pytest

from tests.projects.props import Operator
from tests.support import Site


@pytest.fixture
async def operator(site: Site) -> Operator:
    """An operator with a project that was just opened."""
    await site.worker("projects")
    return await Operator.starting(site, await site.client())
