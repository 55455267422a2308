"""Redaction of passwords in commands: they are stored nowhere, in no form that allows guessing them."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

from contracts.message import Command
from workers.runtime.admission.inbox import PastDecision, fingerprint
from workers.runtime.admission.incoming_messages import IncomingCommand

LEFT_OUT: Final = "(left out)"
_SLOW_FINGERPRINTS_MAX: Final = 2
"""Slow fingerprints that one process computes at the same time: each takes 4 MB and some milliseconds."""

_OPEN_FINGERPRINT_BYTES: Final = 16
"""Bytes of a fingerprint without secrets; the length distinguishes it from the others in the inbox."""


class Fingerprints:
    """Computes fingerprints, which distinguish two commands with the same id."""

    def __init__(self) -> None:
        """Limit concurrent slow fingerprints."""
        self._turns = asyncio.Semaphore(_SLOW_FINGERPRINTS_MAX)

    async def fingerprint_all(self, batch: Iterable[IncomingCommand], known: Mapping[Any, PastDecision]) -> None:
        """Fingerprint every command of a batch whose senders have been authorised.

        A plain digest of a body with a password would let a reader of the inbox try billions of passwords, so each
        trial costs some milliseconds and 4 MB. Only authorised senders cause that cost: the fingerprint of a refused
        command omits the password.
        """
        for message in batch:
            earlier = known.get((message.work.principal, message.id))
            if not message.kind.secrets:
                message.fingerprint = b"" if message.turned_away and not earlier else _plain_fingerprint(message)
            elif message.turned_away:
                message.fingerprint = (
                    earlier.fingerprint if earlier else b""
                )  # not worth a comparison that costs milliseconds
            elif len(earlier.fingerprint) == _OPEN_FINGERPRINT_BYTES if earlier else message.refusal:
                message.fingerprint = open_fingerprint(message)
            elif message.command and not any(getattr(message.command, name) for name in message.kind.secrets):
                message.fingerprint = _plain_fingerprint(message)
            else:
                async with self._turns:
                    message.fingerprint = await asyncio.to_thread(slow_fingerprint, message)


def _plain_fingerprint(message: IncomingCommand) -> bytes:
    return fingerprint(_subject(message), message.raw.data)


def fingerprint_without_secrets(message: IncomingCommand) -> bytes:
    """Return the fingerprint of a command that failed before it had one."""
    return open_fingerprint(message) if message.kind.secrets else _plain_fingerprint(message)


def slow_fingerprint(message: IncomingCommand) -> bytes:
    """Return a slow digest of the whole command."""
    content = _subject(message).encode() + b"\n" + message.raw.data
    return hashlib.scrypt(content, salt=str(message.id).encode(), n=2**12, r=8, p=1, dklen=32)


def open_fingerprint(message: IncomingCommand) -> bytes:
    """Return a digest of a command without its secrets."""
    return fingerprint(_subject(message), without_secrets(message.raw.data, message.kind))[:_OPEN_FINGERPRINT_BYTES]


def _subject(message: IncomingCommand) -> str:
    return f"{message.work.worker}.{message.work.key}.{message.work.verb}"


def without_secrets(body: bytes, kind: type[Command[Any]]) -> bytes:
    """Return a body without its secrets; of an unreadable body return nothing.

    Unknown fields are left out, too, because a field with a mistyped name may hold a secret.
    """
    try:
        fields = from_json(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return LEFT_OUT.encode()
    public = kind.model_fields.keys() - kind.secrets
    return to_json({name: value if name in public else LEFT_OUT for name, value in fields.items()})


def kind_with_secrets(subject: str) -> type[Command[Any]] | None:
    """Return the class of a command that has secrets, by its subject; None for any other message."""
    parts = subject.split(".")
    command = Command.registry.get(f"{parts[3]}.{parts[-1]}")
    return command if command and command.secrets else None
