"""Dead letters as the commands and queries of administration read them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal
from workers.administration import domain
from workers.runtime.commands.dead_letter_reading import DeadLetterStream, Letter
from workers.runtime.commands.letter_sealing.opening import open_letters


def require_letters(letters: DeadLetterStream | None) -> DeadLetterStream:
    """Return the stream of dead letters, or refuse while no process can read it."""
    if letters is None:
        raise Refusal(Code.UNAVAILABLE)
    return letters


async def require_letter(letters: DeadLetterStream | None, connection: AsyncConnection, number: int) -> Letter:
    """Return the letter with a number, or refuse: it was replayed, discarded or never written."""
    letter = await require_letters(letters).get(number)
    for opened in await open_letters(connection, [letter] if letter else []):
        return opened
    raise Refusal(Code.GONE, status=404, known=False, fields=[{"field": "letter", "kind": "not_here"}])


def event_fields(letter: Letter) -> dict[str, Any]:
    """Return the fields that every event about a letter has."""
    return {
        "letter": letter.number,
        "principal": domain.sender_of(letter.principal),
        "what": letter.what,
        "command_id": letter.command_id,
    }


def erasure_fields(letter: Letter) -> dict[str, Any]:
    """Return why and since when the content of a letter is gone; nothing while it can be read."""
    gone = letter.unreadable
    return {"erasure": gone.cause, "erased_at": gone.since} if gone and gone.cause != "altered" else {}
