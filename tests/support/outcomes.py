"""Outcomes of commands that take long."""

from typing import Final
from uuid import UUID

from contracts.message import Outcome
from incidents import Client
from tests.support.eventually import eventually

WAIT_SECONDS: Final = 30.0


async def outcome_of(client: Client, command_id: UUID, within: float = WAIT_SECONDS) -> Outcome:
    """Wait for the outcome of a command, however long it is pending."""
    outcomes: list[Outcome] = []

    async def is_known() -> bool:
        outcomes[:] = [await client.outcome(command_id, wait_seconds=1)]
        return not outcomes[0].is_pending

    await eventually(is_known, within=within)
    return outcomes[0]
