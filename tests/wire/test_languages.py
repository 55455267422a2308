"""In which language the system answers: every command, query and feed in the one that it asks for."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.texts import Phrase, phrase, reason
from incidents import Refused
from tests.delivery.lane_driver import own_lane, stored_command
from tests.projects.feeds import create_project, follow, next_events
from tests.runtime.test_query_admission import SHARE, arrived, collect_answers, flood, project_reads_blocked
from tests.support import Caller, Site, eventually

FRENCH = {"Accept-Language": "fr-CH, en;q=0.5"}


def refusal_message(error: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the sentence of an error, and the reasons in it."""
    return error["message"], [field["reason"] for field in error["details"].get("fields", ())]


async def test_a_command_is_refused_in_its_language(site: Site) -> None:
    """A body, a handler's own reason and an id that is used again are reported in the language of each command."""
    await site.workers("administration")
    caller, used = await site.caller(), uuid7()
    await site.forget_quickly()
    await caller.send("administration.add-type", "-", {"name": "Theft"}, command_id=used)
    settings, unfit = "administration.change-settings", phrase(Phrase.INVALID, "fr")
    for body, kind in (({"retention_days": 0}, "greater_than_equal"), ({"timezone": "Mars"}, "unknown_timezone")):
        outcome = await caller.send(settings, "-", body, headers=FRENCH)
        assert refusal_message(outcome["error"]) == (unfit, [reason(kind, "fr", {"limit": 1})])
    caller.outcomes.clear()

    async def again() -> dict[str, Any]:
        return await caller.send("administration.add-type", "-", {"name": "Fire"}, command_id=used, headers=FRENCH)

    assert (await eventually(again))["error"]["message"] == phrase(Phrase.COMMAND_ID_REUSED, "fr")


async def test_a_command_without_a_good_id_is_refused_in_its_language(site: Site) -> None:
    """What is refused before it is read is reported in its language, too."""
    await site.workers("administration")
    caller = await site.caller()
    subscription = await caller.nats.subscribe("im.main.out.admin.7")
    subject = "im.main.cmd.admin.administration.-.add-type"
    await caller.nats.request(subject, b"{}", timeout=5, headers={**FRENCH, "Nats-Msg-Id": "7"})
    outcome = json.loads((await subscription.next_msg(timeout=10)).data)
    assert refusal_message(outcome["error"]) == (phrase(Phrase.INVALID, "fr"), [reason("id_not_canonical", "fr")])


async def test_too_many_commands_are_turned_away_in_their_language(site: Site) -> None:
    """Each command beyond a rate is refused in its own language, within one batch too."""
    async with own_lane(site, 2) as here:
        batch = [stored_command(place) for place in range(1, 21)]
        batch += [replace(stored_command(21), headers={**(stored_command(21).headers or {}), **FRENCH})]
        *_, english, french = await here.handle(batch)
    assert [refusal_message(outcome["error"]) for outcome in (english, french)] == [
        (phrase(Phrase.PROJECT_NOT_CREATED, language), [reason("too_many_commands", language)])
        for language in ("en", "fr")
    ]


async def french(caller: Caller, body: dict[str, Any], tail: str = "projects.get") -> tuple[str, list[str]]:
    """Ask in French what must be refused, and return what is said."""
    answer, _ = await caller.ask(tail, body, headers=FRENCH)
    return refusal_message(answer["error"])


async def test_a_query_is_refused_in_its_language(site: Site) -> None:
    """A body, something that is not there and a fault are reported in the language of each query."""
    await site.workers("projects")
    caller, nowhere = await site.caller(), {"project_id": str(uuid7())}
    unfit = (phrase(Phrase.INVALID, "fr"), [reason("missing", "fr")])
    assert await french(caller, {}) == unfit
    assert await french(caller, nowhere) == (phrase(Phrase.GONE, "fr"), [reason("not_here", "fr")])
    watched = await french(caller, {"since": "now"}, "projects.watch")
    assert watched == (unfit[0], [reason("string_pattern_mismatch", "fr")])
    await site.sql("DROP FUNCTION published.project_document CASCADE")
    assert await french(caller, nowhere) == (phrase(Phrase.UNAVAILABLE, "fr"), [])


async def test_too_many_queries_are_turned_away_in_their_language(site: Site) -> None:
    """A principal who asks too much is refused in the language of the query."""
    await site.grant("eve", {Node.PROJECTS: "view"})
    running = await site.worker("projects", **SHARE)
    eve = await site.caller("eve")
    answers = await collect_answers(eve)
    async with project_reads_blocked(site):
        await flood(eve, 5)
        subject, reply = "im.main.qry.eve.projects.list", "_INBOX_eve.flood"
        await eve.nats.publish(subject, b"{}", reply=reply, headers=FRENCH)
        await arrived(running, 1)

        async def refusals() -> list[Any]:
            return answers

        (refused,) = await eventually(refusals)
    expected = (phrase(Phrase.UNAVAILABLE, "fr"), [reason("too_many_queries", "fr")])
    assert refusal_message(json.loads(refused.data)["error"]) == expected


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_feed_ends_in_its_language(site: Site, language: str) -> None:
    """A follower that loses its right reads why in the language in which it began to follow."""
    await site.workers("projects")
    await site.grant("viewer", {Node.PROJECTS: "view"})
    admin, viewer = await site.client(), await site.client("viewer", language)
    async with follow(viewer) as watch:
        await create_project(admin)
        await next_events(watch, 1)
        await site.sql("DELETE FROM administration.member WHERE principal = 'viewer'")
        await create_project(admin)
        with pytest.raises(Refused) as refusal:
            await next_events(watch, 1)
    assert refusal.value.message == phrase(Phrase.NOT_AVAILABLE, language)
