"""Frames as a client may write them who has credentials and no good intentions; each is drawn from its own seed."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

ME = "mallory"
DIGITS = ("\u0660" * 32).encode()
"""Digits of another script, which Python reads as a number: as an id they may be taken for a UUID of zeros."""

_WORKERS = ("projects", "projects", "projects", "administration", "reports", "retention")
_VERBS = ("create", "update", "add-comment", "delete", "add-type", "generate", "hold", "import", "x", "expire")
_QUERIES = ("list", "get", "outcome", "me", "watch", "history", "log", "preview", "x")
_STATUSES = (b"100", b"200", b"400", b"404", b"408", b"409", b"503", b"\xff\xff\xff", b"1", b"99999", b"0x1F", b"-1")
_SENTENCES = (b"", b" No Messages", b" Request Timeout", b" \xff\xfe", b" Idle Heartbeat", b" FlowControl Request")
_ODD = (
    (b"Status", b"503"),
    (b"Status", b"404"),
    (b"Status", b"100"),
    (b"Status", b"x"),
    (b"Description", b"No Messages"),
    (b"Nats-Pending-Messages", b"1"),
    (b"Nats-Last-Consumer", b"9"),
    (b"Accept-Language", b"\xff, fr;q=9"),
    (b"Accept-Language", b"fr;q=abc,en;q="),
    (b"traceparent", b"00-" + b"z" * 32),
    (b"reply_to", b"$JS.API.STREAM.DELETE.COMMANDS"),
    (b"Nats-Expected-Stream", b"COMMANDS"),
    (b"content-type", b"application/json"),
    (b"correlation_id", b"\x00"),
    (b"", b"nameless"),
    (b"No value", b""),
    (b"8-bit \xe9\xff", b"\x80\x81"),
    (b"NUL\x00", b"\x00\x00"),
    (b" leading", b"space "),
)
_BODIES = (
    b"",
    b"{}",
    b"null",
    b"[]",
    b'"',
    b"{",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"\x00" * 10,
    b"[" * 3_000,
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    b'{"project_id": "\\ud83d"}',
    b'{"description": "\\udfff\\ud800"}',
    b'{"description": "\\u0000"}',
    b'{"project_id": 1' + b"0" * 5_000 + b"}",
    b'{"project_id": 1e999999}',
    b'{"project_id": NaN}',
    b'{"project_id": -Infinity}',
    b'{"project_id": 1, "project_id": 2}',
    b'{"project_id": "' + b"a" * 70_000 + b'"}',
    b'{"__proto__": {}, "": {}, "\\u0000": 1}',
    b'{"limit": 99999999999999999999}',
    b'{"filter": {"search": "\\ud800"}}',
    b'{"since": "0-0", "feed": "x"}',
    b"true false",
    b"{'single': 1}",
    b'{"description": "caf\xe9"}',
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is written to the socket; `number` is the last token of its own reply subject, where it has one."""

    number: int
    data: bytes
    is_command: bool
    is_valid: bool = False


def make_frame(seed: int, number: int) -> Frame:
    """Draw one frame: the same for the same seed and number, whatever was drawn before."""
    rng = random.Random(f"{seed} {number}")
    if rng.random() < 0.1:
        return _valid(rng, number)
    is_command = rng.random() < 0.8
    subject = _command(rng) if is_command else _query(rng)
    reply = _reply(rng, number) if is_command or rng.random() < 0.2 else _own(number)
    body = _body(rng)
    if rng.random() < 0.1:
        head = b" ".join((b"PUB", subject, *reply, b"%d" % len(body)))
        return Frame(number, head + b"\r\n" + body + b"\r\n", is_command)
    header = _header(rng)
    head = b" ".join((b"HPUB", subject, *reply, b"%d %d" % (len(header), len(header) + len(body))))
    return Frame(number, head + b"\r\n" + header + body + b"\r\n", is_command)


def _uuid(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)


def _valid(rng: random.Random, number: int) -> Frame:
    project_id = str(_uuid(rng))
    body = json.dumps({"project_id": project_id, "description": "Found among many others."}).encode()
    header = b"NATS/1.0\r\nNats-Msg-Id: %b\r\n\r\n" % str(_uuid(rng)).encode()
    subject = f"im.main.cmd.{ME}.projects.{project_id}.create".encode()
    head = b" ".join((b"HPUB", subject, *_own(number), b"%d %d" % (len(header), len(header) + len(body))))
    return Frame(number, head + b"\r\n" + header + body + b"\r\n", is_command=True, is_valid=True)


def _own(number: int) -> tuple[bytes]:
    return (b"_INBOX_%b.f.%d" % (ME.encode(), number),)


