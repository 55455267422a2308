"""What must be kept nowhere: passwords that travel in commands, in any form from which they could be guessed."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

from contracts.message import Command
from workers.runtime.admission.inbox import Decided, fingerprint
from workers.runtime.admission.incoming import IncomingCommand

LEFT_OUT: Final = "(left out)"
_AT_ONCE: Final = 2
"""Costly marks that one process makes at the same time: four megabytes and some milliseconds each."""

_OPEN_BYTES: Final = 16
"""Bytes of a mark that knows no secret: shorter than the others, so that the inbox says itself which one it keeps."""


class Fingerprints:
    """Makes the marks that tell two commands with one id apart."""

    def __init__(self) -> None:
        """Bound what is made at once."""
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def fingerprint_all(self, batch: Iterable[IncomingCommand], known: Mapping[Any, Decided]) -> None:
        """Mark every command of a batch whose senders have been judged.

        A plain digest of a body with a password would let a reader of the inbox try out passwords by the billion, so
        each trial costs some milliseconds and four megabytes. Only who may send such a command makes us pay for that:
        of a refused one the mark leaves the password out.
        """
        for one in batch:
            before = known.get((one.work.principal, one.id))
            if not one.kind.secrets:
                one.fingerprint = b"" if one.turned_away and not before else _plain_fingerprint(one)
            elif one.turned_away:
                one.fingerprint = (
                    before.fingerprint if before else b""
                )  # not worth a comparison that costs milliseconds
            elif len(before.fingerprint) == _OPEN_BYTES if before else one.refusal:
                one.fingerprint = open_fingerprint(one)
            elif one.command and not any(getattr(one.command, name) for name in one.kind.secrets):
                one.fingerprint = _plain_fingerprint(one)
            else:
                async with self._turns:
                    one.fingerprint = await asyncio.to_thread(slow_fingerprint, one)


def _plain_fingerprint(one: IncomingCommand) -> bytes:
    return fingerprint(_subject(one), one.raw.data)


def fingerprint_without_secrets(one: IncomingCommand) -> bytes:
    """Return the mark of a command that failed before it had one."""
    return open_fingerprint(one) if one.kind.secrets else _plain_fingerprint(one)


def slow_fingerprint(one: IncomingCommand) -> bytes:
    """Digest all of a command, slowly."""
    content = _subject(one).encode() + b"\n" + one.raw.data
    return hashlib.scrypt(content, salt=str(one.id).encode(), n=2**12, r=8, p=1, dklen=32)


def open_fingerprint(one: IncomingCommand) -> bytes:
    """Digest what is not secret in a command."""
    return fingerprint(_subject(one), without_secrets(one.raw.data, one.kind))[:_OPEN_BYTES]


def _subject(one: IncomingCommand) -> str:
    return f"{one.work.worker}.{one.work.key}.{one.work.verb}"


def without_secrets(body: bytes, kind: type[Command[Any]]) -> bytes:
    """Return a body without its secrets, and nothing of one that cannot be read.

    A field that the command does not have is left out, too: a secret whose name was mistyped is one all the same.
    """
    try:
        told = from_json(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return LEFT_OUT.encode()
    shown = kind.model_fields.keys() - kind.secrets
    return to_json({name: value if name in shown else LEFT_OUT for name, value in told.items()})


def with_secrets(subject: str) -> type[Command[Any]] | None:
    """Return the kind of a message whose body may have secrets, by its subject; None for any other."""
    parts = subject.split(".")
    known = Command.registry.get(f"{parts[3]}.{parts[-1]}")
    return known if known and known.secrets else None
