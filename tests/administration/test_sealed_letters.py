"""Dead letters are sealed: their words can be read for some days, and not after their project or text is erased."""

import base64
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.dead_letters import DiscardLetter, GetDeadLetter, LetterSummary, ReplayLetter
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import DeleteProject
from contracts.projects.redaction import RedactProject
from contracts.values import EARLIEST
from incidents import Client, Refused
from tests.administration.test_dead_letters import MANAGE, MARKER, cause_dead_letter, comments, letters
from tests.support import Caller, Site, eventually
from workers.runtime.bus import outbox

KEYS = "runtime.letter_key"
WAITING = """
    SELECT FROM pg_locks WHERE NOT granted AND relation = 'runtime.letter_key'::regclass AND mode = 'RowExclusiveLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""Sessions that wait for the right to write a key."""


@pytest.fixture
async def olivia(site: Site) -> Caller:
    """An operator on a site whose database refuses one text, and whose housekeeping does not wait."""
    await site.sql(f"ALTER TABLE projects.comment ADD CONSTRAINT broken CHECK (text <> '{MARKER}')")
    await site.grant("olivia", {Node.PROJECTS: "manage", **MANAGE})
    for name in ("projects", "administration"):
        await site.worker(name, housekeeping_seconds=0.1)
    return await site.caller("olivia")


async def erased_letter(admin: Client) -> LetterSummary:
    """Wait until the only letter has lost its content, and return it."""

    async def erased() -> LetterSummary:
        [letter] = await letters(admin)
        assert letter.erasure
        return letter

    return await eventually(erased)


