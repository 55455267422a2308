"""The site's licence: read from signed account tokens, judged before every command.

The operator's signature on the site's account token covers what the token says of the licence. A worker's own
credentials carry that token, so that it knows, offline, whose signature counts and which licence is included.
"""

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import nkeys
from pydantic import ValidationError

from contracts.errors import Code, Refusal
from contracts.licence import Licence, Unlicensed

_BLOCK: Final = re.compile(r"-BEGIN (?P<name>[A-Z ]+)-+\s+(?P<token>[\w.-]+)\s")
_SITE_TOKEN: Final = "SITE ACCOUNT JWT"  # noqa: S105 - the name of a block, not what is in it


@dataclass(frozen=True, slots=True)
class Licensing:
    """Whose licences count here and for which account, and the licence that came with the credentials."""

    operator: str = ""
    account: str = ""
    included: Licence | None = None

    @classmethod
    def from_credentials(cls, credentials: Path | None) -> Self:
        """Read the account token that a worker's credentials carry; without one, no licence counts."""
        text = credentials.read_text() if credentials and credentials.exists() else ""
        token = {found["name"]: found["token"] for found in _BLOCK.finditer(text)}.get(_SITE_TOKEN)
        if token is None:
            return cls()
        claims = signed_claims(token)
        return cls(claims["iss"], claims["sub"], licence_in(claims))

    def read(self, token: str) -> Licence:
        """Return the licence in a token that the operator signed for this site, or refuse the token."""
        claims = signed_claims(token)
        if claims["iss"] != self.operator:
            raise refusal("forged")
        if claims["sub"] != self.account:
            raise refusal("other-site")
        licence = licence_in(claims)
        if licence is None:
            raise refusal("missing")
        return licence


def judged(licence: Licence | None, now: datetime) -> Unlicensed | None:
    """Tell why a licence does not let commands through; None when it does."""
    if licence is None:
        return "missing"
    return "expired" if licence.expires_at and licence.expires_at <= now else None


def refusal(reason: Unlicensed) -> Refusal:
    """Say that there is no valid licence, and why."""
    return Refusal(Code.NOT_LICENSED, reason=reason)


def site_block(token: str) -> str:
    """Return how credentials carry the site's account token."""
    return f"\n-----BEGIN {_SITE_TOKEN}-----\n{token}\n------END {_SITE_TOKEN}------\n"


def licence_in(claims: dict[str, Any]) -> Licence | None:
    """Return what an account token says of the licence."""
    said = claims["nats"].get("licence")
    try:
        return None if said is None else Licence.model_validate(said)
    except ValidationError as error:
        raise refusal("unreadable") from error


def signed_claims(token: str) -> dict[str, Any]:
    """Return what an account token says, if the key that it names as its issuer signed it."""
    try:
        signed, _, signature = token.rpartition(".")
        claims: dict[str, Any] = json.loads(_decoded(signed.partition(".")[2]))
        issuer, _, said = str(claims["iss"]), str(claims["sub"]), dict(claims["nats"])
        verifier = nkeys.nacl.signing.VerifyKey(base64.b32decode(issuer)[1:-2])
    except (ValueError, KeyError, TypeError) as error:
        raise refusal("unreadable") from error
    if said.get("type") != "account":
        raise refusal("unreadable")
    try:
        verifier.verify(signed.encode(), _decoded(signature))
    except (ValueError, nkeys.nacl.exceptions.BadSignatureError) as error:
        raise refusal("forged") from error
    return claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
