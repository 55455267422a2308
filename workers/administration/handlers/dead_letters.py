"""Replaying and discarding dead letters."""

from contracts import subjects
from contracts.dead_letters import (
    DiscardLetter,
    LetterDiscarded,
    LetterRemoved,
    LetterReplayed,
    RemoveLetter,
    ReplayLetter,
)
from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from workers.administration.dead_letter_lookup import event_fields, require_letter, require_letters
from workers.administration.worker import AdministrationUnit, worker
from workers.runtime.admission import inbox
from workers.runtime.admission.dead_letter_replay_envelope import wrap
from workers.runtime.admission.incoming_messages import COMMAND_ID
from workers.runtime.commands.dead_letter_reading import Letter
from workers.runtime.commands.letter_sealing import keys


@worker.handles(ReplayLetter)
async def replay_letter(command: ReplayLetter, unit: AdministrationUnit) -> LetterReplayed:
    """Redeliver a letter to its worker, and remove it from the stream."""
    letter = await require_letter(unit.letters, unit.connection, command.letter)
    if letter.hindrance:
        raise Refusal(Code.INVALID, fields=[{"field": "letter", "kind": letter.hindrance}])
    if letter.work:
        await _require_dead_lettered(letter, unit)
        headers = {COMMAND_ID: str(uuid7())}
        target = subjects.redelivery(unit.site, letter.work.worker, letter.work.key)
        unit.forward(target, headers, wrap(letter.subject, letter.headers, letter.body))
    else:
        # The server drops a duplicate of the event's own id for two minutes; readers go by `ce-id`.
        headers = {**letter.headers, COMMAND_ID: str(uuid7())}
        unit.forward(letter.subject, headers, letter.body.decode())
    await _remove(letter, unit)
    return LetterReplayed(**event_fields(letter))


@worker.handles(DiscardLetter)
async def discard_letter(command: DiscardLetter, unit: AdministrationUnit) -> LetterDiscarded:
    """Remove a letter from the stream."""
    letter = await require_letter(unit.letters, unit.connection, command.letter)
    await _remove(letter, unit)
    return LetterDiscarded(**event_fields(letter))


@worker.handles(RemoveLetter)
async def remove_letter(command: RemoveLetter, unit: AdministrationUnit) -> LetterRemoved:
    """Remove a letter from the stream after its reason was recorded; a missing letter is fine."""
    await require_letters(unit.letters).remove(command.letter, command.mark)
    unit.leave_unchanged()
    return LetterRemoved(letter=command.letter)


async def _require_dead_lettered(letter: Letter, unit: AdministrationUnit) -> None:
    """Refuse a letter that no worker wrote: only workers write to the inbox, which knows every dead letter."""
    principal = letter.work.principal if letter.work else ""
    known = letter.command_id and await inbox.is_decided(
        unit.connection, principal, letter.command_id, letter.fingerprint
    )
    if not known:
        raise Refusal(Code.INVALID, fields=[{"field": "letter", "kind": "letter_not_put_aside"}])


async def _remove(letter: Letter, unit: AdministrationUnit) -> None:
    """Erase the letter's key now, and remove it from the stream as soon as this is committed."""
    if letter.key_id:
        await keys.erase(unit.connection, letter.key_id)
    unit.send(RemoveLetter(letter=letter.number, mark=letter.message_id), uuid7())