async def in_dead(site: Site, number: int) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Return a letter as it is in the stream, with its headers."""
    message = await (await site.overseer()).jetstream().get_msg("DEAD", number)
    return message.subject or "", json.loads(message.data or b""), dict(message.headers or {})


async def refusal_of_replay(admin: Client, letter: LetterSummary) -> str:
    """Replay a letter that cannot be, and return the kind of the refusal."""
    with pytest.raises(Refused) as refused:
        await admin.send(ReplayLetter(letter=letter.letter))
    assert refused.value.code == Code.INVALID
    return str(refused.value.details["fields"][0]["kind"])


async def test_no_stored_letter_has_words(site: Site, olivia: Caller) -> None:
    """Neither the stream nor the outbox has what people wrote; what operations needs can be read there."""
    project, command_id = await cause_dead_letter(olivia)
    key, verb, header = "what-olivia-saw", "call-the-police", "by the gate"
    headers = {"Nats-Msg-Id": str(uuid7()), "Seen": header}
    subject = f"im.main.cmd.olivia.projects.{key}.{verb}"
    await olivia.nats.request(subject, header.encode(), timeout=5, headers=headers)
    first, second = await letters(await site.client(), 2)
    stored = [await in_dead(site, letter.letter) for letter in (first, second)]
    posted = [row.messages for row in await site.sql("SELECT messages FROM runtime.outbox")]
    for words in (MARKER, key, verb, header):
        forms = (words, base64.b64encode(words.encode()).decode()[:-4])
        assert not [form for form in forms if form in json.dumps(stored) + "".join(posted)]
    _, letter, _ = stored[0]
    assert letter["headers"]["Nats-Msg-Id"] == str(command_id)
    assert letter["subject"].endswith(f".olivia.{project}.add-comment")
    assert letter["reason"].startswith("It failed 3 times: CheckViolation")
    _, letter, _ = stored[1]
    assert letter["subject"].endswith(f".olivia.?{len(key)}.?{len(verb)}")
    assert letter["headers"]["?4"] == f"?{len(header)}"
    assert letter["body_bytes"] == len(header)
    assert letter["reason"] == f"projects has no command ?{len(verb)}."
    assert second.reason == f"projects has no command {verb}."


async def test_words_are_gone_after_some_days(site: Site, olivia: Caller) -> None:
    """A letter without its key says since when and why, cannot be replayed, and can be discarded."""
    project, command_id = await cause_dead_letter(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    assert letter.erasure is None
    assert letter.erased_at is None
    assert letter.replayable
    await site.sql("UPDATE runtime.letter_key SET written_at = written_at - interval '7 days'")
    erased = await erased_letter(admin)
    assert erased.erasure == "expired"
    assert not erased.replayable
    assert erased.command_id == command_id
    assert erased.erased_at is not None
    opened = await admin.ask(GetDeadLetter(letter=letter.letter))
    assert opened.summary == erased
    assert opened.body is None
    assert opened.body_base64 is None
    assert opened.body_bytes == len(
        json.dumps({"project_id": str(project), "comment_id": str(project), "text": MARKER})
    )
    assert await refusal_of_replay(admin, letter) == "letter_expired"
    await admin.send(DiscardLetter(letter=letter.letter))
    assert await letters(admin, 0) == []


async def test_a_key_goes_in_the_transaction_that_deletes_its_project(site: Site, olivia: Caller) -> None:
    """When the deletion has its outcome, the key is gone, and nobody waits for any housekeeping."""
    project, _ = await cause_dead_letter(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    await admin.send(DeleteProject(project_id=project))
    [(cause, is_same)] = await site.sql(
        "SELECT cause, e.xmin = t.xmin FROM runtime.letter_erasure e, projects.tombstone t"
    )
    assert cause == "project-erased"
    assert is_same
    assert await site.count(KEYS) == 0
    assert (await letters(admin))[0].erasure == "project-erased"
    assert await refusal_of_replay(admin, letter) == "letter_of_erased_project"


async def test_a_letter_that_comes_after_the_deletion_loses_its_words(site: Site, olivia: Caller) -> None:
    """A letter may be written when its project is deleted already: housekeeping finds it."""
    project = uuid7()
    await olivia.send("projects.create", project, {"project_id": str(project)})
    await olivia.send("projects.delete", project, {"project_id": str(project)})
    await olivia.publish("projects.burn", project, {"text": MARKER})
    assert (await erased_letter(await site.client())).erasure == "project-erased"


async def commented(olivia: Caller) -> tuple[UUID, UUID]:
    """Create a project with a comment, and let an edit of the comment fail; return both ids."""
    project, comment = uuid7(), uuid7()
    body = {"project_id": str(project), "comment_id": str(comment)}
    await olivia.send("projects.create", project, {"project_id": str(project), "description": "a smell of gas"})
    await olivia.send("projects.add-comment", project, {**body, "text": "in the cellar"})
    await olivia.send("projects.edit-comment", project, {**body, "text": MARKER})
    return project, comment


async def test_a_key_goes_with_the_redaction_of_its_text(site: Site, olivia: Caller) -> None:
    """A redaction takes the words of letters that name its text, and leaves those of others."""
    project, comment = await commented(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    for field, part_id, erasure in (("description", None, None), ("comment", comment, "text-redacted")):
        body = {"project_id": project, "field": field, "part_id": part_id, "reason": "asked for"}
        await admin.send(RedactProject.model_validate(body))
        assert (await letters(admin))[0].erasure == erasure
    assert await refusal_of_replay(admin, letter) == "letter_of_redacted_text"


async def test_a_project_that_can_be_restored_keeps_its_letters(site: Site, olivia: Caller) -> None:
    """While a deletion can be undone, the letters of the project can be read; afterwards not."""
    await site.sql("UPDATE administration.settings SET undo_days = 7")
    project, _ = await cause_dead_letter(olivia)
    admin = await site.client()
    await letters(admin)
    await admin.send(DeleteProject(project_id=project))
    assert (await letters(admin))[0].erasure is None
    await site.sql("UPDATE projects.tombstone SET erase_after = now()")
    assert (await erased_letter(admin)).erasure == "project-erased"


async def test_no_letter_leaves_without_its_key(site: Site, olivia: Caller) -> None:
    """While the key of a letter cannot be stored, the letter is not posted; both come together later."""
    project = uuid7()
    await olivia.send("projects.create", project, {"project_id": str(project)})
    body = {"project_id": str(project), "comment_id": str(uuid7()), "text": MARKER}
    async with site.engine.begin() as connection:
        await connection.execute(text(f"LOCK TABLE {KEYS}"))
        command_id = await olivia.publish("projects.add-comment", project, body)
        await eventually(lambda: site.sql(WAITING))
        posted = await site.sql("SELECT FROM runtime.outbox WHERE messages LIKE '%.dead.%'")
        assert posted == []
        assert olivia.outcomes.get(command_id) is None
    [letter] = await letters(await site.client())
    assert letter.command_id == command_id
    assert letter.replayable


async def test_a_letter_without_a_key_in_this_database_says_so(site: Site, olivia: Caller) -> None:
    """A database that was restored does not have the keys of later letters."""
    await cause_dead_letter(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    await site.sql("DELETE FROM runtime.letter_key")
    [erased] = await letters(admin)
    assert erased.erasure == "key-missing"
    assert erased.erased_at is None
    assert await refusal_of_replay(admin, letter) == "letter_without_key"


async def test_sealed_words_belong_to_their_letter(site: Site, olivia: Caller) -> None:
    """Sealed words under another sender, or beside other headers, are nobody's letter."""
    await cause_dead_letter(olivia)
    admin, thief = await site.client(), await site.nats("projects", "worker")
    [letter] = await letters(admin)
    subject, content, headers = await in_dead(site, letter.letter)
    for address, changed in (
        (subject.replace("olivia", "admin"), content),
        (subject, {**content, "reason": "It failed."}),
        (subject, {**content, "sealed_base64": "AAAA"}),
        (subject, {**content, "sealed_base64": 7}),
    ):
        own = {**headers, "Nats-Msg-Id": str(uuid7())}
        await thief.request(address, json.dumps(changed).encode(), timeout=5, headers=own)
    for other in (await letters(admin, 5))[1:]:
        assert other.replayable is False
        assert await refusal_of_replay(admin, other) == "letter_not_put_aside"
        assert (await admin.ask(GetDeadLetter(letter=other.letter))).body is None


