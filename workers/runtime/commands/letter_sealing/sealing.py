"""Sealing a dead letter: what operations needs stays readable, and what people wrote is encrypted."""

import base64
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast, get_args
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Command, Event
from contracts.projects.queries import RedactedField
from contracts.subjects import REDELIVER, is_valid_principal, read_event_type
from workers.common.trace_context import HEADER, trace_of
from workers.runtime.admission.incoming_messages import CANONICAL, COMMAND_ID
from workers.runtime.bus.outbox import PostedRow
from workers.runtime.commands.dead_letter_reading import body_of
from workers.runtime.commands.letter_sealing import keys
from workers.runtime.commands.letter_sealing.keys import NewKey

KEY_ID: Final = "key_id"
SEALED: Final = "sealed_base64"
_KEY_BITS: Final = 256
NONCE_BYTES: Final = 12
_AREA_TOKENS: Final = 4
_PRINCIPAL_PLACE: Final = -3
_ID: Final = re.compile(rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", flags=re.IGNORECASE)
_FIELD: Final = re.compile(rb'"(%b)"' % b"|".join(name.encode() for name in get_args(RedactedField)))
_TIME: Final = re.compile(r"[0-9:.TZ+-]{1,40}", flags=re.ASCII)


def _is_id(value: str) -> bool:
    return CANONICAL.fullmatch(value) is not None


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal()


_PLAIN_HEADERS: Final[Mapping[str, Callable[[str], object]]] = {
    COMMAND_ID: _is_id,
    HEADER: trace_of,
    "ce-specversion": lambda value: value == "1.0",
    "ce-id": _is_id,
    "ce-type": lambda value: read_event_type(value) in Event.registry,
    "ce-time": _TIME.fullmatch,
    "ce-actor": is_valid_principal,
    "ce-subject": _is_id,
    "ce-revision": _is_number,
    "ce-causationid": _is_id,
    "ce-lane": _is_number,
    "ce-sequence": _is_number,
}
"""Headers of the product, and what a value must be so that nobody's words are in it."""


async def seal_letters(connection: AsyncConnection, rows: Iterable[PostedRow]) -> list[PostedRow]:
    """Return rows with their dead letters sealed, and write the keys in this transaction."""
    sealed, written = list[PostedRow](), list[NewKey]()
    for row in rows:
        if is_letter(row["subject"]):
            letter, key = seal(row)
            sealed.append(letter)
            written.append(key)
        else:
            sealed.append(row)
    await keys.write(connection, written)
    return sealed


def is_letter(subject: str) -> bool:
    """Return whether a message is published to the stream of dead letters."""
    return subject.split(".", 3)[2] == "dead"


def seal(row: PostedRow) -> tuple[PostedRow, NewKey]:
    """Return a letter that can be read with its key alone, and the key."""
    content: dict[str, Any] = from_json(row["body"])
    key_id, key, nonce = uuid4(), AESGCM.generate_key(_KEY_BITS), os.urandom(NONCE_BYTES)
    body = body_of(content)
    clear = {
        "subject": _plain_subject(content["subject"]),
        "headers": dict(_plain_header(*header) for header in content["headers"].items()),
        "reason": _plain_reason(content["subject"], content["reason"]),
        "body_bytes": len(body),
        KEY_ID: str(key_id),
    }
    context = bound_to(row["subject"], row["headers"][COMMAND_ID], clear)
    sealed = nonce + AESGCM(key).encrypt(nonce, row["body"].encode(), context)
    words = b"\n".join((content["subject"].encode(), to_json(content["headers"]), body))
    new_key: NewKey = {
        KEY_ID: key_id,
        "key": f"\\x{key.hex()}",
        "named": sorted({UUID(name.decode()) for name in _ID.findall(words)}),
        "fields": sorted({name.decode() for name in _FIELD.findall(words)}),
    }
    letter = to_json({**clear, SEALED: base64.b64encode(sealed).decode()}).decode()
    return cast("PostedRow", {**row, "body": letter}), new_key


def bound_to(subject: str, message_id: str, clear: Mapping[str, Any]) -> bytes:
    """Return what a sealed content belongs to: beside another address or other headers it cannot be opened."""
    return to_json([subject, message_id, clear])


def _plain_subject(subject: str) -> str:
    """Return the subject of a message with `?` and its length in place of each token that can have words."""
    tokens = subject.split(".")
    return ".".join(
        token if place < _AREA_TOKENS or _is_plain(tokens, place) else f"?{len(token)}"
        for place, token in enumerate(tokens)
    )


def _is_plain(tokens: Sequence[str], place: int) -> bool:
    part = tokens[place]
    if place == len(tokens) - 1:
        return f"{tokens[3]}.{part}" in {*Command.registry, *Event.registry} or part == REDELIVER
    if tokens[2] == "work" and place == len(tokens) + _PRINCIPAL_PLACE:
        return is_valid_principal(part)
    return part == "-" or _is_number(part) or _is_id(part)


def _plain_header(name: str, value: str) -> tuple[str, str]:
    test = _PLAIN_HEADERS.get(name)
    if test is None:
        return f"?{len(name)}", f"?{len(value)}"
    return name, value if test(value) else f"?{len(value)}"


def _plain_reason(subject: str, reason: str) -> str:
    """Return a reason without the name of an unknown command, which its sender chose."""
    verb, plain_verb = (each.rpartition(".")[2] for each in (subject, _plain_subject(subject)))
    return reason if verb == plain_verb else reason.replace(f" {verb}.", f" {plain_verb}.")
