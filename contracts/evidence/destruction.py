"""Certificates of destruction: what a site erased, when and by which rule, as JSON that its key has signed.

The signature is a plain Ed25519 signature of the bytes of the file. Callers bring the function that verifies it.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.evidence.checkpoints import Checkpoint, NoteError, Verify, read_note
from contracts.evidence.ssh_signatures import KEY_BYTES, SIGNATURE_BYTES, fingerprint
from contracts.retention_policies import CountedFrom

FORM: Final = "incident-manager/certificate-of-destruction/v1"
RANGES_MAX: Final = 10_000
"""Ranges of numbers in one certificate; a destruction of more has several, its parts."""

_PEM: Final = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")
_PEM_HEAD: Final = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410)."""


class Kind(StrEnum):
    """What destroyed the data."""

    SWEEP = "sweep"
    MANUAL = "manual"
    REDACTION = "redaction"
    REPETITION = "repetition"
    """A restored backup had brought erased projects back, and they were erased again."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PolicyRule(_Part):
    """A policy of retention as it was in force."""

    policy_id: str
    property_id: int
    property: str
    years: int
    days: int
    exempt: bool
    counted_from: CountedFrom


class Rule(_Part):
    """By which rule data were destroyed: in words, and for a sweep the retention time and policies at its start."""

    words: str
    retention_days: int | None = None
    timezone: str | None = None
    policies: list[PolicyRule] = []


class LogHead(_Part):
    """The first signed state of the activity log that has the entries of the destruction."""

    origin: str
    size: int
    root: str
    checkpoint: str


class Certificate(_Part):
    """What a certificate says. It names no person and repeats nothing that anybody wrote about a project."""

    form: Literal["incident-manager/certificate-of-destruction/v1"] = FORM
    site: str
    number: Annotated[int, Field(ge=1)]
    destruction: UUID
    part: int = 1
    parts: int = 1
    kind: Kind
    rule: Rule
    erased_from: datetime
    erased_until: datetime
    projects: list[str]
    count: int
    fields: list[str] = []
    log: LogHead
    overwritten_at: datetime | None
    issued_at: datetime
    key: str

    @property
    def text(self) -> bytes:
        """The bytes that are signed, and written into a file."""
        document = self.model_dump(mode="json")
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


class Problem(StrEnum):
    """Why a certificate does not count."""

    CUT = "cut"
    EDITED = "edited"
    SIGNATURE = "signature"
    OTHER_KEY = "other-key"
    KEY_NOT_NAMED = "key-not-named"
    FORM = "form"
    CHECKPOINT = "checkpoint"
    COUNT = "count"
    OTHER_CERTIFICATE = "other-certificate"
    """Of a supplement: it is that of another certificate."""


class Verified(NamedTuple):
    """What was found out about a certificate: what it says, if its signature is right, and what does not fit."""

    certificate: Certificate | None
    problems: list[Problem]


def verify(content: bytes, signature: bytes, public_key: bytes, verifies: Verify, expected: str | None) -> Verified:
    """Verify a certificate with a public key; `expected` is the fingerprint of the only one that counts."""
    if expected and fingerprint(public_key) != expected:
        return Verified(None, [Problem.OTHER_KEY])
    if len(signature) != SIGNATURE_BYTES:
        return Verified(None, [Problem.SIGNATURE])
    if not verifies(public_key, signature, content):
        return Verified(None, [Problem.EDITED if content.rstrip(b"\n").endswith(b"}") else Problem.CUT])
    try:
        certificate = Certificate.model_validate_json(content)
    except ValidationError:
        return Verified(None, [Problem.FORM])
    return Verified(certificate, _problems(certificate, public_key, verifies))


def _problems(certificate: Certificate, public_key: bytes, verifies: Verify) -> list[Problem]:
    problems = []
    if certificate.key != fingerprint(public_key):
        problems.append(Problem.KEY_NOT_NAMED)
    if not _has_its_checkpoint(certificate.log, public_key, verifies):
        problems.append(Problem.CHECKPOINT)
    if certificate.count != sum(last - first + 1 for first, last in map(read_range, certificate.projects)):
        problems.append(Problem.COUNT)
    return problems


def _has_its_checkpoint(head: LogHead, public_key: bytes, verifies: Verify) -> bool:
    try:
        found = read_note(head.checkpoint, public_key, verifies)
        return found == Checkpoint(head.origin, head.size, base64.b64decode(head.root, validate=True))
    except (NoteError, ValueError):
        return False


def ranges_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return numbers as ranges, each by its first and last number, in order."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def written_range(first: int, last: int) -> str:
    """Return a range as a certificate has it: `12`, or `12-15`."""
    return str(first) if first == last else f"{first}-{last}"


def read_range(text: str) -> tuple[int, int]:
    """Return the first and the last number of a range.

    Raises:
        ValueError: It is not one.
    """
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def rule_words(days: int, policies: Sequence[PolicyRule]) -> str:
    """Return in words which projects a sweep deletes."""
    site = f"Projects are deleted {days} days after their creation"
    if not policies:
        return f"{site}."
    return f"{site}, unless a policy is for them. {' '.join(map(_policy_words, policies))} The longest time counts."


_FROM: Final[dict[CountedFrom, str]] = {
    "creation": "from their creation",
    "closing": "from their closing",
    "year-end": "from the end of the year of their creation",
}


def _policy_words(policy: PolicyRule) -> str:
    times = [f"{policy.years} years"] * bool(policy.years) + [f"{policy.days} days"] * bool(policy.days)
    kept = "without end" if policy.exempt else f"for {' and '.join(times)} {_FROM[policy.counted_from]}"
    return f"Policy {policy.policy_id}: projects with the property “{policy.property}” are kept {kept}."


def written_pem(public_key: bytes) -> str:
    """Return a public key as OpenSSL reads it."""
    body = base64.b64encode(_PEM_HEAD + public_key).decode()
    return "\n".join([_PEM[0], body, _PEM[1], ""])


def read_pem(text: str) -> bytes:
    """Return the public key in such a text.

    Raises:
        ValueError: It is not an Ed25519 key in this form.
    """
    lines = text.split("\n")
    if [lines[0], *lines[2:]] != [*_PEM, ""]:
        raise ValueError(text)
    key = base64.b64decode(lines[1], validate=True).removeprefix(_PEM_HEAD)
    if len(key) != KEY_BYTES:
        raise ValueError(text)
    return key