async def test_a_letter_of_an_earlier_version_can_be_read_and_replayed(site: Site, olivia: Caller) -> None:
    """What an earlier version wrote in clear stays as it was until it is removed."""
    project, command_id = await cause_dead_letter(olivia)
    admin, worker = await site.client(), await site.nats("projects", "worker")
    [letter] = await letters(admin)
    opened = await admin.ask(GetDeadLetter(letter=letter.letter))
    subject, _, headers = await in_dead(site, letter.letter)
    await admin.send(DiscardLetter(letter=letter.letter))
    await letters(admin, 0)
    old = {"subject": opened.subject, "headers": opened.headers, "reason": letter.reason, "body": opened.body}
    headers["Nats-Msg-Id"] += "0"
    await worker.request(subject, json.dumps(old).encode(), timeout=5, headers=headers)
    [letter] = await letters(admin)
    assert letter.command_id == command_id
    assert letter.replayable
    assert (await admin.ask(GetDeadLetter(letter=letter.letter))).body == opened.body
    await site.sql("ALTER TABLE projects.comment DROP CONSTRAINT broken")
    await admin.send(ReplayLetter(letter=letter.letter))
    assert await eventually(lambda: comments(admin, project)) == [("olivia", MARKER)]


async def test_a_replayed_command_does_not_stay_in_the_outbox(site: Site, olivia: Caller) -> None:
    """The clean-up blanks what a replay published, and leaves the command's place."""
    project, _ = await cause_dead_letter(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    await site.sql("ALTER TABLE projects.comment DROP CONSTRAINT broken")
    await admin.send(ReplayLetter(letter=letter.letter))
    assert await eventually(lambda: comments(admin, project)) == [("olivia", MARKER)]
    held = "SELECT FROM runtime.outbox WHERE messages LIKE '%body_base64%'"
    assert len(await site.sql(held)) == 1

    async def is_blank() -> bool:
        async with site.engine.begin() as connection:
            await outbox.blank_letters(connection, EARLIEST)
        return await site.sql(held) == []

    assert await eventually(is_blank)
    assert len(await site.sql("SELECT FROM runtime.outbox WHERE messages LIKE '%redeliver%'")) == 1
