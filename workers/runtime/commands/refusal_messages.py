"""Answers to refused commands, in the words of each command, and the audit event of an attempt."""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Final

from pydantic_core import from_json, to_json

from contracts.audit import AttemptRefused
from contracts.errors import Code, Error, Refusal
from contracts.message import Command
from contracts.texts import Part, Phrase
from workers.runtime.admission.incoming_messages import COMMAND_ID, Addressed, IncomingCommand

_INVALID: Final = b'"code":"%b"' % Code.INVALID.value.encode()
_OWN_NAMES: Final = (COMMAND_ID, "subject", "")


def error_of(refusal: Refusal, message: Addressed) -> Error:
    """Return a refusal as an error in the words of its command (MSG-01 to MSG-07)."""
    return refused_error(refusal, message.kind, message.language)


def turned_away_outcome(message: IncomingCommand) -> bytes:
    """Return the outcome of a command that was turned away unread; it is stored nowhere."""
    return b'{"command_id":"%b","status":"rejected","error":%b}' % (
        message.sent_id.encode(),
        _later(message.kind, message.language, message.turned_away),
    )


@lru_cache(maxsize=4096)
def _later(kind: type[Command[Any]], language: str, seconds: int) -> bytes:
    fields = [{"field": "", "kind": "too_many_commands"}]
    refusal = Refusal(Code.UNAVAILABLE, fields=fields, retry_after_seconds=seconds)
    return refused_error(refusal, kind, language).model_dump_json().encode()


def refused_error(refusal: Refusal, kind: type[Command[Any]], language: str) -> Error:
    """Return a refusal of a kind of command as an error."""
    refusal.part = refusal.part or kind.part
    if refusal.text is None:
        refusal.text = sentence(refusal.code, kind)
    return refusal.as_error(language)


def sentence(code: Code, command: type[Command[Any]]) -> Phrase | None:
    """Return the reference product's sentence for a failed command."""
    if code is Code.UNAVAILABLE:
        return command.failure_phrase
    if code is not Code.GONE or command.part in {Part.PROJECT, Part.LETTER}:
        return None
    return Phrase.REPORT_NOT_GENERATED if command.part is Part.REPORT else Phrase.NOT_SAVED


def attempt_event(message: IncomingCommand, refusal: Refusal) -> AttemptRefused:
    """Return the audit event of a forbidden attempt."""
    attempted = f"{message.work.worker}.{message.work.verb}"
    project_id = getattr(message.command, "project_id", None)
    return AttemptRefused(attempted=attempted, code=refusal.code, project_id=project_id)


def without_unknown_names(outcome: bytes) -> bytes:
    """Return an outcome as it is stored: with `?` and its length in place of each unknown name of a field.

    Somebody wrote that name, and the inbox outlives the project. Only the answer to its sender has it.
    """
    if _INVALID not in outcome:
        return outcome
    document = from_json(outcome)
    for field in _refused_fields(document):
        field["field"] = ".".join(map(_stored_name, field["field"].split(".")))
    return to_json(document)


def _refused_fields(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the fields that an outcome refuses: of the command, or of each refused element of an applied one."""
    if isinstance(value, dict):
        fields = value.get("fields")
        yield from (each for each in fields if "field" in each) if isinstance(fields, list) else ()
        for inner in value.values():
            yield from _refused_fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _refused_fields(inner)


def _stored_name(name: str) -> str:
    return name if name in _known_names() or name.isdigit() else f"?{len(name)}"


@cache
def _known_names() -> frozenset[str]:
    schemas = [kind.model_json_schema() for kind in Command.registry.values()]
    return frozenset(name for schema in schemas for name in _names(schema)) | frozenset(_OWN_NAMES)


def _names(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        properties = schema.get("properties", {})
        yield from properties if isinstance(properties, Mapping) else ()
        for inner in schema.values():
            yield from _names(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _names(inner)
