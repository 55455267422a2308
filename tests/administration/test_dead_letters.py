"""Dead letters that come back to their workers: as what they are, once, and through nobody else's hands."""

import base64
import json
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.dead_letters import DiscardLetter, GetDeadLetter, LetterSummary, ListDeadLetters, ReplayLetter
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.queries import GetProject
from incidents import Client, Refused
from tests.support import Caller, Site, eventually
from workers.runtime.storage.database import open_engine

MARKER = "what the database refuses"
MANAGE = {Node.COMMENTS: "manage"}


@pytest.fixture
async def olivia(site: Site) -> Caller:
    """An operator on a site whose database refuses one text; her command failed three times and was dead-lettered."""
    await site.sql(f"ALTER TABLE projects.comment ADD CONSTRAINT broken CHECK (text <> '{MARKER}')")
    await site.grant("olivia", {Node.PROJECTS: "manage", **MANAGE})
    await site.workers("projects", "administration", "audit")
    return await site.caller("olivia")


async def cause_dead_letter(olivia: Caller) -> tuple[UUID, UUID]:
    """Send what cannot be stored; return the project and the command's id."""
    project = uuid7()
    await olivia.send("projects.create", project, {"project_id": str(project)})
    body = {"project_id": str(project), "comment_id": str(uuid7()), "text": MARKER}
    outcome = await olivia.send("projects.add-comment", project, body)
    assert outcome["error"]["code"] == "unavailable"
    return project, UUID(outcome["command_id"])


async def letters(admin: Client, number: int = 1) -> list[LetterSummary]:
    """Wait until so many letters are there, and return them."""

    async def fetch_letters() -> tuple[list[LetterSummary]]:
        letters = (await admin.ask(ListDeadLetters())).items
        assert len(letters) == number
        return (letters,)

    return (await eventually(fetch_letters))[0]


async def wait_for_outcomes(olivia: Caller, command_id: UUID, number: int) -> list[dict[str, Any]]:
    """Wait until a command has so many outcomes."""

    async def arrived() -> bool:
        return len(olivia.outcomes[command_id]) >= number

    await eventually(arrived)
    return olivia.outcomes[command_id]


async def comments(admin: Client, project: UUID) -> list[tuple[str, str]]:
    """Return who wrote which comments."""
    details = await admin.ask(GetProject(project_id=project))
    return [(comment.created_by, comment.text) for comment in details.comments or []]


