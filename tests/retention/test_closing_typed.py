"""Typing that a status closes projects: the number that the next sweep would delete is asked for."""

import pytest

from tests.client.command_line import CommandResult, incidents
from tests.retention.test_policies import Kinds, kinds
from tests.support import Site

__all__ = ["kinds"]

QUESTION = "Let Open close projects? The next sweep will then delete 1 project."


@pytest.mark.parametrize(
    "answer, options, status, is_closed",
    [
        ("y\n", (), 0, True),
        ("n\n", (), 0, False),
        ("", ("--yes",), 0, True),
        ("", ("--confirm", "1"), 0, True),
        ("", ("--confirm", "0"), 1, False),
    ],
)
async def test_closing_a_status_asks_for_the_number(
    kinds: Kinds,
    site: Site,
    answer: str,
    options: tuple[str, ...],
    status: int,
    is_closed: bool,
) -> None:
    """Somebody is asked, a script gives the number, and another number changes nothing."""
    await kinds.set("type", days=4, counted_from="closing")
    await kinds.keep(days=5)
    ended = await close(site, *options, answer=answer)
    assert (ended.status == 0) == (status == 0), ended.err
    assert (QUESTION in ended.out + ended.err) == bool(answer)
    [(closing,)] = await site.sql("SELECT closing FROM administration.property WHERE name = 'Open'")
    assert closing is is_closed


async def close(site: Site, *options: str, answer: str) -> CommandResult:
    """Type the command with an answer."""
    where = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}
    return await incidents("statuses", "close", "Open", *options, standard_input=answer, environment=where)
