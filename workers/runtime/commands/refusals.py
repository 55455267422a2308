"""What a refused command is answered with, in the words that belong to it."""

from functools import lru_cache
from typing import Any

from contracts.errors import Code, Error, Refusal
from contracts.message import Command
from contracts.texts import Part, Phrase
from workers.runtime.admission.incoming import Addressed, IncomingCommand


def error_of(refusal: Refusal, one: Addressed) -> Error:
    """Say a refusal in the words that belong to the command (MSG-01 to MSG-07)."""
    return _error_of(refusal, one.kind, one.language)


def turned_away_outcome(one: IncomingCommand) -> bytes:
    """Make the outcome of a command that was turned away: nothing was looked at, and nothing is kept."""
    return b'{"command_id":"%b","status":"rejected","error":%b}' % (
        one.told.encode(),
        _later(one.kind, one.language, one.turned_away),
    )


@lru_cache(maxsize=4096)
def _later(kind: type[Command[Any]], language: str, seconds: int) -> bytes:
    fields = [{"field": "", "kind": "too_many_commands"}]
    refusal = Refusal(Code.UNAVAILABLE, fields=fields, retry_after_seconds=seconds)
    return _error_of(refusal, kind, language).model_dump_json().encode()


def _error_of(refusal: Refusal, kind: type[Command[Any]], language: str) -> Error:
    refusal.part = refusal.part or kind.part
    if refusal.text is None:
        refusal.text = sentence(refusal.code, kind)
    return refusal.as_error(language)


def sentence(code: Code, command: type[Command[Any]]) -> Phrase | None:
    """Choose the reference product's sentence for a command that could not be carried out."""
    if code is Code.UNAVAILABLE:
        return command.failure_phrase
    if code is not Code.GONE or command.part in {Part.PROJECT, Part.LETTER}:
        return None
    return Phrase.REPORT_NOT_GENERATED if command.part is Part.REPORT else Phrase.NOT_SAVED
