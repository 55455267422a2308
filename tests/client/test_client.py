import asyncio
import json
import time
from uuid import UUID

import pytest
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

import incidents
from contracts import catalogue
from contracts.administration_queries import GetMe
from contracts.downloads import PART_BYTES_MAX
from contracts.errors import Code
from contracts.projects.commands import CreateProject, ProjectCreated
from contracts.projects.parts import AddComment, CommentAdded
from contracts.projects.queries import OUTCOME_WAIT_SECONDS_MAX
from contracts.reports import DownloadReport
from incidents import Client, PendingError, Refused, UnreachableError, connect, uuid7
from incidents.errors import CredentialsError
from tests.client.conftest import Bus, Peer
from tests.support import eventually

PROJECT = UUID("0190a000-0000-7000-8000-000000000001")
COMMENT = UUID("0190a000-0000-7000-8000-000000000002")
TURNED_AWAY = {"code": "unavailable", "message": "Later.", "retryable": True}


def created(number: int) -> dict[str, object]:
    """Return the result of a creation."""
    return {"project_id": str(PROJECT), "number": number, "type_id": None, "sequence_ids": []}


async def test_an_applied_command_returns_its_event(bus: Bus, peer: Peer) -> None:
    """What a command did comes back as the event that its class names."""
    peer.result = created(7)
    async with connect(bus.url, bus.credentials("alice")) as client:
        event = await client.send(CreateProject(project_id=PROJECT))
    assert event == ProjectCreated(project_id=PROJECT, number=7)


async def test_a_command_travels_as_the_wire_says(bus: Bus, peer: Peer) -> None:
    """Subject, id, language and body are those of the published interface."""
    peer.result = created(7)
    async with connect(bus.url, bus.credentials("alice"), language="fr") as client:
        await client.send(CreateProject(project_id=PROJECT, description="fall"), command_id=COMMENT)
    (message,) = peer.commands
    assert message.subject == f"im.main.cmd.alice.projects.{PROJECT}.create"
    assert message.headers == {"Nats-Msg-Id": str(COMMENT), "Accept-Language": "fr"}
    assert message.data == b'{"project_id":"%b","description":"fall"}' % str(PROJECT).encode()


async def test_a_newer_system_is_understood(bus: Bus, peer: Peer) -> None:
    """An event with fields that this client does not know is read without them."""
    peer.result = {**created(8), "colour": "red"}
    async with connect(bus.url, bus.credentials("alice")) as client:
        event = await client.send(CreateProject(project_id=PROJECT))
    assert event.number == 8


async def test_a_refused_command_raises_what_was_refused(bus: Bus, peer: Peer) -> None:
    """A refusal carries its code, its sentence, its details and the command's id."""
    peer.error = {"code": "gone", "message": "Deleted.", "retryable": False, "details": {"by": "bob"}}
    async with connect(bus.url, bus.credentials("alice")) as client:
        with pytest.raises(Refused) as caught:
            await client.send(AddComment(project_id=PROJECT, comment_id=COMMENT, text="x"))
    assert caught.value.code == Code.GONE
    assert caught.value.message == "Deleted."
    assert caught.value.details == {"by": "bob"}
    assert str(caught.value.command_id) in peer.outcomes


async def test_a_lost_outcome_is_asked_for(bus: Bus, peer: Peer) -> None:
    """An outcome whose message got lost is fetched by query."""
    peer.result, peer.silent = {"project_id": str(PROJECT), "comment_id": str(COMMENT)}, True
    async with connect(bus.url, bus.credentials("alice")) as client:
        event = await client.send(AddComment(project_id=PROJECT, comment_id=COMMENT, text="x"))
    assert event == CommentAdded(project_id=PROJECT, comment_id=COMMENT)


async def test_a_repeated_command_is_answered_at_once(bus: Bus, peer: Peer) -> None:
    """The same id again is not delivered again: its outcome is asked for without waiting."""
    peer.result, command_id = created(9), uuid7()
    async with connect(bus.url, bus.credentials("alice")) as client:
        await client.send(CreateProject(project_id=PROJECT), command_id=command_id)
        peer.commands.clear()
        peer.silent, started = True, time.monotonic()
        again = await client.submit(CreateProject(project_id=PROJECT), command_id=command_id)
        outcome = await again.outcome()
    assert again.repeated
    assert outcome.result == peer.result
    assert time.monotonic() - started < 1


async def test_what_is_accepted_without_an_outcome_has_not_failed(bus: Bus, peer: Peer) -> None:
    """When no outcome comes in time, the sentence says that it will be carried out, and the id leads to its outcome."""
    peer.refusals["projects.outcome"] = {"code": "gone", "message": "Unknown."}
    peer.silent = True
    async with connect(bus.url, bus.credentials("alice"), language="fr", seconds=0.3) as client:
        with pytest.raises(PendingError) as caught:
            await client.send(AddComment(project_id=PROJECT, comment_id=COMMENT, text="x"))
    assert caught.value.message.startswith("La commande a été acceptée et sera exécutée.")
    assert caught.value.code == Code.UNAVAILABLE
    assert caught.value.retryable is True
    assert caught.value.details["accepted"] is True
    assert str(caught.value.command_id) in peer.outcomes


