"""Databases of earlier revisions."""

import pytest

from tests.migrations.revisions import Walk
from workers.local.servers.postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
def walk(postgres: EmbeddedPostgres) -> Walk:
    """Stop at every revision, with rows of it and of all before it; tests may run in any order."""
    upgrades = Walk(postgres)
    upgrades.run()
    return upgrades
