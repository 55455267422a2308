"""An administrator, and the worker that listens to it."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from contracts.message import Command, Outcome
from incidents import Client
from tests.support import Site

Together: TypeAlias = Callable[..., Awaitable[list[Outcome]]]


@pytest.fixture
async def admin(site: Site) -> Client:
    """Return the client of an administrator of a site whose administration runs."""
    await site.workers("administration")
    return await site.client("admin")


@pytest.fixture
def together(site: Site) -> Together:
    """Send commands before anybody is there to handle them, so that one batch decides them all."""

    async def send(*commands: Command[Any]) -> list[Outcome]:
        client = await site.client("admin")
        submitted = [await client.submit(command) for command in commands]
        await site.workers("administration")
        return [await submission.outcome() for submission in submitted]

    return send