async def test_many_commands_can_be_under_way(bus: Bus, peer: Peer) -> None:
    """Each of many commands sent together gets its own outcome."""
    peer.result = created(1)
    async with connect(bus.url, bus.credentials("alice")) as client:
        submitted = [await client.submit(CreateProject(project_id=uuid7())) for _ in range(50)]
        outcomes = await asyncio.gather(*(each.outcome() for each in submitted))
    assert [each.command_id for each in outcomes] == [each.command_id for each in submitted]


async def test_a_denied_publish_says_so(bus: Bus, peer: Peer) -> None:
    """The server's own words are in the refusal when it denies a subject."""
    async with connect(bus.url, bus.credentials("alice"), site="elsewhere") as client:
        with pytest.raises(Refused, match="permissions violation") as caught:
            await client.send(CreateProject(project_id=PROJECT))
    assert caught.value.code is Code.PERMISSION_DENIED


async def test_a_body_that_is_too_large_is_not_sent(bus: Bus, peer: Peer) -> None:
    """What no worker would accept does not leave."""
    command = CreateProject(project_id=PROJECT, sequences=[], description="é" * 9_999)
    huge = AddComment(project_id=PROJECT, comment_id=COMMENT, text="\U0001f600" * 19_999)
    async with connect(bus.url, bus.credentials("alice")) as client:
        peer.result = created(1)
        await client.send(command)
        with pytest.raises(Refused) as caught:
            await client.submit(huge)
    assert caught.value.details["fields"][0]["kind"] == "body_too_large"
    assert len(peer.commands) == 1


async def test_a_refused_query_raises_what_was_refused(bus: Bus, peer: Peer) -> None:
    """The error body of a refused query comes back as an exception."""
    peer.refusals["administration.me"] = {"code": "not-available", "message": "No.", "details": {"x": 1}}
    async with connect(bus.url, bus.credentials("alice")) as client:
        with pytest.raises(Refused) as caught:
            await client.ask(GetMe())
    assert caught.value.code == Code.NOT_AVAILABLE
    assert caught.value.details == {"x": 1}


async def test_a_query_without_a_worker_is_unavailable(bus: Bus) -> None:
    """Without a worker a query ends in time, and says that trying again may help."""
    async with connect(bus.url, bus.credentials("alice"), query_seconds=0.3) as client:
        with pytest.raises(Refused) as caught:
            await client.ask(GetMe())
    assert caught.value.code == Code.UNAVAILABLE
    assert caught.value.retryable is True


@pytest.mark.parametrize("size", [0, 1, PART_BYTES_MAX, PART_BYTES_MAX + 1, 2 * PART_BYTES_MAX])
async def test_a_report_arrives_whole(bus: Bus, peer: Peer, size: int) -> None:
    """The parts of a report make up the report, whatever its size."""
    peer.answers["reports.download"] = bytes(index % 251 for index in range(size))
    async with connect(bus.url, bus.credentials("alice")) as client:
        parts = [part async for part in client.download(DownloadReport(report_id=uuid7()))]
    assert b"".join(parts) == peer.answers["reports.download"]


async def test_events_are_followed_live(bus: Bus, peer: Peer) -> None:
    """Ops sees what happens, with who did it and because of which command."""
    async with connect(bus.url, bus.credentials("watcher", "ops")) as client:
        feed = client.overhear()
        first = asyncio.ensure_future(anext(feed))
        while not first.done():
            await _publish_event(peer)
            await asyncio.wait({first}, timeout=0.05)
        event = await first
        await feed.aclose()
    assert event.happened == "projects.deleted"
    assert event.actor == "alice"
    assert event.revision == 3
    assert event.command_id == COMMENT
    assert event.data == {"number": 4}


async def _publish_event(peer: Peer) -> None:
    headers = {
        "ce-id": str(COMMENT),
        "ce-type": "im.projects.deleted.v1",
        "ce-time": "2025-01-02T03:04:05Z",
        "ce-actor": "alice",
        "ce-subject": str(PROJECT),
        "ce-revision": "3",
        "ce-causationid": str(COMMENT),
    }
    await peer.worker.publish(f"im.main.evt.projects.{PROJECT}.deleted", b'{"number": 4}', headers=headers)


async def test_overhearing_needs_ops_credentials(bus: Bus) -> None:
    """A client that may not hear everything is refused at once."""
    async with connect(bus.url, bus.credentials("alice")) as client:
        with pytest.raises(Refused, match="permissions violation") as caught:
            await anext(client.overhear())
    assert caught.value.code is Code.NOT_AVAILABLE


