"""Beyond its rate a principal is turned away: at once, without an effect, and until it comes again."""

from typing import Any

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject
from contracts.texts import Phrase, phrase, reason
from tests.delivery.helpers import creation, project_in, wait_for_outcomes
from tests.delivery.lane_driver import own_lane, stored_command
from tests.support import Site, eventually

BURST = 10
"""What a rate of two a second lets through at once."""


def statuses(outcomes: list[dict[str, Any]]) -> list[str]:
    """Return how each command ended: its status, or the kind of the first field that is named."""
    return [
        outcome["status"] if outcome["status"] == "applied" else outcome["error"]["details"]["fields"][0]["kind"]
        for outcome in outcomes
    ]


async def test_what_is_too_much_is_turned_away_with_a_time(site: Site) -> None:
    """Commands beyond burst and rate are unavailable for now and say when to come again; all others are applied."""
    async with own_lane(site, 2) as here:
        outcomes = await here.handle([stored_command(place) for place in range(1, 21)])
        assert statuses(outcomes) == ["applied"] * BURST + ["too_many_commands"] * 10
        error = outcomes[-1]["error"]
        assert error["code"] == "unavailable"
        assert error["retryable"] is True
        assert error["message"] == phrase(Phrase.PROJECT_NOT_CREATED, "en")
        assert error["details"]["fields"][0]["reason"] == reason("too_many_commands", "en")
        waits = [outcome["error"]["details"]["retry_after_seconds"] for outcome in outcomes[BURST:]]
        assert waits == [2, 2, 2, 2, 3, 3, 4, 4, 5, 5]
    assert await site.count("projects.project") == await site.count("runtime.inbox") == BURST
    assert await site.count("runtime.unpublished") == BURST


async def test_time_is_when_a_command_was_stored(site: Site) -> None:
    """What waited for a worker that was away is not too much: the rate counts when commands came."""
    async with own_lane(site, 2) as here:
        outcomes = await here.handle([stored_command(place, place / 2) for place in range(1, 101)])
    assert statuses(outcomes) == ["applied"] * 100


async def test_one_principal_does_not_use_up_what_another_has(site: Site) -> None:
    """Rates are each principal's own; what the product sends to itself has none."""
    await site.grant("olivia", {Node.PROJECTS: "manage"})
    async with own_lane(site, 2) as here:
        await here.handle([stored_command(place) for place in range(1, 41)])
        mixed = [stored_command(41 + number, by=("admin", "olivia", "system")[number % 3]) for number in range(45)]
        outcomes = statuses(await here.handle(mixed))
    assert outcomes[0::3] == ["too_many_commands"] * 15
    assert outcomes[1::3] == ["applied"] * BURST + ["too_many_commands"] * 5
    assert outcomes[2::3] == ["applied"] * 15


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_was_turned_away_is_never_applied(site: Site, restarted: bool) -> None:
    """Delivered again, also to a process that has seen nothing, every message has the outcome that it had."""
    batch = [stored_command(place) for place in range(1, 21)]
    async with own_lane(site, 2) as here:
        first = await here.handle(batch)
        if restarted:
            here.restart()
        again = await here.handle(batch[3:])
        assert statuses(again) == statuses(first)[3:]
        assert again[: BURST - 3] == first[3:BURST]
    assert await site.count("projects.project") == BURST


async def test_the_same_id_is_taken_later(site: Site) -> None:
    """A command that was turned away is applied under the same id when it is sent again, once."""
    project_id, command_id = str(uuid7()), uuid7()
    async with own_lane(site, 2) as here:
        await here.handle([stored_command(place) for place in range(1, 11)])
        away = await here.handle([stored_command(11, command_id=command_id, **creation(project_id))])
        later = [stored_command(12 + n, 10, command_id=command_id, **creation(project_id)) for n in range(2)]
        outcomes = await here.handle(later)
        assert statuses(away) == ["too_many_commands"]
        assert statuses(outcomes) == ["applied", "applied"]
        assert outcomes[0] == outcomes[1]
    assert await site.count("projects.project") == BURST + 1


async def test_a_decided_command_is_repeated_and_never_turned_away(site: Site) -> None:
    """A principal who sends a decided command again beyond its rate gets the first outcome, and not another one."""
    project_id, command_id = str(uuid7()), uuid7()
    async with own_lane(site, 2) as here:
        (first,) = await here.handle([stored_command(1, command_id=command_id, **creation(project_id))])
        await here.handle([stored_command(place) for place in range(2, 31)])
        (again,) = await here.handle([stored_command(31, command_id=command_id, **creation(project_id))])
    assert again == first


async def test_places_of_a_stream_that_was_made_anew_are_new(site: Site) -> None:
    """A stream that counts from one again, later, hides no command behind a place of the old one."""
    async with own_lane(site, 2) as here:
        await here.handle([stored_command(place) for place in range(1, 21)])
        here.restart()
        outcomes = await here.handle([stored_command(place, 60) for place in range(1, 6)])
    assert statuses(outcomes) == ["applied"] * 5


async def test_a_body_is_not_opened_beyond_the_rate(site: Site) -> None:
    """What a command says costs nothing beyond the rate: it is turned away before its body is read."""
    async with own_lane(site, 2) as here:
        await here.handle([stored_command(place) for place in range(1, 11)])
        (outcome,) = await here.handle([stored_command(11, tail="projects.create", colour="red")])
    assert statuses([outcome]) == ["too_many_commands"]


async def test_no_rate_turns_nobody_away(site: Site) -> None:
    """A rate of zero is none."""
    async with own_lane(site, 0) as here:
        assert set(statuses(await here.handle([stored_command(place) for place in range(1, 1_201)]))) == {"applied"}


async def test_a_worker_turns_away_and_the_client_comes_again(site: Site) -> None:
    """A client that sends too much at once waits as long as the refusal says, and has every command applied once."""
    running = await site.worker("projects", commands_per_second=2)
    caller, client = await site.caller(), await site.client()
    for _ in range(2 * BURST):
        project_id = project_in(3)
        await caller.publish("projects.create", project_id, creation(project_id))
    results = await wait_for_outcomes(caller, 2 * BURST)
    away = [outcome for (outcome,) in results.values() if outcome["status"] == "rejected"]
    assert {outcome["error"]["code"] for outcome in away} == {"unavailable"}
    created = await client.send(CreateProject(project_id=project_in(3)))
    assert created.number
    assert running.delivery.counters.turned_away >= len(away) > 0

    async def all_kept() -> bool:
        return await site.count("projects.project") == 2 * BURST - len(away) + 1

    await eventually(all_kept)
