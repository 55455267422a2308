"""Projects as operators use them."""

import pytest

from tests.projects.helpers import Operator
from tests.support import Site


@pytest.fixture
async def reports(site: Site) -> None:
    """A worker that makes the reports of packages."""
    await site.worker("reports")


@pytest.fixture
async def operator(site: Site) -> Operator:
    """An operator with a project that was just opened."""
    await site.worker("projects")
    return await Operator.start(site, await site.client())