async def test_nobody_there_is_said_at_once(bus: Bus) -> None:
    """Connecting where nobody listens fails at once, with the address."""
    with pytest.raises(UnreachableError, match="nothing listens there"):
        async with connect("nats://127.0.0.1:1", bus.credentials("alice")):
            pass


async def test_foreign_credentials_are_refused(bus: Bus, tmp_path: object) -> None:
    """Credentials of another site do not connect, and the reason is given (FED-05)."""
    foreign = bus.folder / "foreign.creds"
    foreign.write_text(type(bus.trust).create(bus.folder / "other", "main").mint("alice", "client"))
    with pytest.raises(CredentialsError, match="belong to another site"):
        async with connect(bus.url, foreign):
            pass


async def test_a_file_that_holds_no_credentials_is_named(tmp_path: object, bus: Bus) -> None:
    """A wrong or missing file is named before anything connects."""
    wrong = bus.folder / "wrong.creds"
    wrong.write_text("nothing")
    for path in (wrong, bus.folder / "missing.creds"):
        with pytest.raises(UnreachableError, match=path.name):
            async with connect(bus.url, path):
                pass


async def test_the_principal_is_the_one_of_the_credentials(bus: Bus) -> None:
    """The principal is read from the token and not given by the caller."""
    async with connect(bus.url, bus.credentials("a-1_b")) as client:
        assert isinstance(client, Client)
        assert client.principal == "a-1_b"


async def test_a_command_that_was_turned_away_is_sent_again(bus: Bus, peer: Peer) -> None:
    """A client that the site turns away for the moment waits as long as the refusal says and sends the same again."""
    peer.result, command_id = created(11), uuid7()
    peer.error = {**TURNED_AWAY, "details": {"retry_after_seconds": 0.3}}
    async with bus.forgetting(), connect(bus.url, bus.credentials("alice")) as client:
        sending = asyncio.create_task(client.send(CreateProject(project_id=PROJECT), command_id=command_id))
        await eventually(lambda: commands_have_arrived(peer, 1))
        peer.error = None
        event = await sending
    assert event.number == 11
    assert len(peer.commands) == 2
    assert {(command.headers or {})["Nats-Msg-Id"] for command in peer.commands} == {str(command_id)}


async def test_a_client_waits_no_longer_than_it_may(bus: Bus, peer: Peer) -> None:
    """A wait that is longer than the client's own limit is refused at once, with the time."""
    peer.error = {**TURNED_AWAY, "details": {"retry_after_seconds": 60}}
    async with connect(bus.url, bus.credentials("alice")) as client:
        with pytest.raises(Refused) as caught:
            await client.send(CreateProject(project_id=PROJECT))
    assert caught.value.code == Code.UNAVAILABLE
    assert caught.value.retry_after_seconds == 60


async def test_a_stray_message_is_no_outcome(bus: Bus, peer: Peer) -> None:
    """What is no outcome is ignored where outcomes are heard, such as a confirmation that somebody steered there."""
    peer.result = created(12)
    async with connect(bus.url, bus.credentials("alice")) as client:
        for stray in (b'{"stream":"COMMANDS","seq":1}', b'{"command_id":"7","status":"rejected"}', b"\xff"):
            await client._deliveries._receive(Msg(_client=Nats(), data=stray))
        event = await client.send(CreateProject(project_id=PROJECT))
    assert event.number == 12


async def commands_have_arrived(peer: Peer, number: int) -> bool:
    """Tell whether so many commands have arrived."""
    return len(peer.commands) == number


def test_every_message_of_a_caller_comes_with_the_library() -> None:
    """Anyone who writes a client imports what it sends and asks from one place."""
    messages = [*catalogue.commands().values(), *catalogue.queries().values()]
    public = {message.__name__ for message in messages if not getattr(message, "internal", False)}
    assert public <= set(incidents.__all__)
    assert all(hasattr(incidents, name) for name in incidents.__all__)


async def test_a_process_that_stops_is_no_answer(bus: Bus, peer: Peer) -> None:
    """Whoever waits for an outcome asks again when the process that it waits at has stopped."""
    peer.refusals["projects.outcome"] = TURNED_AWAY
    async with connect(bus.url, bus.credentials("alice")) as client:
        waiting = asyncio.create_task(client.outcome(COMMENT, wait_seconds=40))

        async def is_asked() -> bool:
            return bool(peer.queries)

        await eventually(is_asked)
        peer.outcomes[str(COMMENT)] = b'{"command_id": "%b", "status": "applied"}' % str(COMMENT).encode()
        del peer.refusals["projects.outcome"]
        assert (await waiting).status == "applied"
    first, *_, last = [json.loads(query.data)["wait_seconds"] for query in peer.queries]
    assert first == OUTCOME_WAIT_SECONDS_MAX >= last
