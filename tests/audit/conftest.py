"""Props of the tests of audit."""

import pytest

from tests.audit.published import Publisher, publisher
from tests.support import Site


@pytest.fixture
async def events(site: Site) -> Publisher:
    """Publish events without the workers that they come from."""
    return await publisher(site)
