"""Many messages at once: they arrive as the client library would have sent them, and none becomes another."""

import pytest
from nats.aio.client import Client as Nats
from nats.errors import BadSubjectError, ConnectionClosedError, MaxPayloadError

from tests.support import Site
from workers.runtime.bus.frame_writing import BadHeadersError, frame, publish_frames

SUBJECT = "im.main.out.admin.x"


@pytest.fixture
async def nats(site: Site) -> Nats:
    """A connection that may publish and hear everything."""
    return await site.overseer()


async def test_messages_arrive_in_their_order(nats: Nats) -> None:
    """Bodies and headers arrive unchanged and in order, with and without headers, empty and not."""
    subscription = await nats.subscribe("im.main.out.>")
    headers = {"ce-id": "1", "ce-actor": "zoë"}
    sent = [(b"", None), (b'{"a": 1}\r\n', headers), ("é".encode(), None), (b"", headers)]
    await publish_frames(nats, [frame(SUBJECT, body, headers) for body, headers in sent])
    messages = [await subscription.next_msg() for _ in sent]
    assert [(message.subject, message.data, message.headers) for message in messages] == [
        (SUBJECT, body, headers) for body, headers in sent
    ]


@pytest.mark.parametrize("subject", ["a b", "a\r\nPUB b 0\r\n", "a\x0bb", "a\tb"])
def test_a_subject_ends_where_it_ends(subject: str) -> None:
    """A space or a control character in a subject is refused, because the frame would have another one."""
    with pytest.raises(BadSubjectError):
        frame(subject, b"")


@pytest.mark.parametrize("headers", [{"a": "b\r\nc: d"}, {"a": "b\n"}, {"a": "\r"}, {"a\r\nb": "c"}, {"a:b": "c"}])
def test_a_header_is_one_line(headers: dict[str, str]) -> None:
    """A line break in a header, or a colon in its name, is refused, because the message would have other headers."""
    with pytest.raises(BadHeadersError):
        frame("a", b"", headers)


async def test_what_does_not_fit_is_refused_whole(nats: Nats) -> None:
    """A message that the server would not take ends nobody's connection, and none of its company leaves."""
    subscription = await nats.subscribe("im.main.out.>")
    with pytest.raises(MaxPayloadError):
        await publish_frames(nats, [frame(SUBJECT, b"1"), frame(SUBJECT, b"x" * (nats.max_payload + 1))])
    await publish_frames(nats, [frame(SUBJECT, b"2")])
    assert (await subscription.next_msg()).data == b"2"


async def test_a_closed_connection_is_told(site: Site) -> None:
    """Nothing is lost without a word: a connection that is closed for good takes nothing more."""
    nats = await site.overseer()
    await nats.close()
    with pytest.raises(ConnectionClosedError):
        await publish_frames(nats, [frame(SUBJECT, b"")])