async def test_a_replayed_letter_is_its_senders_own_and_takes_effect_once(site: Site, olivia: Caller) -> None:
    """It is carried out as the command of who had sent it, under its own id, however often it is replayed."""
    project, command_id = await cause_dead_letter(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    assert letter.principal == "olivia"
    assert letter.command_id == command_id
    assert letter.replayable is True
    assert await comments(admin, project) == []
    await site.sql("ALTER TABLE projects.comment DROP CONSTRAINT broken")
    await admin.send(ReplayLetter(letter=letter.letter))
    outcomes = await wait_for_outcomes(olivia, command_id, 2)
    assert outcomes[-1]["status"] == "applied"
    assert outcomes[-1]["revision"] == 2
    assert await comments(admin, project) == [("olivia", MARKER)]
    assert await letters(admin, 0) == []
    with pytest.raises(Refused) as caught:
        await admin.send(ReplayLetter(letter=letter.letter))
    assert caught.value.code == Code.GONE
    assert "later" not in caught.value.message


async def test_a_letter_that_comes_twice_takes_effect_once(site: Site, olivia: Caller) -> None:
    """The id decides: the second of two replays of one letter repeats the first one's outcome."""
    project, command_id = await cause_dead_letter(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    await site.sql("ALTER TABLE projects.comment DROP CONSTRAINT broken")
    twice = [await admin.submit(ReplayLetter(letter=letter.letter)) for _ in range(2)]
    assert (await twice[0].outcome()).status == "applied"
    await wait_for_outcomes(olivia, command_id, 2)
    assert await comments(admin, project) == [("olivia", MARKER)]
    assert await site.count("projects.comment") == 1


async def test_what_fails_again_is_put_aside_again(site: Site, olivia: Caller) -> None:
    """While the cause is there, a replayed letter is a letter again, with the same sender and id."""
    project, command_id = await cause_dead_letter(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    await admin.send(ReplayLetter(letter=letter.letter))
    outcomes = await wait_for_outcomes(olivia, command_id, 2)

    async def anew() -> bool:
        letters = (await admin.ask(ListDeadLetters())).items
        assert len(letters) == 1
        listed_letter = letters[0]
        return (
            listed_letter.letter != letter.letter
            and listed_letter.command_id == command_id
            and listed_letter.principal == "olivia"
        )

    await eventually(anew)
    assert outcomes[-1]["error"]["code"] == "unavailable"
    assert await comments(admin, project) == []


async def test_what_its_sender_may_not_do_any_more_is_refused(site: Site, olivia: Caller) -> None:
    """A replay gives nobody's rights: who had sent it must still have them."""
    project, command_id = await cause_dead_letter(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    await site.sql("ALTER TABLE projects.comment DROP CONSTRAINT broken")
    await site.sql("DELETE FROM administration.member WHERE principal = 'olivia'")
    await admin.send(ReplayLetter(letter=letter.letter))
    outcomes = await wait_for_outcomes(olivia, command_id, 2)
    assert outcomes[-1]["error"]["code"] == "permission-denied"
    assert await comments(admin, project) == []


async def test_nobody_hands_in_a_letter(site: Site, olivia: Caller) -> None:
    """The verb under which letters come back is the product's alone: from anybody else it is no command."""
    project = uuid7()
    await olivia.send("projects.create", project, {"project_id": str(project)})
    forged = {"subject": f"im.main.work.projects.0.admin.{project}.delete", "headers": {"Nats-Msg-Id": str(uuid7())}}
    body = {**forged, "body_base64": "e30="}
    await olivia.publish("projects.redeliver", project, body)
    admin = await site.client()
    [letter] = await letters(admin)
    assert letter.principal == "olivia"
    assert letter.what is None
    assert letter.replayable is False
    with pytest.raises(Refused, match="contains no command"):
        await admin.send(ReplayLetter(letter=letter.letter))
    assert (await admin.ask(GetProject(project_id=project))).revision == 1


async def test_a_worker_alone_cannot_have_somebody_act(site: Site, olivia: Caller) -> None:
    """A worker's credentials without its database bring back only dead letters."""
    project, command_id = await cause_dead_letter(olivia)
    thief, admin = await site.nats("projects", "worker"), await site.client()
    [original] = await letters(admin)
    forged = {"subject": f"im.main.work.projects.0.admin.{project}.delete", "headers": {"Nats-Msg-Id": str(uuid7())}}
    changed = {**forged, "subject": f"im.main.work.projects.0.olivia.{project}.delete"}
    changed["headers"] = {"Nats-Msg-Id": str(command_id)}
    body = base64.b64encode(json.dumps({"project_id": str(project)}).encode()).decode()
    subject = f"im.main.cmd.system.projects.{project}.redeliver"
    for each in (forged, changed):
        wrapper = json.dumps({**each, "body_base64": body}).encode()
        await thief.request(subject, wrapper, timeout=5, headers={"Nats-Msg-Id": str(uuid7())})
        letter = json.dumps({**each, "reason": "It failed.", "body_base64": body}).encode()
        await thief.request("im.main.dead.projects.admin", letter, headers={"Nats-Msg-Id": str(uuid7())})
    dead_letters = await letters(admin, 5)
    assert (await admin.ask(GetProject(project_id=project))).revision == 1
    for dead_letter in dead_letters:
        if dead_letter.letter == original.letter:
            continue
        with pytest.raises(Refused) as caught:
            await admin.send(ReplayLetter(letter=dead_letter.letter))
        assert "differs from the dead letter" in str(caught.value)
    assert (await admin.ask(GetProject(project_id=project))).revision == 1


async def test_letters_need_a_right_of_their_own(site: Site, olivia: Caller) -> None:
    """Seeing letters and deciding about them are given by the node `dead-letters` and by nothing else."""
    await cause_dead_letter(olivia)
    [letter] = await letters(await site.client())
    reader = await site.client("olivia")
    for query in (ListDeadLetters(), GetDeadLetter(letter=letter.letter)):
        with pytest.raises(Refused) as caught:
            await reader.ask(query)
        assert caught.value.code == Code.NOT_AVAILABLE
        assert caught.value.details["nodes"] == ["dead-letters"]
    await site.grant("olivia", {Node.PROJECTS: "manage", Node.DEAD_LETTERS: "view", Node.ROLES: "manage", **MANAGE})
    assert (await reader.ask(GetDeadLetter(letter=letter.letter))).summary == letter
    for command in (ReplayLetter(letter=letter.letter), DiscardLetter(letter=letter.letter)):
        with pytest.raises(Refused) as caught:
            await reader.send(command)
        assert caught.value.code == Code.PERMISSION_DENIED
        assert caught.value.details["nodes"] == ["dead-letters"]


async def test_what_was_done_with_letters_is_recorded(site: Site, olivia: Caller) -> None:
    """The log names who read, replayed and discarded a letter, with the letter's sender and id."""
    _, command_id = await cause_dead_letter(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    opened = await admin.ask(GetDeadLetter(letter=letter.letter))
    assert json.loads(opened.body or "")["text"] == MARKER
    assert opened.headers["Nats-Msg-Id"] == str(command_id)
    await admin.send(DiscardLetter(letter=letter.letter))
    await letters(admin, 0)

    async def recorded() -> set[tuple[str, str]]:
        rows = await site.sql("SELECT entry FROM audit.waiting")
        entries = [row.entry for row in rows if "letter" in row.entry["activity"]]
        entries += [dict(row._mapping) for row in await logged(site)]
        assert all((entry["actor"], entry["details"]["principal"]) == ("admin", "olivia") for entry in entries)
        assert all(entry["details"]["command_id"] == str(command_id) for entry in entries)
        return {(entry["activity"], str(entry["details"]["letter"])) for entry in entries}

    expected = {(f"administration.letter-{action}", str(letter.letter)) for action in ("opened", "discarded")}

    async def complete() -> bool:
        return await recorded() == expected

    await eventually(complete)


async def logged(site: Site) -> list[Any]:
    """Return what the log server holds of letters."""
    engine = open_engine(site.log_database_url, connections=1)
    try:
        async with engine.connect() as connection:
            statement = text("SELECT activity, actor, details FROM entry WHERE activity LIKE '%letter%'")
            return list((await connection.execute(statement)).all())
    finally:
        await engine.dispose()


async def test_an_event_is_heard_after_all(site: Site, olivia: Caller) -> None:
    """A replayed event reaches the reaction that failed; anyone who had heard it knows its id."""
    refusal = "ALTER TABLE audit.undelivered ADD CONSTRAINT broken CHECK (entries NOT LIKE '%projects.created%')"
    await site.sql(refusal)
    project = uuid7()
    await olivia.send("projects.create", project, {"project_id": str(project)})
    admin = await site.client()
    [letter] = await letters(admin)
    assert letter.what == "projects.created"
    assert letter.worker == "audit"
    assert letter.replayable is True
    await site.sql("ALTER TABLE audit.undelivered DROP CONSTRAINT broken")
    await admin.send(ReplayLetter(letter=letter.letter))

    async def has_entries(expected: int) -> bool:
        rows = await site.sql("SELECT 1 FROM audit.activity WHERE project_id = :p", p=project)
        return len(rows) == expected

    await eventually(partial(has_entries, 1))
    assert await letters(admin, 0) == []
