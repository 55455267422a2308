"""Waiting for the outcome of a command that nobody knows yet."""

from uuid import UUID

from contracts.errors import Code, Error
from contracts.ids import uuid7
from contracts.message import Outcome
from incidents.errors import Refused
from incidents.submissions import known_outcome


async def test_an_outcome_that_nobody_knows_is_asked_for_again() -> None:
    """Until its time is over, an unknown outcome is asked for again: the command may still wait in its stream."""
    command_id, attempts = uuid7(), list[float]()

    async def ask(asked_id: UUID, wait_seconds: float, _: float) -> Outcome:
        attempts.append(wait_seconds)
        if len(attempts) < 3:
            raise Refused(Error(code=Code.GONE, message="Unknown.", retryable=False, details={}))
        return Outcome(command_id=asked_id, status="applied", revision=1, result={}, events=[])

    outcome = await known_outcome(ask, command_id, 30, 5)
    assert outcome.command_id == command_id
    assert outcome.status == "applied"
    assert len(attempts) == 3