def _reply(rng: random.Random, number: int) -> tuple[bytes, ...]:
    """Mostly an inbox of our own, where the PubAck tells that the frame was kept; at times somebody else's subject."""
    others = (
        b"_INBOX_olivia.x",
        b"_INBOX_projects.x",
        b"$JS.API.STREAM.PURGE.COMMANDS",
        b"$JS.API.CONSUMER.DELETE.COMMANDS.projects-0",
        b"$JS.ACK.COMMANDS.projects-0.1.1.1.1.1",
        b"im.main.out.olivia.%b" % str(_uuid(rng)).encode(),
        b"im.main.dead.projects",
        b"im.main.cmd.olivia.projects.x.create",
        b"\xff\xfe.\x01",
    )
    return rng.choice([_own(number)] * 3 + [()]) if rng.random() < 0.85 else (rng.choice(others),)


def _token(rng: random.Random) -> bytes:
    tokens: tuple[Callable[[], bytes], ...] = (
        lambda: str(_uuid(rng)).encode(),
        lambda: str(_uuid(rng)).upper().encode(),
        lambda: b"-",
        lambda: b"x" * rng.choice((1, 40, 300)),
        lambda: bytes(rng.choice(range(0x80, 0x100)) for _ in range(rng.randint(1, 8))),
        "ünïcødé-٣".encode,
        lambda: bytes([rng.choice((1, 7, 0x1B, 0x7F))]) + b"ctl",
        lambda: b"%s{{wildcard(1)}}$1",
        lambda: b"'; DROP TABLE x; --",
    )
    return rng.choice(tokens)().replace(b" ", b"_")


def _command(rng: random.Random) -> bytes:
    worker = rng.choice(_WORKERS).encode()
    verb = rng.choice(_VERBS).encode() if rng.random() < 0.8 else _token(rng)
    key = str(_uuid(rng)).encode() if rng.random() < 0.5 else _token(rng)
    return b".".join((b"im.main.cmd", ME.encode(), worker, key, verb))


def _query(rng: random.Random) -> bytes:
    worker = rng.choice((*_WORKERS, "audit")).encode()
    verb = rng.choice(_QUERIES).encode() if rng.random() < 0.85 else _token(rng)
    return b".".join((b"im.main.qry", ME.encode(), worker, verb))


def _header(rng: random.Random) -> bytes:
    headers: tuple[Callable[[], bytes], ...] = (
        lambda: b"X\r\n\r\n",
        lambda: b"\r\n\r\n",
        lambda: b"\r\n",
        lambda: b"NATS/1.0\r\n\r\n",
        lambda: b"NATS/1.0",
        lambda: b"NATS/9.9\r\nNats-Msg-Id: " + str(_uuid(rng)).encode() + b"\r\n\r\n",
        lambda: b"NATS/1.0 " + rng.choice(_STATUSES) + rng.choice(_SENTENCES) + b"\r\n\r\n",
        lambda: b"NATS/1.0 " + rng.choice(_STATUSES) + b"\r\n" + _id(rng) + b"\r\n",
        lambda: b"NATS/1.0\r\n" + b"".join(b"H%d: v\r\n" % number for number in range(2_000)) + b"\r\n",
        lambda: b"NATS/1.0\r\n" + _id(rng) * 3 + b"\r\n",
        lambda: b"NATS/1.0\r\nno colon at all\r\n" + _id(rng) + b"\r\n",
        lambda: b"NATS/1.0\r\n:\r\n: :\r\n" + _id(rng) + b"\r\n",
        lambda: b"NATS/1.0\nNats-Msg-Id: x\n\n",
        lambda: b"NATS/1.0\r\n" + _id(rng).replace(b"\r\n", b"\r") + b"\r\n\r\n",
        lambda: bytes(rng.randrange(256) for _ in range(rng.randint(1, 60))),
        lambda: b"NATS/1.0\r\n" + bytes(rng.randrange(256) for _ in range(rng.randint(1, 60))) + b"\r\n\r\n",
    )
    return rng.choice(headers)() if rng.random() < 0.6 else _block(rng)


def _block(rng: random.Random) -> bytes:
    """Make a block that is in order but for what it says."""
    lines = [b"%b: %b\r\n" % rng.choice(_ODD) for _ in range(rng.randint(0, 4))]
    if rng.random() < 0.8:
        lines.append(_id(rng))
    rng.shuffle(lines)
    return b"NATS/1.0\r\n" + b"".join(lines) + b"\r\n"


def _id(rng: random.Random) -> bytes:
    name = rng.choice((b"Nats-Msg-Id", b"Nats-Msg-Id", b"Nats-Msg-Id", b"nats-msg-id", b"Nats-Msg-Id "))
    known_id = str(_uuid(rng))
    forms = (
        known_id,
        known_id,
        known_id,
        known_id.upper(),
        f"{{{known_id}}}",
        f"urn:uuid:{known_id}",
        known_id.replace("-", ""),
        "x",
        "",
        " ",
        "\u0660" * 32,
    )
    return name + b": " + rng.choice(forms).encode() + b"\r\n"


def _body(rng: random.Random) -> bytes:
    if rng.random() < 0.3:
        return bytes(rng.randrange(256) for _ in range(rng.randint(0, 200)))
    return rng.choice(_BODIES)
