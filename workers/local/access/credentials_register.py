"""The register of created and revoked credentials: a private file next to the keys that sign them."""

import fcntl
import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

_EXPIRED_KEPT_SECONDS = 30 * 24 * 3600
"""How long an expired credential stays listed; the server no longer accepts it anyway."""

UNKNOWN = "unknown"
"""The scope of credentials that an older version made without a register."""


@dataclass(frozen=True)
class Credential:
    """A created credentials file; times are seconds since 1970, `key` is its public key."""

    key: str
    name: str
    scope: str
    created: int
    expires: int | None = None
    revoked: int | None = None

    def counts(self, now: float) -> bool:
        """Return whether a server accepts it."""
        return self.revoked is None and (self.expires is None or now < self.expires)


class Register:
    """All credentials of one site."""

    def __init__(self, directory: Path) -> None:
        """Set the directory; the register is read on demand."""
        self._directory = directory
        self._path = directory / "access.json"

    def all(self) -> list[Credential]:
        """Return all credentials, the oldest first."""
        try:
            return [Credential(**row) for row in json.loads(self._path.read_text())]
        except FileNotFoundError:
            return []

    def add(self, credential: Credential) -> None:
        """Add a credential, and remove those that expired long ago."""
        with self._lock():
            limit = credential.created - _EXPIRED_KEPT_SECONDS
            recent = [known for known in self.all() if known.expires is None or known.expires > limit]
            self._write([*recent, credential])

    def revoke(self, name: str, others: Collection[str], now: int) -> list[Credential]:
        """Revoke the credentials of a name, and `others` by public key; return those that were valid before."""
        with self._lock():
            entries = self.all()
            known_keys = {entry.key for entry in entries}
            unknown = [Credential(key, name, UNKNOWN, now) for key in others if key not in known_keys]
            ended = [entry for entry in entries if entry.name == name and entry.counts(now)] + unknown
            updated = [replace(entry, revoked=now) if entry in ended else entry for entry in [*entries, *unknown]]
            self._write(updated)
        return [entry for entry in updated if entry.key in {credential.key for credential in ended}]

    def revocations(self) -> dict[str, int]:
        """Return the revocations for an account token: by public key, the time."""
        return {credential.key: credential.revoked for credential in self.all() if credential.revoked is not None}

    @contextmanager
    def _lock(self) -> Iterator[None]:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, credentials: list[Credential]) -> None:
        draft = self._path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump([asdict(credential) for credential in credentials], file, indent=1)
        draft.replace(self._path)
