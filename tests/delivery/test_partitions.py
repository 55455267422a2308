"""Partitions: a key has one for ever, and with it a lane for every number of lanes."""

from collections.abc import Sequence

import pytest

from contracts.ids import uuid7
from contracts.subjects import LANE_COUNTS, is_in_lane, lane_filters, lane_of, partition_of, read_work
from tests.delivery.helpers import Inspector, comment, creation, wait_for_outcomes
from tests.support import Caller, Site, eventually
from workers.local.lanes.splitting import split
from workers.runtime.bus.streams import api, provision

EARLIER = {
    "src": "im.*.cmd.*.*.*.*",
    "dest": "im.{{wildcard(1)}}.work.{{wildcard(3)}}.{{partition(8,4)}}"
    ".{{wildcard(2)}}.{{wildcard(4)}}.{{wildcard(5)}}",
}
"""How version 0.1 stored commands."""

KEYS = [str(uuid7()) for _ in range(12)]
ROUNDS = 5


def matches(subject: str, pattern: str) -> bool:
    """Tell whether a subject matches a filter, as the server does."""
    tokens, parts = subject.split("."), pattern.split(".")
    if parts[-1] == ">":
        tokens, parts = tokens[: len(parts) - 1], parts[:-1]
    return len(tokens) == len(parts) and all(part in ("*", token) for token, part in zip(tokens, parts, strict=True))


def lanes_with(subject: str, lanes: int) -> list[int]:
    """Return the lanes to which a stored command belongs if there are so many."""
    return [
        lane
        for lane in range(lanes)
        if any(matches(subject, pattern) for pattern in lane_filters("main", "projects", lane, lanes))
        and is_in_lane(subject, lane, lanes)
    ]


async def store_as_before(site: Site) -> None:
    """Let the server store commands as version 0.1 did."""
    overseer = await site.overseer()
    config = (await api(overseer, "STREAM.INFO.COMMANDS", {}))["config"]
    answer = await api(overseer, "STREAM.UPDATE.COMMANDS", {**config, "subject_transform": EARLIER})
    assert "error" not in answer, answer


async def publish_rounds(caller: Caller, keys: Sequence[str], texts: Sequence[str]) -> None:
    """Publish a comment with each text to each project, text by text."""
    for text in texts:
        for key in keys:
            await caller.publish("projects.add-comment", key, comment(key, text))


async def texts_of(site: Site, key: str) -> list[str]:
    """Return the comments of a project in the order in which they took effect."""
    rows = await site.sql("SELECT text FROM projects.comment WHERE project_id = :k ORDER BY revision, place", k=key)
    return [text for (text,) in rows]


async def test_the_server_stores_the_lane_of_a_key_for_every_number_of_lanes(site: Site, inspector: Inspector) -> None:
    """A key's partition is the same here and in the server, and with so many lanes each command has one."""
    caller = await site.caller()
    for key in KEYS:
        await caller.publish("projects.create", key, creation(key))
    for message in await inspector.messages_in("COMMANDS"):
        subject = message.subject or ""
        key = read_work(subject).key
        numbers = [partition_of(key) % lanes for lanes in LANE_COUNTS]
        assert subject == f"im.main.work.projects.{'.'.join(map(str, numbers))}.admin.{key}.create"
        assert [lanes_with(subject, lanes) for lanes in LANE_COUNTS] == [[lane] for lane in numbers]


@pytest.mark.parametrize("lanes", LANE_COUNTS)
def test_a_command_of_before_has_one_lane(lanes: int) -> None:
    """What an older version stored belongs to the lane of its key, whoever sent it and however many lanes there are."""
    for key in KEYS:
        for principal in ("admin", str(lane_of(key, 16))):
            subject = f"im.main.work.projects.{lane_of(key)}.{principal}.{key}.create"
            assert lanes_with(subject, lanes) == [lane_of(key, lanes)]


@pytest.mark.parametrize("lanes", LANE_COUNTS)
async def test_commands_of_before_keep_their_order(site: Site, inspector: Inspector, lanes: int) -> None:
    """Commands that an older version stored take effect before those of this one, also after a split."""
    caller = await site.caller()
    await store_as_before(site)
    for key in KEYS:
        await caller.publish("projects.create", key, creation(key))
    before, after = [f"before {number}" for number in range(ROUNDS)], [f"after {number}" for number in range(ROUNDS)]
    await publish_rounds(caller, KEYS, before)
    assert (await provision(await site.nats("provision", "provision"), site.name)).updated == ["stream COMMANDS"]
    await publish_rounds(caller, KEYS, after)
    if lanes > LANE_COUNTS[0]:
        await split(site.engine, "projects", lanes)
    await site.worker("projects")
    outcomes = await wait_for_outcomes(caller, len(KEYS) * (1 + 2 * ROUNDS))
    assert {outcome["status"] for copies in outcomes.values() for outcome in copies} == {"applied"}
    assert [await texts_of(site, key) for key in KEYS] == [before + after] * len(KEYS)


async def test_commands_of_before_are_trimmed_once_all_lanes_have_passed(site: Site, inspector: Inspector) -> None:
    """What an older version stored leaves the stream, too, when lanes were split."""
    caller = await site.caller()
    await store_as_before(site)
    for key in KEYS:
        await caller.publish("projects.create", key, creation(key))
    await split(site.engine, "projects", 16)
    await site.workers("projects", "administration", "reports", "retention")

    async def is_empty() -> bool:
        return not await inspector.messages_in("COMMANDS")

    await eventually(is_empty, within=60)
    assert len(caller.outcomes) == len(KEYS)
