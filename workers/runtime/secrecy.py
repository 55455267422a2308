"""What must be kept nowhere: passwords that travel in commands, in any form from which they could be guessed."""

import hashlib
from collections.abc import Collection
from typing import Final
from uuid import UUID

from pydantic_core import from_json, to_json

from contracts.message import Command
from workers.runtime.inbox import fingerprint

LEFT_OUT: Final = "(left out)"


def mark_of(command: type[Command[object]], command_id: UUID, subject: str, body: bytes) -> bytes:
    """Return what tells two commands with one id apart.

    A plain digest of a body with a password would let a reader of the inbox try out passwords by the billion;
    this one costs each trial some milliseconds and four megabytes.
    """
    if not command.secrets:
        return fingerprint(subject, body)
    content = subject.encode() + b"\n" + body
    return hashlib.scrypt(content, salt=command_id.bytes, n=2**12, r=8, p=1, dklen=32)


def without_secrets(body: bytes, secrets: Collection[str]) -> bytes:
    """Return a body without its secrets, and nothing of one that cannot be read."""
    try:
        told = from_json(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return LEFT_OUT.encode()
    return to_json({name: LEFT_OUT if name in secrets else value for name, value in told.items()})


def secrets_in(subject: str) -> frozenset[str]:
    """Return which fields are secret in the body of a message, by its subject."""
    parts = subject.split(".")
    known = Command.known.get(f"{parts[3]}.{parts[-1]}")
    return known.secrets if known else frozenset()
