"""Supplements of certificates of destruction: what a certificate could not say yet, signed like it.

A certificate that was issued before the clean-up was complete is never changed. Its supplement says when it was.
"""

import json
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.evidence.checkpoints import Verify
from contracts.evidence.destruction import Certificate, Problem
from contracts.evidence.ssh_signatures import SIGNATURE_BYTES, fingerprint

FORM: Final = "incident-manager/certificate-supplement/v1"


class Supplement(BaseModel):
    """When the bytes were overwritten of what a certificate says was erased; the digest is that of its text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Literal["incident-manager/certificate-supplement/v1"] = FORM
    site: str
    supplements: Annotated[int, Field(ge=1)]
    certificate_sha256: str
    erased_until: datetime
    overwritten_at: datetime
    issued_at: datetime
    key: str

    @property
    def text(self) -> bytes:
        """The bytes that are signed, and written into a file."""
        return (json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n").encode()


class SignedText(NamedTuple):
    """A text with its signature, and the key that made it."""

    content: bytes
    signature: bytes
    key: bytes


class VerifiedSupplement(NamedTuple):
    """What was found out about a supplement: what it says, if its signature is right, and what does not fit."""

    supplement: Supplement | None
    problems: list[Problem]


def verify_supplement(
    signed: SignedText, certificate: bytes, verifies: Verify, expected: str | None
) -> VerifiedSupplement:
    """Verify a supplement, and that it is that of this certificate; `expected` is the fingerprint that alone counts."""
    if expected and fingerprint(signed.key) != expected:
        return VerifiedSupplement(None, [Problem.OTHER_KEY])
    if len(signed.signature) != SIGNATURE_BYTES:
        return VerifiedSupplement(None, [Problem.SIGNATURE])
    if not verifies(signed.key, signed.signature, signed.content):
        is_whole = signed.content.rstrip(b"\n").endswith(b"}")
        return VerifiedSupplement(None, [Problem.EDITED if is_whole else Problem.CUT])
    try:
        supplement = Supplement.model_validate_json(signed.content)
    except ValidationError:
        return VerifiedSupplement(None, [Problem.FORM])
    return VerifiedSupplement(supplement, _problems(supplement, signed.key, certificate))


def _problems(supplement: Supplement, key: bytes, content: bytes) -> list[Problem]:
    problems = [] if supplement.key == fingerprint(key) else [Problem.KEY_NOT_NAMED]
    try:
        certificate = Certificate.model_validate_json(content)
    except ValidationError:
        return [*problems, Problem.OTHER_CERTIFICATE]
    named = (supplement.site, supplement.supplements, supplement.erased_until, supplement.certificate_sha256)
    if named != (certificate.site, certificate.number, certificate.erased_until, sha256(content).hexdigest()):
        problems.append(Problem.OTHER_CERTIFICATE)
    return problems
