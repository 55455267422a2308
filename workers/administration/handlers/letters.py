"""What is decided about a dead letter: it is handed to its worker once more, or discarded."""

from typing import Any

from contracts import subjects
from contracts.dead_letters import (
    DiscardLetter,
    LetterCommand,
    LetterDiscarded,
    LetterRemoved,
    LetterReplayed,
    RemoveLetter,
    ReplayLetter,
)
from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from workers.administration import domain
from workers.administration.worker import AdministrationUnit, worker
from workers.runtime.admission import inbox
from workers.runtime.admission.incoming import COMMAND_ID
from workers.runtime.admission.replay import wrap
from workers.runtime.commands.dead_letters import Letter, Letters


@worker.handles(ReplayLetter)
async def replay_letter(command: ReplayLetter, unit: AdministrationUnit) -> LetterReplayed:
    """Let a letter go back to its worker as what it is, and take it out of the stream."""
    letter = await _there(command, unit)
    if letter.hindrance:
        raise Refusal(Code.INVALID, fields=[{"field": "letter", "kind": letter.hindrance}])
    if letter.work:
        await _put_aside(letter, unit)
        headers = {COMMAND_ID: str(uuid7())}
        target = subjects.redelivery(unit.site, letter.work.worker, letter.work.key)
        unit.forward(target, headers, wrap(letter.subject, letter.headers, letter.body))
    else:
        # The server knows the event's own id for two minutes and would deliver it to nobody; readers go by `ce-id`.
        headers = {**letter.headers, COMMAND_ID: str(uuid7())}
        unit.forward(letter.subject, headers, letter.body.decode())
    _remove(letter, unit)
    return LetterReplayed(**_about(letter))


@worker.handles(DiscardLetter)
async def discard_letter(command: DiscardLetter, unit: AdministrationUnit) -> LetterDiscarded:
    """Take a letter out of the stream."""
    letter = await _there(command, unit)
    _remove(letter, unit)
    return LetterDiscarded(**_about(letter))


@worker.handles(RemoveLetter)
async def remove_letter(command: RemoveLetter, unit: AdministrationUnit) -> LetterRemoved:
    """Take a letter out of the stream, now that it is recorded why; one that is gone is gone."""
    await _letters(unit).remove(command.letter, command.mark)
    unit.leave_unchanged()
    return LetterRemoved(letter=command.letter)


async def _there(command: LetterCommand[object], unit: AdministrationUnit) -> Letter:
    letter = await _letters(unit).get(command.letter)
    if letter is None:
        raise Refusal(Code.GONE, status=404, known=False, fields=[{"field": "letter", "kind": "not_here"}])
    return letter


async def _put_aside(letter: Letter, unit: AdministrationUnit) -> None:
    """Refuse a letter that no worker wrote: the inbox knows what was put aside, and nobody else writes there."""
    principal = letter.work.principal if letter.work else ""
    known = letter.command_id and await inbox.is_decided(
        unit.connection, principal, letter.command_id, letter.fingerprint
    )
    if not known:
        raise Refusal(Code.INVALID, fields=[{"field": "letter", "kind": "letter_not_put_aside"}])


def _letters(unit: AdministrationUnit) -> Letters:
    if unit.letters is None:
        raise Refusal(Code.UNAVAILABLE)
    return unit.letters


def _remove(letter: Letter, unit: AdministrationUnit) -> None:
    unit.send(RemoveLetter(letter=letter.number, mark=letter.message_id), uuid7())


def _about(letter: Letter) -> dict[str, Any]:
    return {
        "letter": letter.number,
        "principal": domain.whose(letter.principal),
        "what": letter.what,
        "command_id": letter.command_id,
    }
