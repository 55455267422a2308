"""Opening sealed dead letters, for as long as their keys live."""

import base64
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.commands.dead_letter_reading import Letter, Unreadable
from workers.runtime.commands.letter_sealing import keys
from workers.runtime.commands.letter_sealing.keys import REMOVED, KeyState
from workers.runtime.commands.letter_sealing.sealing import KEY_ID, NONCE_BYTES, SEALED, bound_to

_UNKNOWN_KEY: Final = Unreadable("key-missing")
_ALTERED: Final = Unreadable("altered")


async def open_letters(connection: AsyncConnection, letters: Sequence[Letter]) -> list[Letter]:
    """Return letters with their contents, or with the reason why these cannot be read any more.

    Those that were replayed or discarded are left out: they are about to be removed from the stream.
    """
    ids = {letter.number: key_id for letter in letters if (key_id := _key_id(letter))}
    states = await keys.read(connection, ids.values())
    opened = [_open(letter, states.get(ids[letter.number])) if letter.number in ids else letter for letter in letters]
    return [letter for letter in opened if letter is not None]


def key_id_of(letter: Letter) -> UUID | None:
    """Return the id of the key of a letter; None for one that an earlier version wrote, or nobody."""
    return letter.key_id or _key_id(letter)


def _key_id(letter: Letter) -> UUID | None:
    try:
        return UUID(letter.content[KEY_ID])
    except (KeyError, ValueError, AttributeError, TypeError):
        return None


def _open(letter: Letter, state: KeyState | None) -> Letter | None:
    letter = letter._replace(key_id=_key_id(letter))
    if state is None:
        return letter._replace(unreadable=_UNKNOWN_KEY)
    if state["cause"] == REMOVED:
        return None
    if state["key"] is None:
        return letter._replace(unreadable=Unreadable(state["cause"] or "key-missing", state["erased_at"]))
    content = _decrypted(letter, bytes(state["key"]))
    return letter._replace(unreadable=_ALTERED) if content is None else letter._replace(content=content)


def _decrypted(letter: Letter, key: bytes) -> dict[str, Any] | None:
    clear = {name: value for name, value in letter.content.items() if name != SEALED}
    context = bound_to(letter.stored_subject, letter.message_id or "", clear)
    try:
        sealed = base64.b64decode(str(letter.content.get(SEALED, "")), validate=True)
        plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
        return {**from_json(plain), "body_bytes": clear.get("body_bytes")}
    except (InvalidTag, ValueError):
        return None
