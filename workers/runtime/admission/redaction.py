"""What must be kept nowhere: passwords that travel in commands, in any form from which they could be guessed."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

from contracts.message import Command
from workers.runtime.admission.inbox import Decided, fingerprint
from workers.runtime.admission.incoming import Accepted

LEFT_OUT: Final = "(left out)"
_AT_ONCE: Final = 2
"""Costly marks that one process makes at the same time: four megabytes and some milliseconds each."""

_OPEN_MARK_BYTES: Final = 16
"""Bytes of a mark that knows no secret: shorter than the others, so that the inbox says itself which one it keeps."""


class Marker:
    """Makes the marks that tell two commands with one id apart."""

    def __init__(self) -> None:
        """Bound what is made at once."""
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def mark(self, batch: Iterable[Accepted], known: Mapping[Any, Decided]) -> None:
        """Mark every command of a batch whose senders have been judged.

        A plain digest of a body with a password would let a reader of the inbox try out passwords by the billion, so
        each trial costs some milliseconds and four megabytes. Only who may send such a command makes us pay for that:
        of a refused one the mark leaves the password out.
        """
        for one in batch:
            before = known.get((one.work.principal, one.id))
            if not one.kind.secrets:
                one.mark = b"" if one.turned_away and not before else _plain_mark(one)
            elif one.turned_away:
                one.mark = before.fingerprint if before else b""  # not worth a comparison that costs milliseconds
            elif len(before.fingerprint) == _OPEN_MARK_BYTES if before else one.refusal:
                one.mark = open_mark(one)
            elif one.command and not any(getattr(one.command, name) for name in one.kind.secrets):
                one.mark = _plain_mark(one)
            else:
                async with self._turns:
                    one.mark = await asyncio.to_thread(closed_mark, one)


def _plain_mark(one: Accepted) -> bytes:
    return fingerprint(_subject(one), one.raw.data)


def mark_without_secrets(one: Accepted) -> bytes:
    """Return the mark of a command that failed before it had one."""
    return open_mark(one) if one.kind.secrets else _plain_mark(one)


def closed_mark(one: Accepted) -> bytes:
    """Digest all of a command, slowly."""
    content = _subject(one).encode() + b"\n" + one.raw.data
    return hashlib.scrypt(content, salt=str(one.id).encode(), n=2**12, r=8, p=1, dklen=32)


def open_mark(one: Accepted) -> bytes:
    """Digest what is not secret in a command."""
    return fingerprint(_subject(one), without_secrets(one.raw.data, one.kind))[:_OPEN_MARK_BYTES]


def _subject(one: Accepted) -> str:
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
    known = Command.known.get(f"{parts[3]}.{parts[-1]}")
    return known if known and known.secrets else None
